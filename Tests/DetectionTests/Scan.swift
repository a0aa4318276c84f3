import Core
import Detection
import Rules

/// A detector with the embedded rules, made once.
let detector: Detector = {
  do { return Detector(try RuleSet.load()) } catch { preconditionFailure("rules: \(error)") }
}()

/// Scans bytes as one file and gives what would be reported, lowered by the class rates as the engine
/// does it.
func scan(
  _ bytes: [UInt8], minScore: Int = 50,
  using scanner: Detection.Scanner = Detection.Scanner(detector)
) -> [Hit] {
  scanner.beginPart(head: Array(bytes.prefix(4096)), columns: [], startsFile: true)
  bytes.withUnsafeBytes {
    scanner.scan(Chunk(bytes: $0, owned: 0..<$0.count))
  }
  scanner.finishBatch()
  return scanner.hits.map { hit in
    var hit = hit
    if hit.rule == .pan || hit.evidence.contains(.besideNumber),
      !scanner.classes.isExempt(hit.evidence, of: hit.classKey),
      scanner.classes.verdict(of: hit.classKey).lowers
    {
      hit.score -= 35
    }
    if hit.evidence.contains(.maybeRounded), !scanner.classes.areCut(hit.classKey) {
      hit.score = min(hit.score, Scanner.doubtedMax)
    }
    return hit
  }.filter { Int($0.score) >= minScore }
}

func scan(_ text: String, minScore: Int = 50) -> [Hit] {
  scan(Array(text.utf8), minScore: minScore)
}

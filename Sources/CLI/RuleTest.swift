import Audit
import Core
import Detection
import Rules

/// Runs the texts that the rules carry.
struct RuleTest {
  private let detector: Detector
  private let scanner: Scanner

  init(_ detector: Detector) {
    self.detector = detector
    scanner = Scanner(detector)
  }

  /// One result a rule, in the catalogue's order. A rule whose id the detector does not know fails.
  var results: [RuleTestResult] { detector.rules.rules.map(test) }

  private func test(_ rule: Rule) -> RuleTestResult {
    var result = RuleTestResult(rule: rule.id, passed: 0, failures: [])
    func check(_ name: String, _ text: String, expected: Int) {
      let found = count(rule.id, in: text)
      if found == expected {
        result.passed += 1
      } else {
        result.failures.append("\(name): found \(found), expected \(expected)")
      }
    }
    if !RuleID.allCases.contains(where: { $0.name == rule.id }), !isAboutColumns(rule.id) {
      result.failures.append("no detector goes by this id")
    }
    for (index, example) in rule.match.enumerated() {
      check("match \(index + 1)", example.text, expected: example.count ?? 1)
    }
    for (index, example) in rule.noMatch.enumerated() {
      check("noMatch \(index + 1)", example.text, expected: 0)
    }
    return result
  }

  /// Whether texts of the rule may be small tables.
  private func isAboutColumns(_ rule: String) -> Bool { rule == "pan-hash" || rule == "split-pan" }

  /// Hits of the rule that would be reported.
  private func count(_ rule: String, in text: String) -> Int {
    // A small table is read as rows and as text; numbered columns are told by both.
    let inTable =
      isAboutColumns(rule)
      ? RuleTable(detector).findings(in: text).count { $0.rule == rule } : 0
    let bytes = Array(text.utf8)
    scanner.beginPart(head: Array(bytes.prefix(Limits.contextBytes)), columns: [], startsFile: true)
    bytes.withUnsafeBytes { scanner.scan(Chunk(bytes: $0, owned: 0..<$0.count)) }
    scanner.finishBatch()
    let inText = scanner.hits.count { hit in
      hit.rule.name == rule && Confidence(score: Int(hit.score)) >= .medium
    }
    return max(inTable, inText)
  }
}

import Audit
import Core
import Detection
import Foundation
import Inputs
import Rules
import Synchronization

/// The embedded rules, made ready once.
let rules: RuleSet = {
  do { return try RuleSet.load() } catch { preconditionFailure("rules: \(error)") }
}()
let detector = Detector(rules)

/// A file that is only bytes in memory, in parts of a chosen size.
final class MemoryItem: Item {
  let location: Location
  let bytes: [UInt8]
  let partBytes: Int
  private let handedOut = Atomic<Int>(0)

  init(_ target: String, _ path: String, _ bytes: [UInt8], partBytes: Int = 1 << 20) {
    location = Location(target: target, path: path)
    self.bytes = bytes
    self.partBytes = partBytes
  }

  var head: [UInt8] { Array(bytes.prefix(Limits.contextBytes)) }
  func open() throws(InputError) {
    if bytes.isEmpty { throw InputError(location.path ?? "", .permissionDenied) }
  }

  func nextPart() -> (any Part)? {
    let low = handedOut.add(partBytes, ordering: .relaxed).oldValue
    guard low < bytes.count else { return nil }
    return MemoryPart(bytes, low..<min(bytes.count, low + partBytes))
  }

  func close() -> PartOutcome {
    var outcome = PartOutcome()
    outcome.examined.files = 1
    return outcome
  }
}

/// Hands its range over in chunks of a few kilobytes with context, as files do.
final class MemoryPart: Part {
  let table: String? = nil
  let columns: [String] = []
  let rowKey: String? = nil
  let expectedBytes = 0
  private let bytes: [UInt8]
  private let range: Range<Int>
  private static let chunkBytes = 50_000

  init(_ bytes: [UInt8], _ range: Range<Int>) {
    self.bytes = bytes
    self.range = range
  }

  func read(into buffer: WorkBuffer, _ body: (Chunk) -> Bool) -> PartOutcome {
    var outcome = PartOutcome()
    var low = range.lowerBound
    var goesOn = true
    while low < range.upperBound, goesOn {
      let high = min(range.upperBound, low + MemoryPart.chunkBytes)
      let first = max(0, low - Limits.contextBytes)
      let last = min(bytes.count, high + Limits.contextBytes)
      bytes.withUnsafeBytes { all in
        goesOn = body(
          Chunk(
            bytes: UnsafeRawBufferPointer(rebasing: all[first..<last]),
            owned: low - first..<high - first, byteOffset: first, startsFile: first == 0,
            endsFile: last == bytes.count))
      }
      outcome.examined.bytes += high - low
      low = high
    }
    return outcome
  }
}

/// A target that is a list of events.
final class MemorySource: Source {
  let target: String
  private let events: Mutex<[ItemEvent]>

  init(_ target: String, _ events: [ItemEvent]) {
    self.target = target
    self.events = Mutex(events.reversed())
  }

  func next() -> ItemEvent? { events.withLock { $0.popLast() } }
}

/// Keeps what it is given; may refuse, as a full disk does.
final class Collector: ReportWriter {
  var findings: [Finding] = []
  var coverages: [Coverage] = []
  var summary: Summary?
  /// Findings taken before the disk is full.
  var findingsMax = Int.max

  func begin(_ run: RunInfo) throws(RunError) {}

  func finding(_ finding: Finding) throws(RunError) {
    if findings.count >= findingsMax { throw RunError(.failure, "report", "no space left") }
    findings.append(finding)
  }

  func coverage(_ coverage: Coverage) throws(RunError) { coverages.append(coverage) }
  func end(_ summary: Summary, _ run: RunInfo) throws(RunError) { self.summary = summary }

  /// Everything as text, without what differs between runs.
  var lines: [String] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    func line(_ value: some Encodable) -> String {
      do { return String(decoding: try encoder.encode(value), as: UTF8.self) } catch {
        return "\(error)"
      }
    }
    return findings.map { line($0) } + coverages.map { line($0) } + [line(summary)]
  }
}

/// Scans the sources and gives what was written.
@discardableResult
func run(
  _ sources: [any Source], threads: Int = 1, writer: Collector = Collector(),
  set: (inout ScanOptions) -> Void = { _ in }
) throws(RunError) -> Collector {
  var options = ScanOptions()
  options.threads = threads
  set(&options)
  let engine = Engine(detector: detector, catalogue: rules.rules, options: options)
  let info = RunInfo(
    version: "0", rules: "0", started: "", threads: threads, targets: sources.map(\.target))
  try engine.run(sources, run: info, writer: writer) { "" }
  return writer
}

/// A directory of its own for one test, removed with it.
final class Scratch {
  let path = FileManager.default.temporaryDirectory
    .appendingPathComponent("unpan-audit-\(UUID().uuidString)").path

  init() throws {
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    do { try FileManager.default.removeItem(atPath: path) } catch { print("left behind: \(path)") }
  }

  func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }

  func write(_ name: String, _ bytes: [UInt8]) throws {
    let url = URL(fileURLWithPath: path + "/" + name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: url)
  }

  func source(_ name: String = "") throws -> any Source {
    try makeSource(target: name.isEmpty ? path : path + "/" + name, options: InputOptions())
  }
}

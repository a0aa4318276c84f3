import Core
import Native

/// `audit.jsonl`: what the run did, one line an event, each line with the SHA-256 of the line before.
/// A line that is changed, added or taken out later breaks the chain behind it.
struct AuditLog {
  private let output: Output
  private let library: LibCrypto
  private var json = JSONText()
  private var number = 0
  private var previous = AuditLog.firstHash
  private var findingCount = 0

  /// What the first line names as its predecessor.
  static let firstHash = String(repeating: "0", count: 64)

  init(_ output: Output, _ library: LibCrypto) {
    self.output = output
    self.library = library
  }

  mutating func begin(_ run: RunInfo) throws(RunError) {
    try line("begin") { json in
      json.member("time", run.started)
      json.member("tool", run.tool)
      json.member("version", run.version)
      json.member("rules", run.rules)
      json.key("targets")
      json.array(run.targets) { $0.foreign($1) }
    }
  }

  mutating func finding() { findingCount += 1 }

  /// A target was finished.
  mutating func target(_ coverage: Coverage) throws(RunError) {
    let count = findingCount
    findingCount = 0
    try line("target") { json in
      json.member("target", foreign: coverage.target)
      json.member("findings", count)
      json.member("files", coverage.examined.files)
      json.member("bytes", coverage.examined.bytes)
      json.member("rows", coverage.examined.rows)
      json.member("excluded", coverage.excludedCount)
      json.member("notExamined", coverage.notExaminedCount)
    }
  }

  mutating func file(_ name: String, hash: String, bytes: Int) throws(RunError) {
    try line("file") { json in
      json.member("name", name)
      json.member("bytes", bytes)
      json.member("sha256", hash)
    }
  }

  mutating func end(_ summary: Summary, _ run: RunInfo) throws(RunError) {
    try line("end") { json in
      json.member("time", run.finished)
      json.member("findings", summary.findingCount)
      json.member("complete", summary.complete)
      json.member("exitCode", summary.exitCode)
    }
    try output.finish()
  }

  private mutating func line(
    _ event: String, _ members: (inout JSONText) -> Void
  ) throws(RunError) {
    json.removeAll()
    let (number, previous) = (number, previous)
    json.object { json in
      json.member("number", number)
      json.member("previous", previous)
      json.member("event", event)
      members(&json)
    }
    self.previous = try library.sha256(json.bytes)
    self.number += 1
    try output.write(json.bytes)
    try output.write("\n")
  }
}

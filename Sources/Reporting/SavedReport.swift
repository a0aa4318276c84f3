import Core
import FoundationEssentials

/// A result that `--format json` or `jsonl` wrote, read back to be shown in another format.
///
/// Read twice: once for what the writers want before the findings (who, when, the coverage of each
/// target) and to see that it is whole; then finding by finding, so that its size does not matter.
package struct SavedReport: Sendable {
  package let path: String
  package private(set) var summary: Summary
  package private(set) var run: RunInfo
  /// Target by target, in the order of the run.
  package private(set) var coverage: [Coverage] = []
  /// Where the parts lie; the findings are in the first.
  private let files: [String]

  private static let bundleFiles = ["findings.jsonl", "coverage.json", "run.json"]

  /// - Throws: `SavedReportError` when it is no result, or not a whole one.
  package init(path: String) throws(SavedReportError) {
    self.path = path
    // A directory of `--report` has the parts of a document in files of their own.
    let isDirectory = JSONPieces.isDirectory(path)
    files = isDirectory ? SavedReport.bundleFiles.map { "\(path)/\($0)" } : [path]
    if isDirectory, !JSONPieces.exists(files[0]) { throw SavedReportError(path, .notAFile) }
    var summary: Summary?
    var run: RunInfo?
    var findingCount = 0
    var expectedCount = 0
    for file in files {
      var pieces = try JSONPieces(path: file)
      while let piece = try pieces.next() {
        let head = try SavedReport.head(piece, file)
        // A line is the last one; in a document the order of keys says nothing.
        if piece.key.isEmpty, summary != nil {
          throw SavedReportError(file, .goesOn, line: piece.line)
        }
        switch head.type {
        case "finding": findingCount += 1
        case "coverage": coverage.append(try SavedReport.decode(piece, file))
        case "summary":
          summary = try SavedReport.decode(piece, file)
          expectedCount = head.findingCount ?? 0
          if let inside = head.run { run = inside }
          if piece.key.isEmpty { try SavedReport.check(head.schema, file) }
        case "run": run = try SavedReport.decode(piece, file)
        case "schema":
          try SavedReport.check(
            String(decoding: piece.bytes.dropFirst().dropLast(), as: UTF8.self), file)
        case "other" where isDirectory: break
        default: throw SavedReportError(file, .damaged, line: piece.line)
        }
      }
    }
    guard let summary, let run else { throw SavedReportError(path, .cutShort) }
    guard findingCount == expectedCount else {
      throw SavedReportError(path, .miscounted(expected: expectedCount, actual: findingCount))
    }
    self.summary = summary
    self.run = run
  }

  /// Calls `body` with every finding, in the order of the run.
  package func forEachFinding<E: Error>(_ body: (Finding) throws(E) -> Void) throws {
    var pieces = try JSONPieces(path: files[0])
    while let finding = try SavedReport.nextFinding(&pieces, path) { try body(finding) }
  }

  /// As `forEachFinding` for a body that never fails.
  package func eachFinding(_ body: (Finding) -> Void) throws(SavedReportError) {
    var pieces = try JSONPieces(path: files[0])
    while let finding = try SavedReport.nextFinding(&pieces, path) { body(finding) }
  }

  private static func nextFinding(
    _ pieces: inout JSONPieces, _ path: String
  ) throws(SavedReportError) -> Finding? {
    while let piece = try pieces.next() {
      guard piece.key == "findings" || piece.key.isEmpty else { continue }
      if piece.key.isEmpty, try SavedReport.head(piece, path).type != "finding" { continue }
      return try SavedReport.decode(piece, path)
    }
    return nil
  }

  /// Tells a writer the findings and the coverage as the run did: each target's findings, then its
  /// coverage. A document has them apart, so that the order is found by the targets' names.
  /// - Parameter withInventory: whether to tell what the inventory lists and the run did not scan.
  package func replay(to writer: any ReportWriter, withInventory: Bool = true) throws {
    let coverage = withInventory ? coverage : coverage.filter { !$0.isOfInventory }
    var next = 0
    try forEachFinding { finding in
      let target = finding.location.target
      if next < coverage.count, coverage[next].target != target,
        let index = coverage[next...].firstIndex(where: { $0.target == target })
      {
        for coverage in coverage[next..<index] { try writer.coverage(coverage) }
        next = index
      }
      try writer.finding(finding)
    }
    for coverage in coverage[next...] { try writer.coverage(coverage) }
  }

  // MARK: Decoding

  /// What tells one object from another.
  private struct Head: Decodable {
    var type: String
    var findingCount: Int?
    var schema: String?
    var run: RunInfo?
  }

  private static func head(
    _ piece: JSONPieces.Piece, _ path: String
  ) throws(SavedReportError) -> Head {
    switch piece.key {
    case "findings": Head(type: "finding")
    case "schema": Head(type: "schema")
    case "run": Head(type: "run")
    // What `run.json` says beside the run.
    case "commandLine", "host": Head(type: "other")
    default:
      // As we write it; saves taking nearly every object apart twice.
      if piece.bytes.starts(with: Array("{\"type\":\"finding\"".utf8)) {
        Head(type: "finding")
      } else {
        try decode(piece, path)
      }
    }
  }

  private static func decode<T: Decodable>(
    _ piece: JSONPieces.Piece, _ path: String
  ) throws(SavedReportError) -> T {
    do {
      return try JSONDecoder().decode(T.self, from: Data(piece.bytes))
    } catch {
      // The decoder's words quote what it read; the line is enough.
      throw SavedReportError(path, .damaged, line: piece.line)
    }
  }

  private static func check(_ schema: String?, _ path: String) throws(SavedReportError) {
    guard schema == JSONText.schemaID else { throw SavedReportError(path, .otherSchema) }
  }
}

/// Several saved results as one: the shards of a run over many hosts or folders.
package struct MergedReport: Sendable {
  package let parts: [SavedReport]

  /// - Parameter parts: at least one.
  package init(_ parts: [SavedReport]) {
    precondition(!parts.isEmpty, "a merge needs something to merge")
    self.parts = parts
  }

  /// Who and when: versions that differ are all named, the times span all parts.
  package var run: RunInfo {
    guard parts.count > 1 else { return parts[0].run }
    let runs = parts.map(\.run)
    func all(_ texts: [String]) -> String {
      var unique: [String] = []
      for text in texts where !unique.contains(text) { unique.append(text) }
      return unique.joined(separator: ", ")
    }
    var run = RunInfo(
      version: all(runs.map(\.version)), rules: all(runs.map(\.rules)),
      started: runs.map(\.started).min() ?? "", threads: runs.map(\.threads).max() ?? 1,
      targets: runs.flatMap(\.targets))
    run.tool = all(runs.map(\.tool))
    run.finished = runs.compactMap(\.finished).max()
    return run
  }

  /// Totals over all parts. One part's summary is passed on as it is.
  package var summary: Summary {
    guard parts.count > 1 else { return parts[0].summary }
    var sum = Summary()
    for part in parts.map({ MergedReport.withoutInventory($0.summary) }) {
      sum.findings.merge(part.findings, uniquingKeysWith: +)
      sum.bySeverity.merge(part.bySeverity, uniquingKeysWith: +)
      sum.byConfidence.merge(part.byConfidence, uniquingKeysWith: +)
      sum.belowThreshold += part.belowThreshold
      sum.testNumbers += part.testNumbers
      sum.testNumbersIgnored += part.testNumbersIgnored
      sum.suppressed += part.suppressed
      sum.examined += part.examined
      sum.excludedCount += part.excludedCount
      sum.notExaminedCount += part.notExaminedCount
      sum.complete = sum.complete && part.complete
      if MergedReport.badness(part.exitCode) > MergedReport.badness(sum.exitCode) {
        sum.exitCode = part.exitCode
      }
    }
    sum.inventory = InventoryReport.merged(parts.compactMap(\.summary.inventory))
    sum.migration = parts.compactMap(\.summary.migration).first
    if let missed = missedCoverage {
      sum.notExaminedCount += missed.notExaminedCount
      sum.complete = false
      if sum.exitCode == Int(ExitCode.clean.rawValue) {
        sum.exitCode = Int(ExitCode.incomplete.rawValue)
      }
    }
    return sum
  }

  /// What the inventory of the shards lists and none of them scanned.
  private var missedCoverage: Coverage? {
    let coverage = InventoryReport.merged(parts.compactMap(\.summary.inventory))?.missedCoverage
    return coverage?.isComplete == false ? coverage : nil
  }

  /// As if one part had been scanned without the inventory: what it did not scan another may have.
  private static func withoutInventory(_ summary: Summary) -> Summary {
    guard let missed = summary.inventory?.missedCoverage.notExaminedCount, missed > 0 else {
      return summary
    }
    var summary = summary
    summary.notExaminedCount -= missed
    summary.complete = summary.notExaminedCount == 0
    if summary.complete, summary.exitCode == Int(ExitCode.incomplete.rawValue) {
      summary.exitCode = Int(ExitCode.clean.rawValue)
    }
    return summary
  }

  /// Tells a writer everything, part by part.
  /// - Throws: `SavedReportError` for a part that changed meanwhile, `RunError` from the writer.
  package func replay(to writer: any ReportWriter) throws {
    try writer.begin(run)
    for part in parts { try part.replay(to: writer, withInventory: parts.count == 1) }
    if parts.count > 1, let missedCoverage { try writer.coverage(missedCoverage) }
    try writer.end(summary, run)
  }

  /// Findings win over incompleteness, an interruption over both, a failure over all.
  private static func badness(_ exitCode: Int) -> Int {
    switch Int32(exitCode) {
    case ExitCode.clean.rawValue: 0
    case ExitCode.incomplete.rawValue: 1
    case ExitCode.findings.rawValue: 2
    case ExitCode.interrupted.rawValue, ExitCode.terminated.rawValue: 3
    default: 4
    }
  }
}

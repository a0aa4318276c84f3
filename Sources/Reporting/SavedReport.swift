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
    try checkCoverage()
    guard SavedReport.isSafe(run, summary) else { throw SavedReportError(path, .damaged) }
  }

  /// The targets, however they were typed.
  package var targetNames: Set<String> { Set(run.targets.map(ScannedTargets.name)) }

  /// Whether both are the same file or directory.
  func isSame(as other: SavedReport) -> Bool {
    path == other.path || JSONPieces.isSame(path, other.path)
  }

  /// Every target says what was read of it, and together they say what the summary does: without
  /// its coverage a run would look as if it had read everything.
  private func checkCoverage() throws(SavedReportError) {
    let told = Set(coverage.map(\.target))
    var examined = Coverage.Examined()
    for coverage in coverage { examined += coverage.examined }
    let notExaminedCount = coverage.reduce(0) { $0 + $1.notExaminedCount }
    guard run.targets.allSatisfy(told.contains), examined == summary.examined,
      coverage.allSatisfy({ $0.notExamined.count <= $0.notExaminedCount }),
      coverage.reduce(0, { $0 + $1.excludedCount }) == summary.excludedCount,
      notExaminedCount == summary.notExaminedCount, summary.complete == (notExaminedCount == 0)
    else { throw SavedReportError(path, .otherCoverage) }
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
      let finding: Finding = try SavedReport.decode(piece, path)
      guard SavedReport.isSafe(finding) else {
        throw SavedReportError(path, .damaged, line: piece.line)
      }
      return finding
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

  // MARK: Safety

  /// Whether what is passed on as it is can be shown: a file that somebody changed may hold a whole
  /// number where unpan never writes one. Names from outside are masked when they are written.
  private static func isSafe(_ finding: Finding) -> Bool {
    let words = [finding.rule, finding.brand ?? ""] + finding.requirements
    return isID(finding.id) && isNumber(finding.last4, 4) && isNumber(finding.bin, 6)
      && (finding.masked.map(isMasked) ?? true) && words.allSatisfy(isSafe)
  }

  private static func isSafe(_ run: RunInfo, _ summary: Summary) -> Bool {
    let changed = summary.change.map { $0.new + $0.gone } ?? []
    let words = [run.tool, run.version, run.rules, run.started, run.finished ?? ""]
    return (words + [summary.change?.since ?? ""]).allSatisfy(isSafe) && changed.allSatisfy(isSafe)
  }

  private static func isSafe(_ text: String) -> Bool { NumberGuard.masked(text) == text }

  /// Ours are 16 hexadecimal digits, the first a letter; what looks like a number among them is chance.
  private static func isID(_ text: String) -> Bool {
    let isOurs =
      text.utf8.count == 16 && (text.hasPrefix("e") || text.hasPrefix("f"))
      && text.utf8.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    return isOurs || isSafe(text)
  }

  private static func isNumber(_ text: String?, _ count: Int) -> Bool {
    guard let text else { return true }
    return text.utf8.count == count && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
  }

  /// Six digits in a row and ten in all are what the longer of our masks shows.
  private static func isMasked(_ text: String) -> Bool {
    let runs = text.split { !$0.isNumber }
    return runs.allSatisfy { $0.count <= 6 } && runs.reduce(0) { $0 + $1.count } <= 10
  }

  private static func check(_ schema: String?, _ path: String) throws(SavedReportError) {
    guard schema == JSONText.schemaID else { throw SavedReportError(path, .otherSchema) }
  }
}

import Core
import Detection
import Inputs
import Rules

/// The part of the self-test that goes through a database of the user's: makes a table of invented rows
/// there, scans it as any table is scanned, and removes it.
package struct SelftestTarget {
  private let target: String
  private let database: any ScratchDatabase
  private let table: ScratchTable
  private let samples: [[SelftestSamples.Sample]]
  private let lookAlikes: [String]

  /// Streams of chance of their own, behind those of `Selftest`.
  private static let stream: UInt64 = 700

  /// What will be made, for the user to read before it is.
  package struct Plan: Sendable, Equatable {
    package var table: String
    package var rows: Int
    package var columns: Int
  }

  /// Opens nothing yet.
  /// - Throws: `RunError` with `.usage` for a target that is no database.
  package init(target: String) throws(RunError) {
    self.target = target
    database = try ScratchDatabases.make(target: target)
    var source = SelftestSamples(stream: SelftestTarget.stream)
    let samples = SelftestSamples.Kind.allCases.map { source.make($0) }
    let rowCount = samples.map(\.count).min() ?? 0
    let alike = (0..<rowCount).map { _ in source.makeLookAlikes() }
    self.samples = samples
    // Beside a column of numbers a look-alike needs a name of its own.
    lookAlikes = alike.first?.map { "other_\($0.name)" } ?? []
    table = ScratchTable(
      columns: SelftestSamples.Kind.allCases.map(SelftestTarget.column) + lookAlikes,
      rows: (0..<rowCount).map { row in samples.map { $0[row].value } + alike[row].map(\.value) })
  }

  private static func column(_ kind: SelftestSamples.Kind) -> String {
    kind == .groupedPAN ? "\(kind.label)_grouped" : kind.label
  }

  package var plan: Plan {
    Plan(table: ScratchTable.name, rows: table.rows.count, columns: table.columns.count + 1)
  }

  /// The whole numbers that are planted: tests look for them in what is written.
  package var numbers: [String] {
    samples.flatMap { $0.map(\.number) }.filter { $0.utf8.count >= 12 }
  }

  /// Makes the table, scans it and removes it, also when the scan fails or the user stops it.
  /// - Returns: a cell for each kind.
  package func run(_ detector: Detector) throws(RunError) -> [SelftestReport.Cell] {
    let name = try database.create(table)
    let collected: Result<ScratchCollector, RunError> = Result { () throws(RunError) in
      try scan(detector, name)
    }
    try database.drop(table)
    return cells(try collected.get())
  }

  private func scan(
    _ detector: Detector, _ name: String
  ) throws(RunError) -> ScratchCollector {
    let collector = ScratchCollector(name)
    var options = InputOptions()
    // A server's other tables are none of this test; which schema it is, `ScratchItem` looks at.
    options.tables = [Glob("*.\(ScratchTable.name)")]
    let source = ScratchSource(try makeSource(target: target, options: options), name)
    let run = RunInfo(version: "", rules: "", started: "", threads: 1, targets: [source.target])
    try Engine(detector: detector, catalogue: detector.rules.rules, options: ScanOptions())
      .run([source], run: run, writer: collector) { "" }
    return collector
  }

  private func cells(_ collected: ScratchCollector) -> [SelftestReport.Cell] {
    var cells: [SelftestReport.Cell] = []
    // What was not read to its end was not found either.
    let isWhole = collected.rowsRead == table.rows.count
    var isCounted = [Bool](repeating: !isWhole, count: collected.findings.count)
    func count(where matches: (Finding) -> Bool) -> Int {
      guard
        let index = collected.findings.indices.first(where: {
          !isCounted[$0] && matches(collected.findings[$0])
        })
      else { return 0 }
      isCounted[index] = true
      return 1
    }
    for (kind, samples) in zip(SelftestSamples.Kind.allCases, samples) {
      var cell = SelftestReport.Cell(
        format: "table", encoding: database.system, kind: kind.rawValue)
      cell.planted = samples.count
      for (row, sample) in samples.enumerated() {
        cell.found += count { finding in
          finding.rule == kind.rule && finding.location.field == SelftestTarget.column(kind)
            && finding.location.row == "\(ScratchTable.key)=\(row + 1)"
            && (sample.last4 == nil || finding.last4.flatMap { Int($0) } == sample.last4)
        }
      }
      cells.append(cell)
    }
    var alike = SelftestReport.Cell(
      format: "table", encoding: database.system, kind: SelftestReport.lookAlike)
    alike.lookAlikes = table.rows.count * lookAlikes.count
    alike.falseFindings = isWhole ? isCounted.count { !$0 } : 0
    cells.append(alike)
    return cells
  }
}

/// Keeps what the scan of the table reports.
private final class ScratchCollector: ReportWriter {
  private(set) var findings: [Finding] = []
  private(set) var rowsRead = 0
  private let name: String

  init(_ name: String) { self.name = name }

  func begin(_ run: RunInfo) throws(RunError) {}
  func finding(_ finding: Finding) throws(RunError) { findings.append(finding) }
  func coverage(_ coverage: Coverage) throws(RunError) {
    rowsRead = coverage.tables.first { $0.name == name }?.rowsRead ?? 0
  }
  func end(_ summary: Summary, _ run: RunInfo) throws(RunError) {}
}

/// A database of which only the self-test's table is read.
private final class ScratchSource: Source {
  private let whole: any Source
  private let name: String
  var target: String { whole.target }

  init(_ whole: any Source, _ name: String) {
    self.whole = whole
    self.name = name
  }

  func next() -> ItemEvent? {
    guard let event = whole.next() else { return nil }
    guard case .item(let item) = event else { return event }
    return .item(ScratchItem(item, name))
  }
}

/// Hands out the parts of the self-test's table and passes over the rest.
private final class ScratchItem: Item {
  private let whole: any Item
  private let name: String
  var location: Location { whole.location }
  var head: [UInt8] { whole.head }

  init(_ whole: any Item, _ name: String) {
    self.whole = whole
    self.name = name
  }

  func open() throws(InputError) { try whole.open() }

  func nextPart() -> (any Part)? {
    while let part = whole.nextPart() { if part.table == name { return part } }
    return nil
  }

  func close() -> PartOutcome { whole.close() }
}

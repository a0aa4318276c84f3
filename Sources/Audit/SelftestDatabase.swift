import Core
import Detection
import Inputs
import Native
import Rules

/// The part of the self-test that goes through a database file: live rows in every kind of storage,
/// and what deleted rows leave behind.
struct SelftestDatabase {
  /// How the database stores text.
  enum Encoding: String, CaseIterable {
    case utf8 = "utf-8"
    case utf16Little = "utf-16le"
    case utf16Big = "utf-16be"
  }

  /// A value and where the scan must find it.
  private struct Plant {
    /// `nil` for a deleted row.
    var table: String?
    var row: Int
    var sample: SelftestSamples.Sample
    var cell: Int
    var isFound = false
  }

  private var cells: [SelftestReport.Cell] = []
  private var plants: [Plant] = []
  private var statements: [String]
  private let encoding: Encoding
  private static let deleted = "gone"

  init(_ encoding: Encoding, stream: UInt64) {
    self.encoding = encoding
    // Debian's SQLite overwrites what it deletes; most others do not.
    statements = [
      "PRAGMA encoding = '\(encoding.rawValue)'", "PRAGMA page_size = 4096",
      "PRAGMA secure_delete = OFF", "PRAGMA journal_mode = MEMORY", "BEGIN",
    ]
    var samples = SelftestSamples(stream: stream)
    for kind in SelftestSamples.Kind.allCases { plant(kind, "text", &samples) }
    plant(.pan, "integer", &samples)
    plant(.pan, "real", &samples)
    for kind in SelftestSamples.Kind.allCases {
      plant(kind, "text", &samples, isWithoutRowID: true)
    }
    addCell("sqlite text", SelftestReport.lookAlike)
    let records = (0..<4).map { _ in samples.makeLookAlikes() }
    cells[cells.count - 1].lookAlikes = records.reduce(0) { $0 + $1.count }
    addTable(records, "text")
    plantDeletedRows(&samples)
    statements.append("COMMIT")
    // At the very end, so that nothing is written over what they leave.
    statements.append("DELETE FROM \(SelftestDatabase.deleted) WHERE item % 2 = 0")
  }

  /// The numbers that are planted.
  var numbers: [String] { plants.map(\.sample.number) }

  /// Makes the database in a scratch directory, scans it as a target and removes it.
  mutating func scan(_ detector: Detector) throws(RunError) -> [SelftestReport.Cell] {
    let collector = SelftestCollector()
    let directory: ScratchDirectory
    do throws(WriteFailure) {
      directory = try ScratchDirectory()
    } catch {
      throw SelftestDatabase.failure(error.text)
    }
    let path = directory.path + "/selftest.db"
    do throws(SQLiteCode) {
      let database = try Database.create(path)
      for statement in statements { try database.execute(statement) }
    } catch {
      throw SelftestDatabase.failure(error.text)
    }
    let source = try makeSource(target: "sqlite:" + path, options: InputOptions())
    let run = RunInfo(version: "", rules: "", started: "", threads: 1, targets: [source.target])
    try Engine(detector: detector, catalogue: detector.rules.rules, options: ScanOptions())
      .run([source], run: run, writer: collector) { "" }
    for finding in collector.findings { count(finding) }
    // What was not read to its end was not found either.
    if !collector.isComplete { for index in cells.indices { cells[index].found = 0 } }
    return cells
  }

  private static func failure(_ cause: String) -> RunError {
    RunError(
      .failure, ScratchFile.directory, "the database of the self-test cannot be made: \(cause)",
      hint: "set TMPDIR to a directory that can be written")
  }

  // MARK: Planting

  private mutating func addCell(_ format: String, _ kind: String) {
    cells.append(
      SelftestReport.Cell(format: format, encoding: encoding.rawValue, kind: kind))
  }

  /// The table of the cell that was added last.
  private var table: String { "payments_\(cells.count)" }

  private mutating func plant(
    _ kind: SelftestSamples.Kind, _ storage: String, _ samples: inout SelftestSamples,
    isWithoutRowID: Bool = false
  ) {
    addCell(isWithoutRowID ? "without rowid" : "sqlite \(storage)", kind.rawValue)
    let made = samples.make(kind)
    for (index, sample) in made.enumerated() { plant(sample, table, row: index + 1) }
    addTable(
      made.map { [.init(name: kind.label, value: $0.value, sample: $0)] }, storage,
      isWithoutRowID: isWithoutRowID)
  }

  private mutating func plant(
    _ sample: SelftestSamples.Sample, _ table: String?, row: Int
  ) {
    cells[cells.count - 1].planted += 1
    plants.append(Plant(table: table, row: row, sample: sample, cell: cells.count - 1))
  }

  private mutating func addTable(
    _ records: [[SelftestSamples.Field]], _ storage: String, isWithoutRowID: Bool = false
  ) {
    let columns = records[0].map { ", \($0.name) \(storage.uppercased())" }.joined()
    statements.append(
      "CREATE TABLE \(table)(item INTEGER PRIMARY KEY\(columns))"
        + (isWithoutRowID ? " WITHOUT ROWID" : ""))
    for (index, record) in records.enumerated() {
      let values = record.map { storage == "text" ? ", '\($0.value)'" : ", \($0.value)" }.joined()
      statements.append("INSERT INTO \(table) VALUES(\(index + 1)\(values))")
    }
  }

  private mutating func plantDeletedRows(_ samples: inout SelftestSamples) {
    addCell("sqlite deleted", SelftestSamples.Kind.pan.rawValue)
    statements.append(
      "CREATE TABLE \(SelftestDatabase.deleted)(item INTEGER PRIMARY KEY, note TEXT)")
    for (index, sample) in samples.make(.pan).enumerated() {
      plant(sample, nil, row: 0)
      // A row that stays lies between those that go.
      statements.append(
        "INSERT INTO \(SelftestDatabase.deleted) VALUES(\(2 * index + 1), 'paid in cash'),"
          + " (\(2 * index + 2), 'paid by card \(sample.value) at the desk')")
    }
  }

  // MARK: Counting

  private mutating func count(_ finding: Finding) {
    let last4 = finding.last4.flatMap { Int($0) }
    let index = plants.firstIndex { plant in
      guard plant.sample.kind.rule == finding.rule, plant.table == finding.location.table,
        plant.sample.last4 == last4
      else { return false }
      return plant.table == nil
        || (finding.location.row == "item=\(plant.row)"
          && finding.location.field == plant.sample.kind.label)
    }
    if let index, !plants[index].isFound {
      plants[index].isFound = true
      cells[plants[index].cell].found += 1
    } else if let table = finding.location.table, table.hasPrefix("payments_"),
      let number = Int(table.dropFirst("payments_".count)), cells.indices.contains(number - 1)
    {
      cells[number - 1].falseFindings += 1
    } else {
      cells[cells.count - 1].falseFindings += 1
    }
  }
}

/// Keeps what a scan of the self-test's own database reports.
private final class SelftestCollector: ReportWriter {
  private(set) var findings: [Finding] = []
  private(set) var isComplete = false

  func begin(_ run: RunInfo) throws(RunError) {}
  func finding(_ finding: Finding) throws(RunError) { findings.append(finding) }
  func coverage(_ coverage: Coverage) throws(RunError) { isComplete = coverage.isComplete }
  func end(_ summary: Summary, _ run: RunInfo) throws(RunError) {}
}

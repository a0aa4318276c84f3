import Core
import Foundation
import Native
import TestSupport
import Testing

@testable import Audit

/// Card numbers that deleted rows leave in the pages of a database, beside whatever stood there.
@Suite struct DeletedRowTests {
  /// A table, its rows and what they hold of a number.
  struct Layout: CustomTestStringConvertible, Sendable {
    var columns: String
    /// With `#` for the row and `?` for the number.
    var values: String
    var hasRowID = true
    var form = Form.plain

    enum Form { case plain, groups, real }
    var testDescription: String { columns }

    func inFile(_ number: String) -> Data {
      switch form {
      case .plain: Data(number.utf8)
      case .groups: Data(grouped(number).utf8)
      case .real:
        withUnsafeBytes(of: Double(number)!.bitPattern.bigEndian) { Data($0) }
      }
    }

    func row(_ index: Int, _ number: String) -> String {
      let text = form == .groups ? grouped(number) : number
      return values.replacing("#", with: "\(index)").replacing("?", with: text)
    }

    private func grouped(_ number: String) -> String {
      stride(from: 0, to: 16, by: 4).map { String(number.dropFirst($0).prefix(4)) }
        .joined(separator: " ")
    }
  }

  static let layouts = [
    Layout(
      columns: "id INTEGER PRIMARY KEY, holder TEXT, pan TEXT, exp TEXT",
      values: "#, 'Jane Doe', '?', '11/29'"),
    Layout(columns: "pan TEXT, day TEXT", values: "'?', '2024-03-01'"),
    Layout(columns: "day TEXT, pan TEXT", values: "'2024-03-01', '?'"),
    Layout(columns: "holder TEXT, pan TEXT", values: "'Jane Doe', '?'"),
    Layout(columns: "pan TEXT, ref TEXT", values: "'?', 'n#'"),
    Layout(columns: "ref TEXT, pan TEXT, other TEXT", values: "'ab#', '?', 'x#'"),
    Layout(columns: "pan TEXT, count TEXT", values: "'?', '#'"),
    Layout(
      columns: "pan TEXT PRIMARY KEY, exp TEXT", values: "'?', '11/29'", hasRowID: false),
    Layout(
      columns: "id INTEGER PRIMARY KEY, pan TEXT, exp TEXT", values: "#, '?', '11/29'",
      form: .groups),
    Layout(
      columns: "exp TEXT, pan TEXT, ref TEXT", values: "'11/29', '?', '#'", form: .groups),
    Layout(
      columns: "id INTEGER PRIMARY KEY, holder TEXT, pan REAL, exp TEXT",
      values: "#, 'Jane Doe', ?, '11/29'", form: .real),
  ]

  enum Change: String, CaseIterable, Sendable {
    case all = "DELETE FROM cards"
    case some =
      "DELETE FROM cards WHERE pan IN (SELECT pan FROM cards ORDER BY substr(hex(pan), -8) LIMIT 75)"
    case drop = "DROP TABLE cards"
    case empty = "UPDATE cards SET pan = NULL"
  }

  @Test(arguments: layouts, Change.allCases)
  func `a deleted number is found whatever stands beside it`(
    layout: Layout, change: Change
  ) throws {
    if change == .empty, !layout.hasRowID { return }
    let scratch = try Scratch()
    let path = scratch.path + "/shop.db"
    var random = SplitMix(seed: 11)
    let numbers = (0..<150).map { _ in TestCards.number("4539", 16, using: &random) }
    do {
      let database = try Database.create(path)
      try database.execute(
        "PRAGMA secure_delete = 0; CREATE TABLE cards (\(layout.columns))"
          + (layout.hasRowID ? "; BEGIN" : " WITHOUT ROWID; BEGIN"))
      for (index, number) in numbers.enumerated() {
        try database.execute("INSERT INTO cards VALUES (\(layout.row(index, number)))")
      }
      try database.execute("COMMIT; \(change.rawValue)")
    }
    let file = try Data(contentsOf: URL(filePath: path))
    let inFile = numbers.filter { file.range(of: layout.inFile($0)) != nil }
    #expect(inFile.count > 60)
    let found = Set(try run([try scratch.source("shop.db")]).findings.map(\.last4))
    let missing = inFile.filter { !found.contains(String($0.suffix(4))) }
    // Of rows that were overwritten in part, as by smaller ones, nobody knows where the fields begin.
    let most = inFile.count / (change == .empty ? 8 : 20)
    #expect(missing.count <= most, "\(missing.count) of \(inFile.count)")
  }

  /// What a column of numbers is stored as.
  enum Storage: String, CaseIterable, Sendable {
    case integer, real, text, groups, behindText, blob, json, key, wideLittle, wideBig
    case textKey, integerKey

    var type: String {
      switch self {
      case .integer: "INTEGER"
      case .real: "REAL"
      case .text, .groups, .behindText, .wideLittle, .wideBig: "TEXT"
      case .blob, .json: "BLOB"
      case .key: "INTEGER PRIMARY KEY"
      case .textKey: "TEXT PRIMARY KEY"
      case .integerKey: "INTEGER PRIMARY KEY"
      }
    }

    var hasRowID: Bool { self != .textKey && self != .integerKey }
    var encoding: String {
      switch self {
      case .wideLittle: "UTF-16le"
      case .wideBig: "UTF-16be"
      default: "UTF-8"
      }
    }

    func value(_ number: String) -> String {
      switch self {
      case .integer, .key, .integerKey: number
      case .real: number + ".0"
      case .text, .wideLittle, .wideBig, .textKey: "'\(number)'"
      case .groups: "'\(Storage.grouped(number))'"
      case .behindText: "'ref \(number)'"
      case .blob: "CAST('\(number)' AS BLOB)"
      case .json: "CAST('{\"n\":\"\(number)\",\"x\":12}' AS BLOB)"
      }
    }

    func inFile(_ number: String) -> Data? {
      switch self {
      case .integer, .integerKey: withUnsafeBytes(of: Int64(number)!.bigEndian) { Data($0) }
      case .real: withUnsafeBytes(of: Double(number)!.bitPattern.bigEndian) { Data($0) }
      case .groups: Data(Storage.grouped(number).utf8)
      case .wideLittle: Data(number.utf8.flatMap { [$0, 0] })
      case .wideBig: Data(number.utf8.flatMap { [0, $0] })
      case .key: nil
      default: Data(number.utf8)
      }
    }

    private static func grouped(_ number: String) -> String {
      stride(from: 0, to: 16, by: 4).map { String(number.dropFirst($0).prefix(4)) }
        .joined(separator: " ")
    }
  }

  enum Way: String, CaseIterable, Sendable {
    case all = "DELETE FROM t"
    case half = "DELETE FROM t WHERE a GLOB '*[02468]'"
    case empty = "UPDATE t SET p = NULL"
    case drop = "DROP TABLE t"
    case log = "DELETE FROM t WHERE 1"
  }

  /// The fields beside the number are texts with digits at both edges.
  private static let positions = [
    "p #, a TEXT, b TEXT", "a TEXT, p #, b TEXT", "a TEXT, b TEXT, p #",
  ]

  @Test(arguments: Storage.allCases, Way.allCases)
  func `deleted numbers are told from references, however and wherever they were stored`(
    storage: Storage, way: Way
  ) throws {
    // An UPDATE needs a number for a key, and a freed row has lost the highest digits of its own.
    if way == .empty, storage == .key || !storage.hasRowID { return }
    if way == .half, storage == .key { return }
    var random = SplitMix(seed: 23)
    var inFile = 0
    var found = 0
    var others = 0
    for columns in DeletedRowTests.positions {
      let numbers = (0..<200).map { _ in TestCards.number("4539", 16, using: &random) }
      let cards = try residue(of: numbers, columns, storage, way)
      inFile += cards.left.count
      let ends = Set(cards.findings.map(\.last4))
      found += cards.left.count { ends.contains(String($0.suffix(4))) }
      let known = Set(numbers.map { String($0.suffix(4)) })
      others += cards.findings.count { !known.contains($0.last4 ?? "") }
      // Order numbers: one in ten passes the check.
      let references = (0..<200).map { _ in TestCards.id("45", 16, using: &random) }
      others += try residue(of: references, columns, storage, way).findings.count
    }
    print("\(storage.rawValue), \(way): \(found) of \(inFile), \(others) others")
    #expect(inFile > 100)
    // UTF-16 fills pages twice as fast: more of it is overwritten in part.
    let isWide = storage == .wideLittle || storage == .wideBig
    #expect(found * 100 >= inFile * (isWide ? 80 : 90), "\(found) of \(inFile)")
    #expect(others <= 6)
  }

  /// What is told of a table whose rows are gone, and which of the numbers are in its file.
  private func residue(
    of numbers: [String], _ columns: String, _ storage: Storage, _ way: Way
  ) throws -> (left: [String], findings: [Finding]) {
    let scratch = try Scratch()
    let path = scratch.path + "/shop.db"
    let database = try Database.create(path)
    try database.execute(
      "PRAGMA encoding = '\(storage.encoding)'; PRAGMA secure_delete = 0"
        + (way == .log ? "; PRAGMA journal_mode = wal; PRAGMA wal_autocheckpoint = 0" : ""))
    try database.execute(
      "CREATE TABLE t (\(columns.replacing("#", with: storage.type)))"
        + (storage.hasRowID ? "; BEGIN" : " WITHOUT ROWID; BEGIN"))
    for (index, number) in numbers.enumerated() {
      try database.execute(
        "INSERT INTO t (p, a, b) VALUES (\(storage.value(number)), 'Jane Doe \(index)', "
          + "'\(index % 12 + 1)/29 n')")
    }
    try database.execute("COMMIT; \(way.rawValue)")
    let findings = try run([try scratch.source("shop.db")]).findings
      .filter { $0.reasons.contains("residue") }
    var file = try Data(contentsOf: URL(filePath: path))
    if way == .log { file += try Data(contentsOf: URL(filePath: path + "-wal")) }
    try database.execute("SELECT 1")
    // Of odd rows nothing was deleted.
    let gone = numbers.indices.filter { way != .half || $0 % 2 == 0 }.map { numbers[$0] }
    let left = gone.filter { number in
      storage.inFile(number).map { file.range(of: $0) != nil } ?? true
    }
    return (left, findings)
  }
}

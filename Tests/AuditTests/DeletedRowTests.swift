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
    case some = "DELETE FROM cards WHERE pan IN (SELECT pan FROM cards ORDER BY random() LIMIT 75)"
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
}

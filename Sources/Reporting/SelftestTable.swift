import Core
import Rules

/// The result of a self-test as text of at most 80 columns and as JSON.
///
/// Every text in it is a word of our own, so nothing needs an escape but a backslash.
package struct SelftestTable {
  /// Changes when a reader of the JSON would have to.
  package static let schema = "urn:unpan:schema:selftest:1"

  private let report: SelftestReport
  private let date: String
  private let due: String

  /// - Parameter date: as `Clock` writes it.
  package init(_ report: SelftestReport, date: String) {
    self.report = report
    self.date = date
    due = SelftestTable.twelveMonths(after: date)
  }

  /// The same day a year later; the last of February follows the 29th.
  package static func twelveMonths(after date: String) -> String {
    let day = date.prefix(10).dropFirst(4)
    let year = String((Int(date.prefix(4)) ?? 0) + 1)
    return String(repeating: "0", count: max(0, 4 - year.count)) + year
      + (day == "-02-29" ? "-02-28" : day)
  }

  // MARK: Text

  private static let heads = ["pan", "grp", "trk1", "trk2", "code", "pin", "key"]

  /// Writes it for people.
  package func writeText(to output: Output) throws(RunError) {
    let gaps = report.knownGaps
    try output.write(
      """
      unpan \(Version.text) self-test, rules \(RuleSet.version)
      Date \(date), next due \(due)

      Found of planted; of look-alikes (alike), how many were left alone.
      grp: grouped number. trk1, trk2: tracks. code: verification code. pin: PIN
      block. key: Stripe secret. A dash: not planted.

      """)
    if !gaps.isEmpty {
      try output.write(
        """
        A star: a known gap of this version, not counted as missed; keep it in mind
        when you read the verdict.

        """)
    }
    try output.write("\n")
    try output.write(
      line(
        "format", "encoding",
        SelftestTable.heads + ["alike"], "miss", "false"))
    for row in rows { try output.write(text(row)) }
    let notTested = Wording.count(report.notTested.count, "format")
    let passed =
      report.notTested.isEmpty
      ? "PASSED: \(gaps.isEmpty ? "" : "outside the known gaps ")everything was found, and nothing else."
      : "PASSED for what was tested; \(notTested) NOT TESTED, see above."
    let verdict =
      report.isPassed
      ? passed
      : report.planted == 0
        ? "FAILED: nothing was planted." : "FAILED: see the columns miss and false."
    try output.write(
      """

      \(report.planted) planted, \(report.found) found, \(report.missed) missed; \
      \(report.lookAlikes) look-alikes, \(report.falseFindings) false findings

      """)
    if !gaps.isEmpty {
      let planted = gaps.reduce(0) { $0 + $1.planted }
      try output.write("\(Wording.count(gaps.count, "known gap")): \(planted) planted\n")
    }
    try output.write(verdict + "\n")
  }

  /// Kinds of planted data in the order they came, which is the table's.
  private var kinds: [String] {
    var kinds: [String] = []
    for cell in report.cells
    where cell.kind != SelftestReport.lookAlike && !kinds.contains(cell.kind) {
      kinds.append(cell.kind)
    }
    return kinds
  }

  /// The cells by format and encoding, in their order.
  private var rows: [[SelftestReport.Cell]] {
    var rows: [[SelftestReport.Cell]] = []
    for cell in report.cells {
      let index = rows.firstIndex {
        $0[0].format == cell.format && $0[0].encoding == cell.encoding
      }
      if let index { rows[index].append(cell) } else { rows.append([cell]) }
    }
    return rows
  }

  private func text(_ row: [SelftestReport.Cell]) -> String {
    if let package = row[0].notTested {
      return left(row[0].format, 15) + left(row[0].encoding, 13)
        + "not tested: \(package) is missing\n"
    }
    var columns = kinds.map { kind in
      row.first { $0.kind == kind }
        .map { "\($0.found)/\($0.planted)" + ($0.isKnownGap ? "*" : "") } ?? "-"
    }
    columns.append(
      row.first { $0.kind == SelftestReport.lookAlike }
        .map { "\(max(0, $0.lookAlikes - $0.falseFindings))/\($0.lookAlikes)" } ?? "-")
    return line(
      row[0].format, row[0].encoding, columns,
      "\(row.reduce(0) { $0 + ($1.isKnownGap ? 0 : $1.missed) })",
      "\(row.reduce(0) { $0 + $1.falseFindings })")
  }

  private func line(
    _ format: String, _ encoding: String, _ columns: [String], _ missed: String, _ wrong: String
  ) -> String {
    var text = left(format, 15) + left(encoding, 13)
    for (index, column) in columns.enumerated() {
      text += right(column, index == columns.count - 1 ? 6 : 5)
    }
    return text + right(missed, 5) + right(wrong, 6) + "\n"
  }

  private func left(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  private func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  // MARK: JSON

  /// Cell by cell, one a line, in one document.
  package func writeJSON(to output: Output) throws(RunError) {
    try output.write(
      "{\"schema\":\"\(SelftestTable.schema)\",\"version\":\"\(Version.text)\","
        + "\"rules\":\"\(RuleSet.version)\",\"date\":\"\(date)\",\"nextDue\":\"\(due)\","
        + "\"cells\":[")
    var separator = "\n"
    for cell in report.cells {
      try output.write(
        separator
          + "{\"format\":\"\(cell.format.replacing("\\", with: "\\\\"))\","
          + "\"encoding\":\"\(cell.encoding)\",\"kind\":\"\(cell.kind)\","
          + "\"planted\":\(cell.planted),\"found\":\(cell.found),\"missed\":\(cell.missed),"
          + "\"lookAlikes\":\(cell.lookAlikes),\"false\":\(cell.falseFindings),"
          + "\"knownGap\":\(cell.isKnownGap)"
          + (cell.notTested.map { ",\"notTested\":\"\($0)\"" } ?? "") + "}")
      separator = ",\n"
    }
    try output.write(
      "\n],\"totals\":{\"planted\":\(report.planted),\"found\":\(report.found),"
        + "\"missed\":\(report.missed),\"lookAlikes\":\(report.lookAlikes),"
        + "\"false\":\(report.falseFindings),\"knownGaps\":\(report.knownGaps.count),"
        + "\"notTested\":\(report.notTested.count)},"
        + "\"passed\":\(report.isPassed)}\n")
  }
}

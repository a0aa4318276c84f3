import Core

/// Coverage of all targets, bounded, as the page shows it: what was read, what was not and why.
struct HTMLCoverage {
  private var targets: [(name: String, examined: Coverage.Examined, excluded: Int, missed: Int)] =
    []
  private var targetCount = 0
  private var carriedOver: Coverage.CarriedOver?
  private var missed: [Coverage.Entry] = []
  private var excluded: [Coverage.Entry] = []
  private var excludedByReason: [String: Int] = [:]
  private var missedByReason: [String: Int] = [:]
  private var tables: [Coverage.Table] = []
  private var tableCount = 0
  private var classes: [Coverage.ClassReport] = []
  private var classCount = 0
  private var classesWithoutVerdict = 0

  private static let targetsMax = 200
  private static let missedMax = 500
  private static let excludedMax = 200
  private static let tablesMax = 300
  private static let classesMax = 200

  var hasClasses: Bool { classCount > 0 || classesWithoutVerdict > 0 }

  mutating func add(_ coverage: Coverage) {
    if !coverage.isOfInventory { targetCount += 1 }
    if !coverage.isOfInventory, targets.count < HTMLCoverage.targetsMax {
      targets.append(
        (
          coverage.target, coverage.examined, coverage.excludedCount,
          coverage.notExaminedCount
        ))
    }
    if let carried = coverage.carriedOver {
      carriedOver = carriedOver ?? Coverage.CarriedOver()
      carriedOver? += carried
    }
    missed += coverage.notExamined.prefix(HTMLCoverage.missedMax - missed.count)
    excluded += coverage.excluded.prefix(HTMLCoverage.excludedMax - excluded.count)
    for entry in coverage.excluded { excludedByReason[entry.reason.rawValue, default: 0] += 1 }
    for entry in coverage.notExamined { missedByReason[entry.reason.rawValue, default: 0] += 1 }
    tableCount += coverage.tables.count
    // A table that was not read to its end matters more than one that was.
    for table in coverage.tables {
      if tables.count < HTMLCoverage.tablesMax {
        tables.append(table)
      } else if table.isShort, let whole = tables.lastIndex(where: { !$0.isShort }) {
        tables[whole] = table
      }
    }
    classCount += coverage.classes.count
    classes += coverage.classes.prefix(HTMLCoverage.classesMax - classes.count)
    classesWithoutVerdict += coverage.classesWithoutVerdict
  }

  // MARK: Coverage

  func write(to html: inout HTMLText, _ summary: Summary) {
    html.section("coverage", "Coverage: what was read and what was not") { html in
      if !summary.complete {
        html.raw("<div class=\"note warn\"><p>")
        html.element(
          "strong", "", "Not complete: \(Wording.count(summary.notExaminedCount, "place")).")
        html.text(" What lies there is unknown. ")
        html.text("Reasons: \(HTMLCoverage.reasons(missedByReason)).")
        html.raw("</p></div>\n")
      }
      html.element("dl", " class=\"facts\"") { html in
        html.fact("Examined", Wording.examined(summary.examined))
        if let carriedOver { html.fact("From state", Wording.carriedOver(carriedOver)) }
        html.fact("Not examined", Wording.decimal(summary.notExaminedCount))
        html.fact("Excluded") { html in
          html.text(Wording.decimal(summary.excludedCount))
          if !excludedByReason.isEmpty {
            html.text(", by choice or by nature: \(HTMLCoverage.reasons(excludedByReason))")
          }
        }
      }
      entries(&html, "Not examined", missed, of: summary.notExaminedCount)
      writeTargets(&html)
      writeTables(&html)
      entries(&html, "Excluded", excluded, of: summary.excludedCount)
    }
  }

  private static func reasons(_ counts: [String: Int]) -> String {
    counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(12).map {
      "\(TextLayout.shown(Wording.reason(Coverage.Reason(rawValue: $0.key)))) "
        + Wording.decimal($0.value)
    }.joined(separator: ", ")
  }

  private func entries(
    _ html: inout HTMLText, _ caption: String, _ entries: [Coverage.Entry], of count: Int
  ) {
    guard !entries.isEmpty else { return }
    html.table(caption, heads: ["Place", "Reason", "Detail", .number("Bytes unread")]) { html in
      for entry in entries {
        html.element("tr") { html in
          html.foreignHead(entry.place)
          html.element("td") { $0.foreign(Wording.reason(entry.reason)) }
          html.element("td", " class=\"words\"") { html in
            if let detail = entry.detail { html.foreign(detail) }
          }
          if let bytes = entry.bytes { html.numberCell(bytes) } else { html.cell("") }
        }
        html.raw("\n")
      }
    }
    html.more(
      count - entries.count, count - entries.count == 1 ? "place" : "places", in: "coverage.json")
  }

  private func writeTargets(_ html: inout HTMLText) {
    html.table(
      "Targets",
      heads: [
        "Target", .number("Files"), .number("Bytes"), .number("Tables"), .number("Rows"),
        .number("Excluded"), .number("Not examined"), "Complete",
      ]
    ) { html in
      for target in targets {
        html.element("tr") { html in
          html.foreignHead(target.name)
          html.numberCell(target.examined.files)
          html.numberCell(target.examined.bytes)
          html.numberCell(target.examined.tables)
          html.numberCell(target.examined.rows)
          html.numberCell(target.excluded)
          html.numberCell(target.missed)
          html.cell(target.missed == 0 ? "yes" : "NO")
        }
        html.raw("\n")
      }
    }
    html.more(targetCount - targets.count, "targets", in: "coverage.json")
  }

  private func writeTables(_ html: inout HTMLText) {
    guard !tables.isEmpty else { return }
    html.table(
      "Tables of databases",
      heads: ["Database", "Table", .number("Rows read"), .number("Rows in table"), "All read"]
    ) { html in
      for table in tables {
        html.element("tr") { html in
          html.foreignHead(table.place)
          html.foreignCell(table.name)
          html.numberCell(table.rowsRead)
          if let rows = table.rowsInTable {
            html.numberCell(rows)
          } else {
            html.cell("unknown")
          }
          html.cell(table.isShort ? "NO" : "yes")
        }
        html.raw("\n")
      }
    }
    html.more(tableCount - tables.count, "tables", in: "coverage.json")
  }

  // MARK: Classes

  func writeClasses(to html: inout HTMLText) {
    html.section("rates", "Numbers judged together") { html in
      html.element(
        "p", " class=\"measure\"",
        "Of numbers chosen at random one in ten has a right check digit, and few begin like a known "
          + "issuer's; of a column of cards nearly all do. Where the numbers of one column, key or "
          + "label look random, each is scored lower. Nothing is dropped: --min-confidence low lists "
          + "them. These are the places where that happened:")
      html.table(
        "Columns and labels whose numbers were scored lower",
        heads: [
          "Place", "Column or label", .number("Digits"), .number("Different numbers"),
          "Check digit right",
          "Known issuer", .number("Scored lower"),
        ]
      ) { html in
        for report in classes {
          html.element("tr") { html in
            html.foreignHead(report.place)
            if report.label.isEmpty {
              html.cell("(no label)")
            } else {
              html.foreignCell(report.label)
            }
            html.numberCell(report.length)
            html.numberCell(report.distinct)
            html.cell(HTMLCoverage.share(report.passLuhn, of: report.distinct))
            html.cell(HTMLCoverage.share(report.namedIssuer, of: report.passLuhn))
            html.numberCell(report.lowered)
          }
          html.raw("\n")
        }
      }
      html.more(classCount - classes.count, "columns or labels", in: "coverage.json")
      if classesWithoutVerdict > 0 {
        html.element(
          "p", "",
          "\(Wording.count(classesWithoutVerdict, "place")) had more columns or labels than are "
            + "judged together; the numbers beyond were scored one by one only.")
      }
    }
  }

  /// For example `11 of 104 (11 %)`.
  private static func share(_ part: Int, of whole: Int) -> String {
    let percent = whole > 0 ? " (\((part * 200 + whole) / (whole * 2)) %)" : ""
    return "\(Wording.decimal(part)) of \(Wording.decimal(whole))\(percent)"
  }
}

extension Coverage.Table {
  fileprivate var isShort: Bool { rowsInTable != rowsRead }
}

extension Wording {
  /// For example `3 files, 68.4 kB, 1 table, 2 rows`.
  static func examined(_ examined: Coverage.Examined) -> String {
    var parts = [count(examined.files, "file"), bytes(examined.bytes)]
    if examined.tables > 0 { parts.append(count(examined.tables, "table")) }
    if examined.rows > 0 { parts.append(count(examined.rows, "row")) }
    if examined.objects > 0 { parts.append(count(examined.objects, "object")) }
    return parts.joined(separator: ", ")
  }
}

import Core

/// The coverage of all targets, gathered for people: totals, reasons, and the first few places.
struct CoverageTally {
  private var excludedByReason: [String: Int] = [:]
  private var missed: [Coverage.Entry] = []
  private var shortTables: [Coverage.Table] = []
  private var shortTableCount = 0
  private var loweredCount = 0
  private var loweredClasses: [Coverage.ClassReport] = []
  private var loweredClassCount = 0
  private var classesWithoutVerdict = 0
  private var targetCount = 0
  private var carriedOver: Coverage.CarriedOver?

  private static let missedMax = 10
  private static let tablesMax = 5
  private static let classesMax = 5

  mutating func add(_ coverage: Coverage) {
    if !coverage.isOfInventory { targetCount += 1 }
    if let carried = coverage.carriedOver {
      carriedOver = carriedOver ?? Coverage.CarriedOver()
      carriedOver? += carried
    }
    for entry in coverage.excluded { excludedByReason[entry.reason.rawValue, default: 0] += 1 }
    missed += coverage.notExamined.prefix(CoverageTally.missedMax - missed.count)
    for table in coverage.tables where table.rowsInTable != table.rowsRead {
      shortTableCount += 1
      if shortTables.count < CoverageTally.tablesMax { shortTables.append(table) }
    }
    for report in coverage.classes where report.lowered > 0 {
      loweredCount += report.lowered
      loweredClassCount += 1
      if loweredClasses.count < CoverageTally.classesMax { loweredClasses.append(report) }
    }
    classesWithoutVerdict += coverage.classesWithoutVerdict
  }

  func lines(_ summary: Summary, _ layout: TextLayout) -> [String] {
    var lines = [layout.styled("COVERAGE", .bold)]
    lines += row("examined", examined(summary.examined), layout)
    if let carriedOver { lines += row("from state", Wording.carriedOver(carriedOver), layout) }
    if summary.excludedCount > 0 {
      let reasons = excludedByReason.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      let words = reasons.map {
        "\(Wording.reason(Coverage.Reason(rawValue: $0.key))) \(Wording.decimal($0.value))"
      }
      let text = Wording.decimal(summary.excludedCount)
      lines += row(
        "excluded", words.isEmpty ? text : "\(text): \(words.joined(separator: ", "))", layout)
    }
    lines += lowered(summary, layout)
    lines += notExamined(summary, layout)
    return lines
  }

  private func examined(_ examined: Coverage.Examined) -> String {
    var parts = [Wording.count(examined.files, "file"), Wording.bytes(examined.bytes)]
    if examined.tables > 0 { parts.append(Wording.count(examined.tables, "table")) }
    if examined.rows > 0 { parts.append(Wording.count(examined.rows, "row")) }
    if examined.objects > 0 { parts.append(Wording.count(examined.objects, "object")) }
    if targetCount > 1 { parts.append("in \(targetCount) targets") }
    return parts.joined(separator: ", ")
  }

  private func lowered(_ summary: Summary, _ layout: TextLayout) -> [String] {
    var lines: [String] = []
    if summary.belowThreshold > 0 {
      lines += row(
        "doubtful",
        "\(Wording.count(summary.belowThreshold, "candidate")) below the threshold, counted and not "
          + "listed; --min-confidence low lists them", layout)
    }
    if loweredCount > 0 {
      let places = Wording.count(loweredClassCount, "column or field", "columns or fields")
      lines += row(
        "lowered",
        "\(Wording.decimal(loweredCount)) in \(places) that look like lists of ids:", layout)
      for report in loweredClasses {
        let rates = "\(report.passLuhn)/\(report.distinct) fit the check digit"
        let label = TextLayout.shown(report.label.isEmpty ? "(no label)" : report.label)
        let place = "\(TextLayout.shown(report.place)) \(label)"
        let width = layout.width - 6 - TextLayout.columns(rates)
        lines.append(
          "    \(TextLayout.padded(TextLayout.cutStart(place, to: width), to: width))  \(rates)")
      }
      if loweredClassCount > loweredClasses.count {
        lines.append("    and \(Wording.decimal(loweredClassCount - loweredClasses.count)) more")
      }
    }
    if classesWithoutVerdict > 0 {
      lines += row(
        "unjudged",
        "\(Wording.count(classesWithoutVerdict, "column or field", "columns or fields")) beyond the "
          + "bound of the table: their numbers were scored one by one only", layout)
    }
    if summary.testNumbersIgnored > 0 {
      lines += row(
        "ignored", Wording.count(summary.testNumbersIgnored, "published test number"), layout)
    }
    return lines
  }

  private func notExamined(_ summary: Summary, _ layout: TextLayout) -> [String] {
    var lines: [String] = []
    if summary.notExaminedCount > 0 {
      lines.append(
        "  " + layout.styled("NOT EXAMINED  \(Wording.decimal(summary.notExaminedCount))", .red))
      for entry in missed {
        let reason = Wording.reason(entry.reason)
        let width = layout.width - 6 - TextLayout.columns(reason)
        let place = TextLayout.cutStart(TextLayout.shown(entry.place), to: width)
        lines.append("    \(TextLayout.padded(place, to: width))  \(reason)")
        if let detail = entry.detail {
          lines += layout.wrapped(TextLayout.shown(detail), indent: 6)
        }
      }
      if summary.notExaminedCount > missed.count {
        lines.append("    and \(Wording.decimal(summary.notExaminedCount - missed.count)) more")
      }
    }
    for table in shortTables {
      let of = table.rowsInTable.map { "of \(Wording.decimal($0))" } ?? "of an unknown number of"
      lines += row(
        "table",
        "\(TextLayout.shown(table.name)): \(Wording.decimal(table.rowsRead)) \(of) rows read",
        layout)
    }
    if shortTableCount > shortTables.count {
      lines.append("    and \(Wording.decimal(shortTableCount - shortTables.count)) more")
    }
    return lines
  }

  private func row(_ name: String, _ text: String, _ layout: TextLayout) -> [String] {
    var lines = layout.wrapped(text, indent: 13)
    guard !lines.isEmpty else { return [] }
    lines[0] = "  " + TextLayout.padded(name, to: 11) + lines[0].dropFirst(13)
    return lines
  }
}

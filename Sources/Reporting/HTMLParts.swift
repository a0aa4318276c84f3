import Core

/// The parts of the page that only some runs have: the comparison with an inventory and with an earlier
/// run, the columns of tables, and how a migration adds up.
struct HTMLParts {
  let summary: Summary
  let columns: [ColumnProfile]
  let columnCount: Int

  /// Columns listed on the page; those that hold what they must not come first.
  static let columnsMax = 400
  private static let breachesMax = 300

  // MARK: Inventory

  func writeInventory(to html: inout HTMLText) {
    guard let report = summary.inventory else { return }
    let text = InventoryText(report: report)
    html.section("inventory", "Compared with the inventory") { html in
      html.element("p", " class=\"measure\"") { html in
        html.text("The inventory ")
        html.element("code") { $0.foreign(report.file) }
        html.text(": \(text.stores); \(text.verdict).")
      }
      if !report.breaches.isEmpty { writeBreaches(&html, report, text) }
      writeStores(&html, report)
      if let unlisted = text.unlisted {
        html.element("p", " class=\"measure\"", "Scanned and not listed: \(unlisted).")
      }
    }
  }

  private func writeBreaches(
    _ html: inout HTMLText, _ report: InventoryReport, _ text: InventoryText
  ) {
    html.table(
      "What speaks against the inventory",
      heads: ["Place", "What", .number("Findings"), "Store", "PCI DSS"]
    ) { html in
      for breach in report.breaches.prefix(HTMLParts.breachesMax) {
        html.element("tr") { html in
          html.foreignHead(breach.place)
          html.cell(text.words(breach))
          html.numberCell(breach.count)
          if let store = breach.store { html.foreignCell(store) } else { html.cell("not listed") }
          html.cell(breach.kind.requirement)
        }
        html.raw("\n")
      }
    }
    html.more(
      report.breachCount - min(report.breaches.count, HTMLParts.breachesMax), "breaches",
      in: "inventory.json")
  }

  private func writeStores(_ html: inout HTMLText, _ report: InventoryReport) {
    html.table(
      "Listed stores",
      heads: [
        "Store", "Owner and purpose", "Environment", .number("Retention, days"), "Expected there",
        .number("Places scanned"), .number("Findings"), .number("Test numbers"), "Oldest card data",
      ], isSortable: false
    ) { html in
      for result in report.stores {
        let store = result.store
        html.element("tr") { html in
          html.foreignHead(store.id)
          html.element("td", " class=\"words\"") { html in
            html.text(
              [store.owner, store.purpose].compactMap { $0 }.map(HTMLText.shown)
                .joined(separator: ": "))
          }
          html.cell(store.environment?.rawValue ?? "")
          if let days = store.retentionDays { html.numberCell(days) } else { html.cell("") }
          html.cell(store.expects.isEmpty ? "nothing" : store.expects.joined(separator: ", "))
          if result.places == 0 {
            html.element("td", " class=\"number\"") { $0.element("strong", "", "NOT scanned") }
          } else {
            html.numberCell(result.places)
          }
          html.numberCell(result.findings)
          html.numberCell(result.testNumbers)
          html.element("td", " class=\"day\"") { html in
            if let day = result.oldest { html.foreign(day) }
          }
        }
        html.raw("\n")
      }
    }
    if report.stores.contains(where: { $0.oldest != nil }) {
      html.element(
        "p", " class=\"measure soft\"",
        "Oldest card data: the day the oldest file or database with findings was last changed. What "
          + "is inside it may be older.")
    }
  }

  // MARK: Change

  func writeChange(to html: inout HTMLText) {
    guard let report = summary.change else { return }
    let text = ChangeText(report: report)
    html.section("change", "Change since the last run") { html in
      html.element("p", " class=\"measure\"") { html in
        html.text("Compared with the run of ")
        html.foreign(report.since)
        html.text(": ")
        html.element("strong", "", text.counts)
        html.text(".")
      }
      if let caution = text.caution(isComplete: summary.complete) {
        html.raw("<div class=\"note warn\">")
        html.element("p", "", caution)
        html.raw("</div>\n")
      }
      HTMLParts.writeList(&html, "New findings", report.new, of: report.newCount)
      HTMLParts.writeList(&html, "Findings that are gone", report.gone, of: report.goneCount)
    }
  }

  static func writeList(
    _ html: inout HTMLText, _ caption: String, _ findings: [Finding], of count: Int
  ) {
    guard !findings.isEmpty else { return }
    html.table(caption, heads: ["Place", "Where", "Value", "Severity", "Finding"]) { html in
      for finding in findings {
        html.element("tr") { html in
          html.element("th", " scope=\"row\"", FindingText.place(finding.location))
          html.cell(FindingText.position(finding.location))
          html.element("td", " class=\"value mono\"") { $0.foreign(Wording.value(of: finding)) }
          html.cell(finding.severity.rawValue)
          html.element("td", " class=\"mono\"") { $0.foreign(finding.id) }
        }
        html.raw("\n")
      }
    }
    html.more(
      count - findings.count, count - findings.count == 1 ? "finding" : "findings",
      in: "findings.jsonl")
  }

  // MARK: Columns

  func writeColumns(to html: inout HTMLText) {
    guard columnCount > 0 else { return }
    let bad = columns.count { ColumnVerdict($0) == .forbidden }
    let unknown = columns.count { ColumnVerdict($0) == .unknown }
    html.section("columns", "Columns, and what may be stored") { html in
      html.element(
        "p", " class=\"measure\"",
        "Of tables in the target state only Stripe ids, brand, last four digits, expiry and the first "
          + "digits up to six are left of a card. \(Wording.count(bad, "column")) listed here "
          + "\(bad == 1 ? "holds" : "hold") what must not stay; of "
          + "\(Wording.count(unknown, "column")) the values do not tell.")
      html.table(
        "Column inventory",
        heads: [
          "Database and table", "Column", "Type", .number("Rows"), .number("Different"),
          "What the values are", "Target state",
        ]
      ) { html in
        for column in columns { row(&html, column) }
      }
      html.more(columnCount - columns.count, "columns", in: "coverage.json")
    }
  }

  private func row(_ html: inout HTMLText, _ column: ColumnProfile) {
    html.element("tr") { html in
      html.element("th", " scope=\"row\"") { html in
        html.foreign(column.path ?? column.target)
        html.text(", table ")
        html.foreign(column.table)
      }
      html.foreignCell(column.column)
      html.element("td") { html in if !column.type.isEmpty { html.foreign(column.type) } }
      html.numberCell(column.rows)
      if column.isDistinctEstimated {
        html.raw("<td class=\"number\" data-sort=\"")
        html.text("\(column.distinct)")
        html.raw("\">")
        html.text("about \(Wording.decimal(column.distinct))")
        html.raw("</td>")
      } else {
        html.numberCell(column.distinct)
      }
      let classes = column.classes.prefix(4).map {
        "\(TextLayout.shown($0.kind.rawValue.split(separator: "-").joined(separator: " "))) "
          + Wording.decimal($0.count)
      }
      html.element(
        "td", " class=\"words\"", classes.isEmpty ? "no value" : classes.joined(separator: ", "))
      html.cell(ColumnVerdict(column).words)
    }
    html.raw("\n")
  }

  // MARK: Migration

  func writeMigration(to html: inout HTMLText) {
    guard let report = summary.migration else { return }
    html.section("migration", "Migration: does it add up") { html in
      html.raw(report.isReconciled ? "<div class=\"note good\">" : "<div class=\"note warn\">")
      html.element(
        "p", "",
        report.isReconciled
          ? "Reconciled: every legacy record is linked or excepted, and no store has card data left."
          : "NOT reconciled: see what is open below.")
      html.raw("</div>\n")
      html.element("dl", " class=\"facts\"") { html in
        html.fact("Plan") { $0.foreign(report.plan) }
        html.fact("Legacy records", Wording.decimal(report.legacyRecords))
        html.fact("Linked", Wording.decimal(report.linked))
        html.fact("Excepted by decision", Wording.decimal(report.excepted))
        html.fact("Neither", Wording.decimal(report.unaccounted))
        for state in report.states {
          html.fact("Match: \(HTMLText.shown(state.name))", Wording.decimal(state.count))
        }
      }
      writeMigratedStores(&html, report)
      guard !report.open.isEmpty else { return }
      html.table("Open exceptions", heads: ["Record", "State", "Why", "Owner"]) { html in
        for open in report.open {
          html.element("tr") { html in
            html.foreignHead(open.record)
            html.foreignCell(open.state)
            html.foreignCell(open.reason)
            html.element("td") { html in if let owner = open.owner { html.foreign(owner) } }
          }
          html.raw("\n")
        }
      }
      html.more(report.openCount - report.open.count, "open exceptions", in: "coverage.json")
    }
  }

  private func writeMigratedStores(_ html: inout HTMLText, _ report: MigrationReport) {
    guard !report.stores.isEmpty else { return }
    html.table(
      "Card data before and after",
      heads: ["Store", .number("Findings before"), .number("Findings after"), "State"]
    ) { html in
      for store in report.stores {
        html.element("tr") { html in
          html.foreignHead(store.name)
          html.numberCell(store.before)
          if let after = store.after { html.numberCell(after) } else { html.cell("") }
          html.cell(store.after.map { $0 == 0 ? "clean" : "NOT clean" } ?? "not scanned since")
        }
        html.raw("\n")
      }
    }
  }
}

/// What the values of a column say about the target state.
enum ColumnVerdict {
  case allowed, unknown, forbidden, empty

  private static let allowedClasses: Set<ColumnProfile.Class> = [
    .customerId, .paymentMethodId, .cardId, .sourceId, .intentId, .otherStripeId, .brand, .last4,
    .bin, .expiry, .truncated, .date,
  ]
  private static let forbiddenClasses: Set<String> = [
    "pan", "pan-piece", "pan-hash", "verification-code", "track", "secret", "pin-block",
    "truncated-too-wide",
  ]

  init(_ column: ColumnProfile) {
    let kinds = column.classes.filter { $0.count > 0 }.map(\.kind)
    self =
      if kinds.contains(where: { ColumnVerdict.forbiddenClasses.contains($0.rawValue) }) {
        .forbidden
      } else if kinds.isEmpty {
        .empty
      } else {
        kinds.allSatisfy(ColumnVerdict.allowedClasses.contains) ? .allowed : .unknown
      }
  }

  var words: String {
    switch self {
    case .allowed: "allowed"
    case .unknown: "no card data seen"
    case .forbidden: "NOT allowed"
    case .empty: "empty"
    }
  }

  /// The worst first.
  var rank: Int {
    switch self {
    case .forbidden: 0
    case .unknown: 1
    case .allowed: 2
    case .empty: 3
    }
  }
}

import Core

/// The parts of the page that only some runs have: the comparison with an inventory and with an earlier
/// run, and how a migration adds up.
struct HTMLParts {
  let summary: Summary

  private static let breachesMax = 300
  /// New and gone findings listed; what matters is how many there are.
  private static let changesMax = 20

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
      for caution in text.cautions(isComplete: summary.complete) {
        html.raw("<div class=\"note warn\">")
        html.element("p", "", caution)
        html.raw("</div>\n")
      }
      HTMLParts.writeList(
        &html, "New findings", Array(report.new.prefix(HTMLParts.changesMax)), of: report.newCount)
      HTMLParts.writeList(
        &html, "Findings that are gone", Array(report.gone.prefix(HTMLParts.changesMax)),
        of: report.goneCount, in: "findings.jsonl of the earlier run")
    }
  }

  static func writeList(
    _ html: inout HTMLText, _ caption: String, _ findings: [Finding], of count: Int,
    in file: String = "findings.jsonl"
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
      count - findings.count, count - findings.count == 1 ? "finding" : "findings", in: file)
  }
}

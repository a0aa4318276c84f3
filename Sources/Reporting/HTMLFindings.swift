import Core
import Rules

/// The parts of the page about findings: the picture of the stores, the lists, the storage table and
/// the incident worksheets.
struct HTMLFindings {
  let stores: [StoreTally]
  let totals: ClassCounts
  let countElsewhere: Int
  let options: ReportOptions
  /// Rules and requirements of each class, as its findings name them.
  let rules: [DataClass: Set<String>]
  let requirements: [DataClass: Set<String>]
  let inventory: InventoryReport?

  private static let barsMax = 40
  private static let listsMax = 400
  private static let storageMax = 300
  private static let sheetsMax = 40

  // MARK: One finding

  /// A row of a list.
  static func row(_ finding: Finding) -> [UInt8] {
    var html = HTMLText()
    html.raw("<tr><td class=\"value mono\">")
    html.foreign(Wording.value(of: finding))
    html.raw("</td><td class=\"name\">")
    html.text(position(finding.location))
    html.raw("</td>")
    html.element("td") { html in
      let reasons = Wording.reasons(of: finding)
      if !reasons.isEmpty { html.foreign(reasons) }
    }
    html.raw("<td data-sort=\"")
    html.text(String(finding.score))
    html.raw("\">")
    html.text("\(finding.confidence.rawValue) (\(finding.score))")
    html.raw("</td>")
    html.cell(finding.severity.rawValue)
    html.element("td", " class=\"mono\"") { $0.foreign(finding.id) }
    html.raw("</tr>\n")
    return html.bytes
  }

  /// Where in its store a finding is, safe to show: `row id=7, column cvv`, `line 12:8`.
  private static func position(_ location: Location) -> String {
    var parts: [String] = []
    if let row = location.row { parts.append("row " + HTMLText.shown(row)) }
    if let line = location.line {
      parts.append("line \(line)" + (location.column.map { ":\($0)" } ?? ""))
    } else if location.row == nil, let offset = location.byteOffset {
      parts.append("byte \(offset)")
    }
    if let field = location.field {
      parts.append((location.table == nil ? "field " : "column ") + HTMLText.shown(field))
    }
    return parts.joined(separator: ", ")
  }

  // MARK: Picture

  func writePicture(to html: inout HTMLText) {
    html.section("stores", "What is in which store") { html in
      html.element("ul", " class=\"legend\"") { html in
        for dataClass in DataClass.allCases where totals[dataClass] > 0 {
          html.raw("<li><svg viewBox=\"0 0 10 10\" aria-hidden=\"true\"><rect class=\"")
          html.raw(dataClass.style)
          html.raw("\" width=\"10\" height=\"10\"/></svg>")
          html.text("\(dataClass.shortTitle): \(Wording.decimal(totals[dataClass]))")
          html.raw("</li>")
        }
      }
      let shown = stores.prefix(HTMLFindings.barsMax)
      let largest = shown.map(\.counts.total).max() ?? 1
      html.table(
        "Stores with findings, the worst first", note: "A bar's length is the number of findings.",
        heads: ["Store", "Findings", .number("Amount"), "In words"]
      ) { html in
        for store in shown {
          html.element("tr") { html in
            html.element("th", " scope=\"row\"", store.store.name)
            html.element("td", " class=\"bar-cell\"") { bar(&$0, store.counts, largest: largest) }
            html.numberCell(store.counts.total)
            html.element("td", " class=\"words\"", store.contents)
          }
          html.raw("\n")
        }
      }
      more(&html, beyond: shown.count)
    }
  }

  /// The classes of one store side by side. Drawn with attributes, because the page's policy allows no
  /// styles inside elements.
  private func bar(_ html: inout HTMLText, _ counts: ClassCounts, largest: Int) {
    html.raw(
      """
      <svg class="bar" viewBox="0 0 1000 20" preserveAspectRatio="none" aria-hidden="true">\
      <rect class="track" width="1000" height="20"/>
      """)
    let present = DataClass.allCases.filter { counts[$0] > 0 }
    // Every class is wide enough to be seen, however few its findings are.
    let width = max(counts.total * 1000 / max(1, largest), 12 * present.count)
    let free = width - 12 * present.count
    var left = 0
    for dataClass in present {
      let share = 12 + free * counts[dataClass] / counts.total
      html.raw("<rect class=\"")
      html.raw(dataClass.style)
      html.raw("\" x=\"")
      html.text(String(left))
      html.raw("\" width=\"")
      html.text(String(share))
      html.raw("\" height=\"20\"/>")
      left += share
    }
    html.raw("</svg>")
  }

  private func more(_ html: inout HTMLText, beyond shown: Int) {
    let hidden = stores.dropFirst(shown)
    let count = hidden.reduce(countElsewhere) { $0 + $1.counts.total }
    html.more(
      count, count == 1 ? "finding in other stores" : "findings in other stores",
      in: "findings.jsonl")
  }

  // MARK: Lists

  func writeLists(to html: inout HTMLText) {
    html.section("findings", "Findings by class and store") { html in
      for dataClass in DataClass.allCases where totals[dataClass] > 0 {
        let holders = stores.filter { $0.counts[dataClass] > 0 }
        let count = totals[dataClass]
        html.element(
          "h3", "", "\(dataClass.title): \(Wording.count(count, "finding"))")
        html.element("p", " class=\"measure\"", dataClass.meaning)
        explain(&html, dataClass)
        let listed = holders.prefix(HTMLFindings.listsMax)
        for store in listed { list(&html, store, dataClass) }
        let inListed = listed.reduce(0) { $0 + $1.counts[dataClass] }
        html.more(
          count - inListed,
          count - inListed == 1 ? "finding in another store" : "findings in other stores",
          in: "findings.jsonl")
      }
    }
  }

  /// Which requirements it touches and what to do, once for a class.
  private func explain(_ html: inout HTMLText, _ dataClass: DataClass) {
    let ids = requirements[dataClass, default: []].sorted()
    let advice = options.rules.filter { rules[dataClass, default: []].contains($0.id) }
    guard !ids.isEmpty || !advice.isEmpty else { return }
    html.element("dl", " class=\"facts\"") { html in
      for id in ids where dataClass != .test {
        html.fact("PCI DSS \(HTMLText.shown(id))") { html in
          html.foreign(options.requirements.first { $0.id == id }?.short ?? "see the standard")
        }
      }
      if dataClass == .test {
        html.fact(
          "What to do",
          "Nothing in a test system. In production, remove them (PCI DSS 6.5.6) and look at how they "
            + "came there.")
      } else {
        for rule in advice {
          html.fact("What to do: \(HTMLText.shown(rule.title))") { html in
            html.text(TextLayout.shown(rule.fix))
          }
        }
      }
    }
  }

  private func list(_ html: inout HTMLText, _ store: StoreTally, _ dataClass: DataClass) {
    let rows = store.rows[dataClass.rawValue]
    let count = store.counts[dataClass]
    html.raw("<details open><summary>")
    html.text(store.store.name)
    html.raw(" ")
    html.element("span", " class=\"soft\"", "(\(Wording.count(count, "finding")))")
    html.raw("</summary>\n")
    if rows.count > 0 {
      html.table(
        "\(dataClass.title) in \(store.store.name)",
        heads: ["Value", "Where", "Why", "Confidence", "Severity", "Finding"]
      ) { $0.append(rows.html) }
    }
    html.more(
      count - rows.count, count - rows.count == 1 ? "finding here" : "findings here",
      in: "findings.jsonl")
    html.raw("</details>\n")
  }

  // MARK: Storage table

  func writeStorage(to html: inout HTMLText) {
    let holders = stores.filter { $0.counts.cardData > 0 }
    html.section("storage", "Storage of account data") { html in
      html.element(
        "p", " class=\"measure\"",
        inventory == nil
          ? "In the columns assessors ask for. What a scan cannot know is left blank."
          : "In the columns assessors ask for. What the inventory does not say is left blank.")
      let shown = holders.prefix(HTMLFindings.storageMax)
      html.table(
        "Stores of account data",
        heads: [
          "Data store", "File, table and fields", "Elements found", "How protected",
          "Purpose and owner", "Retention", "Can it be decrypted, by whom", "How access is logged",
        ], isSortable: false
      ) { html in
        for store in shown {
          html.element("tr") { html in
            html.foreignHead(store.store.path)
            // A column's name and the count of the next cell must not stand side by side: a scan of
            // this page would take them for a code and its label.
            html.element("td", " class=\"name\"") { html in
              let fields = store.fields.map { HTMLText.shown($0) }
              if !fields.isEmpty {
                html.text(fields.joined(separator: ", "))
                html.text(store.hasMoreFields ? " and more in the " : " in the ")
              }
              html.text(store.store.inside ?? (fields.isEmpty ? "the file" : "file"))
            }
            html.element("td", " class=\"words\"", store.contents)
            let listed = inventory?.store(holding: store.store.path)
            html.cell("not protected: readable as it lies there")
            answer(
              &html,
              listed.map { [$0.purpose, $0.owner].compactMap { $0 }.joined(separator: "; ") })
            answer(&html, listed?.retentionDays.map { Wording.count($0, "day") })
            answer(&html, listed?.protection)
            answer(&html, listed?.accessLogging)
          }
          html.raw("\n")
        }
      }
      html.more(holders.count - shown.count, "stores", in: "findings.jsonl")
    }
  }

  /// What the inventory says, else a blank.
  private func answer(_ html: inout HTMLText, _ text: String?) {
    if let text, !text.isEmpty { html.foreignCell(text) } else { html.blankCell() }
  }

  // MARK: Worksheets

  /// Stores where account data is not expected: all of them when no inventory says what is.
  private var unexpected: [StoreTally] {
    let holders = stores.filter { $0.counts.cardData > 0 }
    guard let inventory, inventory.breaches.count == inventory.breachCount else { return holders }
    let places = Set(
      inventory.breaches.filter { $0.kind != .testInProduction && $0.kind != .tooOld }.map(\.place))
    return holders.filter { places.contains($0.store.path) }
  }

  /// Whether any store needs the four answers.
  var hasSheets: Bool { !unexpected.isEmpty }

  func writeSheets(to html: inout HTMLText) {
    let holders = unexpected
    guard !holders.isEmpty else { return }
    html.section("incident", "Incident worksheets") { html in
      html.element(
        "p", " class=\"measure\"",
        "For every store where account data is not expected (PCI DSS 12.10.7): four answers, in "
          + "writing. What the scan knows is filled in.")
      for store in holders.prefix(HTMLFindings.sheetsMax) { sheet(&html, store) }
      let rest = holders.count - HTMLFindings.sheetsMax
      html.more(
        rest, rest == 1 ? "store needs the same answers" : "stores need the same answers",
        in: "findings.jsonl")
    }
  }

  private func sheet(_ html: inout HTMLText, _ store: StoreTally) {
    html.raw("<article class=\"sheet\">\n")
    html.element("h3", "", store.store.name)
    html.element("p", "", "Found: \(store.contents).")
    html.element("dl") { html in
      question(
        &html, "1. What happens to the data: is it deleted, or moved to where it is protected?",
        hint: store.residue > 0
          ? "\(Wording.count(store.residue, "finding")) in raw pages of a database, in no row "
            + "that was read: where rows were deleted, rebuild the file (VACUUM)." : nil)
      let count = store.counts[.authentication]
      question(
        &html, "2. Is sensitive authentication data with it?",
        hint: count > 0
          ? "Yes: \(Wording.count(count, "finding")) of this scan. It must go first."
          : "None was found here by this scan.")
      question(&html, "3. Where did it come from, and how did it get here?", hint: nil)
      question(
        &html, "4. How was the leak closed, and what else changes so that it stays closed?",
        hint: nil)
      html.element(
        "dt", "", "Is this store expected to hold account data? Owner, date, scan again on")
      html.raw("<dd class=\"fill\"></dd>")
    }
    html.raw("</article>\n")
  }

  private func question(_ html: inout HTMLText, _ text: String, hint: String?) {
    html.element("dt", "", text)
    if let hint { html.element("dd", "", hint) }
    html.raw("<dd class=\"fill\"></dd>\n")
  }
}

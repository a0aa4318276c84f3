import Core

/// The columns of tables on the page: what each holds and, where the run was held against a policy, what
/// may stay and what may not.
struct HTMLColumns {
  /// Those that hold card data first, of equals the one that came first.
  private var profiles: [ColumnProfile] = []
  private(set) var count = 0

  /// Columns listed in each table of the page.
  private static let columnsMax = 400
  private static let storesMax = 200

  mutating func add(_ coverage: Coverage) {
    count += coverage.columns.count
    profiles = Array(
      (profiles + coverage.columns).enumerated().sorted {
        (ColumnText.urgency($0.element), $0.offset) < (ColumnText.urgency($1.element), $1.offset)
      }.prefix(HTMLColumns.columnsMax).map(\.element))
  }

  // MARK: Target state

  func writeTargetState(to html: inout HTMLText, _ policy: PolicyResult) {
    html.section("target-state", "Target state: what may stay, and what does not pass") { html in
      html.raw(HTMLColumns.note(policy.verdict))
      html.element("p") { html in
        html.element("strong", "", PolicyText.headlineInText(policy))
        html.text(". Policy: ")
        html.foreign(policy.policy)
        html.text(".")
      }
      html.raw("</div>\n")
      html.element(
        "p", " class=\"measure\"",
        "A column passes when all its values are of classes that the policy allows, when all of it was "
          + "read and none of it is card data, or when the policy accepts it by name. What nobody can "
          + "read proves nothing.")
      writeStores(&html, policy)
      writeOffenders(&html, policy)
    }
  }

  private static func note(_ verdict: PolicyResult.Verdict) -> StaticString {
    switch verdict {
    case .passed: "<div class=\"note good\">"
    case .unproven: "<div class=\"note warn\">"
    case .failed: "<div class=\"note bad\">"
    }
  }

  private func writeStores(_ html: inout HTMLText, _ policy: PolicyResult) {
    html.table(
      "Stores held against the policy",
      heads: [
        "Store", "Target state", .number("Columns"), "What they are", "Beside the columns",
      ]
    ) { html in
      let stores = policy.stores.enumerated().sorted {
        ($1.element.verdict, $0.offset) < ($0.element.verdict, $1.offset)
      }
      for (_, store) in stores.prefix(HTMLColumns.storesMax) {
        html.element("tr") { html in
          html.foreignHead(store.path ?? store.target)
          html.cell(PolicyText.word(store.verdict))
          html.numberCell(store.columns.count)
          html.element("td", " class=\"words\"", HTMLColumns.counts(store))
          html.element("td", " class=\"words\"") { html in
            html.text(store.problems.prefix(20).map(PolicyText.sentence).joined(separator: "; "))
          }
        }
        html.raw("\n")
      }
    }
    html.more(policy.stores.count - HTMLColumns.storesMax, "stores", in: "coverage.json")
  }

  /// For example `1 FORBIDDEN, 6 hold only what is allowed`.
  private static func counts(_ store: PolicyResult.Store) -> String {
    let words: [(PolicyResult.ColumnVerdict, String)] = [
      (.forbidden, "FORBIDDEN"), (.unproven, "NOT PROVEN"),
      (.allowed, "hold only what is allowed"), (.clean, "hold no card data"),
      (.accepted, "accepted by name"),
    ]
    return words.compactMap { verdict, words in
      let count = store.columns.count { $0.verdict == verdict }
      return count > 0 ? "\(Wording.decimal(count)) \(words)" : nil
    }.joined(separator: ", ")
  }

  private func writeOffenders(_ html: inout HTMLText, _ policy: PolicyResult) {
    let offenders = PolicyOffender.all(policy).filter { $0.column != nil }
    guard !offenders.isEmpty else { return }
    html.table(
      "Columns that do not pass",
      heads: ["Database and table", "Column", "Target state", "Why"]
    ) { html in
      for offender in offenders.prefix(HTMLColumns.columnsMax) {
        guard let column = offender.column else { continue }
        html.element("tr") { html in
          HTMLColumns.place(
            &html, offender.store.path ?? offender.store.target, table: column.table)
          html.foreignCell(column.column)
          html.cell(offender.isForbidden ? "FORBIDDEN" : "NOT PROVEN")
          html.element("td", " class=\"words\"", offender.reasons)
        }
        html.raw("\n")
      }
    }
    html.more(offenders.count - HTMLColumns.columnsMax, "columns", in: "coverage.json")
  }

  // MARK: Inventory

  func writeInventory(to html: inout HTMLText, _ policy: PolicyResult?) {
    guard count > 0 else { return }
    let verdicts = policy.map(HTMLColumns.verdicts)
    html.section("columns", "Column inventory") { html in
      html.element(
        "p", " class=\"measure\"",
        "What the values of every column are, told from all rows that were read; no value is shown. "
          + (policy == nil
            ? "Whether that may stay is what `unpan verify` says."
            : "Its verdict stands beside it."))
      let heads: [HTMLText.Head] = [
        "Table", "Column", "Type", .number("Rows"), .number("Empty"), .number("Different"),
        "What the values are", "Noticed",
      ]
      for (store, profiles) in HTMLColumns.byStore(profiles) {
        html.table(
          "Columns of \(HTMLText.shown(store))",
          heads: verdicts == nil ? heads : heads + ["Target state"]
        ) { html in
          for profile in profiles { row(&html, profile, verdicts) }
        }
      }
      html.more(count - profiles.count, "columns", in: "coverage.json")
    }
  }

  /// In the order the stores come in.
  private static func byStore(
    _ profiles: [ColumnProfile]
  ) -> [(store: String, profiles: [ColumnProfile])] {
    var stores: [(store: String, profiles: [ColumnProfile])] = []
    var indexes: [String: Int] = [:]
    for profile in profiles {
      let store = profile.path ?? profile.target
      let index = indexes[store] ?? stores.count
      if index == stores.count { stores.append((store, [])) }
      indexes[store] = index
      stores[index].profiles.append(profile)
    }
    return stores
  }

  private func row(
    _ html: inout HTMLText, _ profile: ColumnProfile,
    _ verdicts: [Key: PolicyResult.ColumnVerdict]?
  ) {
    html.element("tr") { html in
      html.foreignHead(profile.table)
      html.foreignCell(profile.column)
      html.element("td") { html in if !profile.type.isEmpty { html.foreign(profile.type) } }
      html.numberCell(profile.rows)
      html.numberCell(profile.nulls + profile.empty)
      if profile.isDistinctEstimated {
        html.raw("<td class=\"number\" data-sort=\"")
        html.text("\(profile.distinct)")
        html.raw("\">")
        html.text("about \(Wording.decimal(profile.distinct))")
        html.raw("</td>")
      } else {
        html.numberCell(profile.distinct)
      }
      html.element("td", " class=\"words\"", ColumnText.contents(profile.classes))
      html.element("td", " class=\"words\"") { html in
        let notes = ColumnText.notes(profile)
        if !notes.isEmpty { html.foreign(notes) }
      }
      if let verdicts {
        let key = Key(profile.target, profile.path, profile.table, profile.column)
        html.cell(verdicts[key].map(HTMLColumns.words) ?? "not judged")
      }
    }
    html.raw("\n")
  }

  private static func place(_ html: inout HTMLText, _ store: String, table: String) {
    html.element("th", " scope=\"row\"") { html in
      html.foreign(store)
      html.text(", table ")
      html.foreign(table)
    }
  }

  private static func words(_ verdict: PolicyResult.ColumnVerdict) -> String {
    switch verdict {
    case .allowed: "allowed"
    case .clean: "no card data"
    case .accepted: "accepted by name"
    case .unproven: "NOT PROVEN"
    case .forbidden: "FORBIDDEN"
    }
  }

  /// One column of one table.
  private struct Key: Hashable {
    var target: String
    var path: String?
    var table: String
    var column: String

    init(_ target: String, _ path: String?, _ table: String, _ column: String) {
      self.target = target
      self.path = path
      self.table = table
      self.column = column
    }
  }

  private static func verdicts(_ policy: PolicyResult) -> [Key: PolicyResult.ColumnVerdict] {
    var verdicts: [Key: PolicyResult.ColumnVerdict] = [:]
    for store in policy.stores {
      for column in store.columns {
        verdicts[Key(store.target, store.path, column.table, column.column)] = column.verdict
      }
    }
    return verdicts
  }
}

import Core

/// What tables keep beside card numbers and has to be protected with them, gathered for people: a line
/// for each of the first tables.
struct CompanionTally {
  private struct Table {
    var store: String
    var name: String
    /// The column with the numbers.
    var numbers: String
    /// The columns of each kind, in the order they came.
    var columns: [(kind: String, names: [String])] = []
  }

  private var tables: [Table] = []
  /// Tables beyond those, and the last of them.
  private var moreCount = 0
  private var lastMore: [String] = []

  private static let tablesMax = 12

  mutating func add(_ coverage: Coverage) {
    for profile in coverage.columns {
      for note in profile.notes {
        guard let (kind, numbers) = ColumnProfile.companion(in: note) else { continue }
        add(kind, numbers, profile)
      }
    }
  }

  private mutating func add(_ kind: String, _ numbers: String, _ profile: ColumnProfile) {
    let store = profile.path ?? profile.target
    if tables.last?.store != store || tables.last?.name != profile.table {
      guard tables.count < CompanionTally.tablesMax else {
        if lastMore != [store, profile.table] { moreCount += 1 }
        lastMore = [store, profile.table]
        return
      }
      tables.append(Table(store: store, name: profile.table, numbers: numbers))
    }
    let last = tables.count - 1
    if let index = tables[last].columns.firstIndex(where: { $0.kind == kind }) {
      tables[last].columns[index].names.append(profile.column)
    } else {
      tables[last].columns.append((kind, [profile.column]))
    }
  }

  /// Nothing when no table has any.
  func lines(_ layout: TextLayout) -> [String] {
    guard !tables.isEmpty else { return [] }
    var lines = [layout.styled("KEPT BESIDE CARD NUMBERS", .bold)]
    for table in tables {
      let kinds = table.columns.map { kind, names in
        "\(CompanionTally.words(kind)) (\(names.map { TextLayout.shown($0) }.joined(separator: ", ")))"
      }
      lines += layout.wrapped(
        "\(TextLayout.shown(table.store)), table \(TextLayout.shown(table.name)): "
          + "\(kinds.joined(separator: ", ")) beside column \(TextLayout.shown(table.numbers))",
        indent: 2)
    }
    if moreCount > 0 {
      lines.append("  and \(Wording.count(moreCount, "more table")); --format json lists them all")
    }
    return lines + [""]
  }

  /// For example `expiry date`.
  static func words(_ kind: String) -> String {
    switch kind {
    case "expiry": "expiry date"
    case "cardholder": "cardholder's name"
    case "service-code": "service code"
    default: TextLayout.shown(kind)
    }
  }
}

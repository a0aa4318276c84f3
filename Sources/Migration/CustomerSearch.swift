/// Finds the column of a table of cards that says whose a card is, and the table it points to.
///
/// A declared foreign key comes first, then a column whose values are keys of another table, then a
/// name alone. Names only decide between what the database itself tells.
struct CustomerSearch {
  private let tables: [DatabaseSchema.Table]
  private let database: any MigrationDatabase
  /// The column that names a row.
  private let key: (DatabaseSchema.Table) -> String?

  /// A column with its table, when there is one.
  struct Link {
    var column: String
    var table: DatabaseSchema.Table?
    /// The column that it points to.
    var key: String?
    fileprivate var points: Int
    fileprivate var rank = Int.max

    /// As it is told, for example `user_id to users.id`.
    var shown: String {
      column + (table.map { " to \($0.name)" + (key.map { ".\($0)" } ?? "") } ?? "")
    }
  }

  init(
    _ tables: [DatabaseSchema.Table], _ database: any MigrationDatabase,
    key: @escaping (DatabaseSchema.Table) -> String?
  ) {
    self.tables = tables
    self.database = database
    self.key = key
  }

  /// Different values of a column that are looked up in another table.
  private static let sampleMax = 1000
  /// More than what a foreign key to any table is worth, and less than one to people.
  private static let bareColumn = 6

  /// All that fit, the best first.
  /// - Parameter taken: columns that hold something else.
  func links(
    from cards: DatabaseSchema.Table, besides taken: Set<String>
  ) throws(MigrationError) -> [Link] {
    var links: [Link] = []
    for column in cards.columns where !taken.contains(column.name) {
      let named = PersonNames.key(column.name)
      var found = declared(column, cards, named)
      for table in tables where table.name != cards.name {
        if found.contains(where: { $0.table?.name == table.name }) { continue }
        if let link = try undeclared(column, cards, table, named) { found.append(link) }
      }
      if found.isEmpty, named?.isPlain == true {
        found.append(Link(column: column.name, points: CustomerSearch.bareColumn))
      }
      for index in found.indices { found[index].rank = named?.rank ?? Int.max }
      links += found
    }
    // Cards that lie in the customers' own row.
    if links.isEmpty, PersonNames.isOfPeople(cards.name), let key = key(cards) {
      links.append(Link(column: key, table: cards, key: key, points: 0))
    }
    return links.enumerated().sorted {
      ($1.element.points, $0.element.rank, $0.offset)
        < ($0.element.points, $1.element.rank, $1.offset)
    }.map(\.element)
  }

  private func declared(
    _ column: DatabaseSchema.Column, _ cards: DatabaseSchema.Table, _ named: PersonNames.Key?
  ) -> [Link] {
    cards.foreignKeys.filter { $0.column.lowercased() == column.name.lowercased() }.compactMap {
      key in
      guard let table = tables.first(where: { $0.name.lowercased() == key.table.lowercased() })
      else { return nil }
      let isOfPeople = PersonNames.isOfPeople(table.name)
      // A key to a list of brands or of addresses says nothing of customers.
      let points =
        named != nil
        ? 20 : isOfPeople ? 8 : 3
      return Link(
        column: column.name, table: table, key: key.target.isEmpty ? self.key(table) : key.target,
        points: points + PersonPoints.table(table))
    }
  }

  private func undeclared(
    _ column: DatabaseSchema.Column, _ cards: DatabaseSchema.Table, _ table: DatabaseSchema.Table,
    _ named: PersonNames.Key?
  ) throws(MigrationError) -> Link? {
    let isNamedFor = PersonNames.isNamed(column.name, for: table.name)
    let isOfPeople = PersonNames.isOfPeople(table.name)
    // Orders of customers have their e-mail addresses as well.
    let isLikePeople =
      isOfPeople
      || PersonNames.looksLikePeople(table)
        && !table.columns.contains {
          PersonNames.key($0.name) != nil && $0.keyPosition == 0 && !isUnique($0.name, table)
        }
    var best: Link?
    for key in keys(of: table) where isComparable(column, table.column(key)) {
      let hasOneName = column.name.lowercased() == key.lowercased() && column.keyPosition == 0
      guard
        named != nil && (isNamedFor || isLikePeople) || (isNamedFor || hasOneName) && isLikePeople
      else { continue }
      let found = try contained(column.name, cards, key, table)
      let isByName = named != nil && isNamedFor
      let isByValue =
        found.missing == 0
        && (found.values > 0 || isOfPeople && (named != nil || isNamedFor))
      guard isByName || isByValue else { continue }
      var points = PersonPoints.table(table)
      if named != nil { points += 4 }
      if isNamedFor { points += 2 }
      if isByValue { points += 3 }
      if best == nil || points > best?.points ?? 0 {
        best = Link(column: column.name, table: table, key: key, points: points)
      }
    }
    return best
  }

  /// The key of a table and other columns whose values are there once.
  private func keys(of table: DatabaseSchema.Table) -> [String] {
    var keys = [key(table)].compactMap { $0 }
    for index in table.indexes where index.isUnique && index.columns.count == 1 {
      if !keys.contains(index.columns[0]) { keys.append(index.columns[0]) }
    }
    return keys
  }

  private func isUnique(_ column: String, _ table: DatabaseSchema.Table) -> Bool {
    keys(of: table).contains { $0.lowercased() == column.lowercased() }
  }

  /// Numbers with numbers and texts with texts: some servers take any text for 0.
  private func isComparable(
    _ one: DatabaseSchema.Column, _ other: DatabaseSchema.Column?
  ) -> Bool {
    guard let other else { return false }
    return one.type.isEmpty || other.type.isEmpty || one.isNumeric == other.isNumeric
  }

  /// How many of a sample of a column's values are no key of another table.
  private func contained(
    _ column: String, _ cards: DatabaseSchema.Table, _ key: String, _ table: DatabaseSchema.Table
  ) throws(MigrationError) -> (values: Int, missing: Int) {
    let (from, to) = (database.quoted(cards.name), database.quoted(table.name))
    let (value, target) = (database.quoted(column), database.quoted(key))
    let sample =
      "(SELECT DISTINCT \(value) AS v FROM \(from) WHERE \(value) IS NOT NULL "
      + "LIMIT \(CustomerSearch.sampleMax)) AS s"
    do throws(MigrationError) {
      let values = try database.number("SELECT count(*) FROM \(sample)")
      let missing = try database.number(
        "SELECT count(*) FROM \(sample) WHERE NOT EXISTS "
          + "(SELECT 1 FROM \(to) AS t WHERE t.\(target) = s.v)")
      return (values, missing)
    } catch  where error.code == .databaseFailed {
      // Types that the server does not compare are no key of each other.
      return (0, 1)
    }
  }
}

/// What a table's name and columns are worth.
private enum PersonPoints {
  static func table(_ table: DatabaseSchema.Table) -> Int {
    (PersonNames.isOfPeople(table.name) ? 4 : 0) + (PersonNames.looksLikePeople(table) ? 2 : 0)
  }
}

/// Finds places with card data that nothing in a configuration removes.
enum LeftOut {
  /// - Parameter found: what a scan found, by tables as the schema calls them.
  /// - Returns: each column as `table.column`, with its findings.
  static func places(
    _ found: [Proposal.Evidence], _ scrub: [MigrationConfig.Scrub], _ schema: DatabaseSchema
  ) -> [MigrationPlan.StoreCount] {
    let named = Set(scrub.map { "\($0.table).\($0.column)".lowercased() })
    let tables = Set(scrub.map { $0.table.lowercased() })
    return found.compactMap { item -> MigrationPlan.StoreCount? in
      guard item.count > 0, !named.contains("\(item.table).\(item.column)".lowercased()) else {
        return nil
      }
      guard let table = schema.table(item.table) else {
        // Materialised views and samples of values follow their tables. Large objects, definitions and
        // tables that keep old rows are reached by no statement of a plan.
        let follows =
          schema.views.contains { $0.name == item.table } || item.table == "pg_catalog.pg_statistic"
        return follows
          ? nil : MigrationPlan.StoreCount(store: "\(item.table).\(item.column)", count: item.count)
      }
      if table.column(item.column)?.isGenerated == true { return nil }
      if table.isShadow, let owner = schema.owner(ofShadow: table),
        ["fts3", "fts4", "fts5"].contains(owner.module)
      {
        if let (_, column) = schema.visible(item.table, item.column) {
          if named.contains("\(owner.name).\(column.name)".lowercased()) { return nil }
        } else if tables.contains(owner.name.lowercased())
          || schema.table(owner.name + "_content") == nil
        {
          // An index for full text, which is made anew.
          return nil
        }
      }
      return MigrationPlan.StoreCount(store: "\(item.table).\(item.column)", count: item.count)
    }
  }
}

extension DatabaseSchema {
  /// The virtual table that a table keeps rows for.
  func owner(ofShadow shadow: Table) -> Table? {
    let name = shadow.name.lowercased()
    return tables.filter { $0.module != nil && name.hasPrefix($0.name.lowercased() + "_") }
      .max { $0.name.count < $1.name.count }
  }

  /// The column a person writes to: for what keeps rows for a virtual table, the virtual table's.
  func visible(_ table: String, _ column: String) -> (Table, Column)? {
    guard let found = self.table(table) else { return nil }
    guard found.isShadow else { return found.column(column).map { (found, $0) } }
    guard found.name.hasSuffix("_content"), let owner = owner(ofShadow: found) else { return nil }
    // A scan of an index for full text tells the column by its own name.
    if let same = owner.column(column) { return (owner, same) }
    guard column.hasPrefix("c"), let index = Int(column.dropFirst().prefix { $0.isNumber }),
      owner.columns.indices.contains(index)
    else { return nil }
    return (owner, owner.columns[index])
  }
}

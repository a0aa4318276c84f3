import Native

/// The mapping in the order of its file, customer by customer. A shop's records mostly come in the same
/// order, and to read on takes a fraction of looking each up.
final class MappingGroups {
  private let statement: SQLiteMigration.PreparedStatement
  private var current: Group?
  /// The first row behind the current group.
  private var ahead: (customer: [UInt8], stripeCustomer: [UInt8], entry: MappingIndex.Entry)?
  private var isAtEnd = false
  private var misses = 0

  /// After so many guesses in a row that were wrong, nothing is read ahead any more.
  private static let missesMax = 1_000

  /// All rows of one legacy customer.
  struct Group {
    var customer: [UInt8]
    var stripeCustomer: [UInt8]
    var entries: [MappingIndex.Entry]
  }

  /// - Returns: `nil` when rows of one customer do not all stand beside each other.
  init?(_ database: MappingIndex.ScratchHolder) throws(SQLiteCode) {
    guard try MappingGroups.isGrouped(database) else { return nil }
    statement = SQLiteMigration.PreparedStatement(
      try database.database.prepare(
        """
        SELECT \(MappingIndex.columns), old_customer, customer FROM mapping
        WHERE id > ? ORDER BY id
        """))
    try goOn(after: -1)
  }

  private static func isGrouped(
    _ database: MappingIndex.ScratchHolder
  ) throws(SQLiteCode) -> Bool {
    let all = try database.database.prepare("SELECT old_customer FROM mapping ORDER BY id")
    var (last, groups) = ([UInt8](), 0)
    while try all.advance() {
      let text = all.currentRow.text(0)
      if groups > 0, text.elementsEqual(last) { continue }
      last = Array(text)
      groups += 1
    }
    let distinct = try database.database.prepare(
      "SELECT count(DISTINCT old_customer) FROM mapping")
    _ = try distinct.advance()
    return Int(distinct.currentRow.integer(0)) == groups
  }

  /// Whether guesses are right now and then.
  var isUseful: Bool { misses < MappingGroups.missesMax }

  /// - Returns: `nil` when the customer is not the one that was expected, which says nothing.
  func group(ofCustomer key: [UInt8]) throws(SQLiteCode) -> Group? {
    guard isUseful else { return nil }
    if let current, current.customer == key { return current }
    try advance()
    guard let current, current.customer == key else {
      misses += 1
      return nil
    }
    misses = 0
    return current
  }

  /// Reads on behind a row that was looked up.
  func goOn(after id: Int) throws(SQLiteCode) {
    guard isUseful else { return }
    statement.statement.reset()
    try statement.statement.bind(1, Int64(id))
    current = nil
    ahead = nil
    isAtEnd = false
  }

  private func advance() throws(SQLiteCode) {
    if ahead == nil { ahead = try read() }
    guard let first = ahead else {
      current = nil
      return
    }
    var entries = [first.entry]
    ahead = try read()
    while let next = ahead, next.customer == first.customer {
      entries.append(next.entry)
      ahead = try read()
    }
    current = Group(
      customer: first.customer, stripeCustomer: first.stripeCustomer, entries: entries)
  }

  private func read() throws(SQLiteCode) -> (
    customer: [UInt8], stripeCustomer: [UInt8], entry: MappingIndex.Entry
  )? {
    if isAtEnd { return nil }
    guard try statement.statement.advance() else {
      isAtEnd = true
      return nil
    }
    let row = statement.statement.currentRow
    return (Array(row.text(8)), Array(row.text(9)), MappingIndex.entry(row))
  }
}

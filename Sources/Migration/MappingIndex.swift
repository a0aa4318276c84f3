import Detection
import Native
import Rules
import Stripe

/// A loaded mapping file, to be asked by the shop's keys.
final class MappingIndex {
  let table: MappingTable
  private let database: ScratchHolder
  private let byCustomer: SQLiteMigration.PreparedStatement
  private let duplicates: SQLiteMigration.PreparedStatement
  private let customerOnly: SQLiteMigration.PreparedStatement
  private let inFileOrder: MappingGroups?
  /// Bit n: a legacy record took the row with id n.
  private var claimed: [UInt64]
  /// Bit n: more than one did.
  private var claimedTwice: [UInt64]
  /// Bit n: a record that took none is told with the row.
  private var mentioned: [UInt64]
  /// Made when it is first asked: most files have every card under its customer.
  private var byCard: SQLiteMigration.PreparedStatement?

  /// The connection with the scratch table.
  final class ScratchHolder {
    let database: Database
    init(_ database: consuming Database) { self.database = database }
  }

  /// One row of the mapping.
  struct Entry {
    var id: Int
    var line: Int
    var oldCard: [UInt8]?
    var paymentMethod: [UInt8]?
    var brand: String?
    var last4: String?
    var month: Int?
    var year: Int?

    var isBankAccount: Bool { paymentMethod?.starts(with: "ba_".utf8) ?? false }
  }

  /// Loads the file into a scratch database.
  static func load(
    _ config: MigrationConfig.Mapping, _ detector: Detector, _ month: MappingOptions.Month
  ) throws -> MappingIndex {
    let options = MappingOptions(
      ids: StripeIds(detector.rules.stripeIDs), month: month,
      customerColumn: config.customerColumn, cardColumn: config.cardColumn,
      allowsLongNumericIds: config.longNumericKeys ?? false)
    let database = ScratchHolder(try Database.makeScratch())
    let table = try MappingFile.load(config.file, options, into: database.database)
    return try MappingIndex(table, database)
  }

  init(_ table: MappingTable, _ database: ScratchHolder) throws(SQLiteCode) {
    self.table = table
    self.database = database
    let columns = MappingIndex.columns
    byCustomer = SQLiteMigration.PreparedStatement(
      try database.database.prepare(
        "SELECT \(columns) FROM mapping WHERE old_customer = ? ORDER BY id"))
    duplicates = SQLiteMigration.PreparedStatement(
      try database.database.prepare(
        """
        SELECT 1 FROM mapping WHERE old_customer = ?1 AND id <> ?2
          AND fingerprint = (SELECT fingerprint FROM mapping WHERE id = ?2) LIMIT 1
        """))
    customerOnly = SQLiteMigration.PreparedStatement(
      try database.database.prepare(
        "SELECT customer, line FROM mapping WHERE old_customer = ? LIMIT 1"))
    // One transaction for all lookups; each by itself would begin and end one.
    try database.database.execute("BEGIN")
    inFileOrder = try MappingGroups(database)
    let last = try database.database.prepare("SELECT coalesce(max(id), 0) FROM mapping")
    _ = try last.advance()
    let words = Int(last.currentRow.integer(0)) / 64 + 1
    claimed = Array(repeating: 0, count: words)
    claimedTwice = claimed
    mentioned = claimed
  }

  /// All rows of a legacy customer.
  func entries(ofCustomer key: [UInt8]) throws(SQLiteCode) -> [Entry] {
    if let group = try inFileOrder?.group(ofCustomer: key) { return group.entries }
    let found = try lookUp(key)
    if let last = found.last { try inFileOrder?.goOn(after: last.id) }
    return found
  }

  private func lookUp(_ key: [UInt8]) throws(SQLiteCode) -> [Entry] {
    let statement = byCustomer
    defer { statement.statement.reset() }
    try statement.statement.bind(1, text: key)
    var entries: [Entry] = []
    while try statement.statement.advance() {
      entries.append(MappingIndex.entry(statement.statement.currentRow))
    }
    return entries
  }

  /// The row of a legacy card, whoever has it.
  func entry(ofCard key: [UInt8]) throws(SQLiteCode) -> Entry? {
    if byCard == nil {
      try database.database.execute("CREATE INDEX mapping_by_card ON mapping(old_card)")
      byCard = SQLiteMigration.PreparedStatement(
        try database.database.prepare(
          "SELECT \(MappingIndex.columns) FROM mapping WHERE old_card = ? ORDER BY id LIMIT 1"))
    }
    guard let byCard else { return nil }
    defer { byCard.statement.reset() }
    try byCard.statement.bind(1, text: key)
    return try byCard.statement.advance() ? MappingIndex.entry(byCard.statement.currentRow) : nil
  }

  /// Whether another row of the customer has the same fingerprint: the same card, held twice.
  func isDuplicate(_ entry: Entry, ofCustomer key: [UInt8]) throws(SQLiteCode) -> Bool {
    let statement = duplicates
    defer { statement.statement.reset() }
    try statement.statement.bind(1, text: key)
    try statement.statement.bind(2, Int64(entry.id))
    return try statement.statement.advance()
  }

  /// The Stripe customer of a legacy one, with its line.
  func customer(ofCustomer key: [UInt8]) throws(SQLiteCode) -> (id: [UInt8], line: Int)? {
    if let group = try inFileOrder?.group(ofCustomer: key), let first = group.entries.first {
      return (group.stripeCustomer, first.line)
    }
    if inFileOrder?.isUseful == true, let last = try lookUp(key).last {
      try inFileOrder?.goOn(after: last.id)
    }
    let statement = customerOnly
    defer { statement.statement.reset() }
    try statement.statement.bind(1, text: key)
    guard try statement.statement.advance() else { return nil }
    let row = statement.statement.currentRow
    return (Array(row.text(0)), Int(row.integer(1)))
  }

  static let columns = "id, line, old_card, payment_method, brand, last4, exp_month, exp_year"

  static func entry(_ row: Row) -> Entry {
    func text(_ index: Int) -> String? {
      row.storage(index) == .null ? nil : String(decoding: row.text(index), as: UTF8.self)
    }
    func bytes(_ index: Int) -> [UInt8]? {
      row.storage(index) == .null ? nil : Array(row.text(index))
    }
    func integer(_ index: Int) -> Int? {
      row.storage(index) == .null ? nil : Int(row.integer(index))
    }
    return Entry(
      id: Int(row.integer(0)), line: Int(row.integer(1)), oldCard: bytes(2),
      paymentMethod: bytes(3), brand: text(4), last4: text(5), month: integer(6),
      year: integer(7))
  }

  /// Whether some customers in the file may have no card.
  var hasCustomersWithoutCard: Bool { table.warningCounts[.customerWithoutCard] != nil }

  /// Whether some cards in the file have no legacy id and must be told by their looks.
  func hasCardsWithoutKey() throws(SQLiteCode) -> Bool {
    let statement = try database.database.prepare(
      "SELECT 1 FROM mapping WHERE old_card IS NULL AND payment_method IS NOT NULL LIMIT 1")
    return try statement.advance()
  }

  /// The longest id of each kind, in bytes.
  func idLengths() throws(SQLiteCode) -> (customer: Int, paymentMethod: Int) {
    let statement = try database.database.prepare(
      """
      SELECT coalesce(max(length(customer)), 0), coalesce(max(length(payment_method)), 0)
      FROM mapping
      """)
    _ = try statement.advance()
    let row = statement.currentRow
    return (Int(row.integer(0)), Int(row.integer(1)))
  }

  func forEachWarning(_ body: (MappingWarning) throws -> Void) throws {
    try table.forEachWarning(in: database.database, body)
  }

  // MARK: - Claims

  func claim(_ entry: Entry) {
    let (word, bit) = (entry.id / 64, UInt64(1) << UInt64(entry.id % 64))
    claimedTwice[word] |= claimed[word] & bit
    claimed[word] |= bit
  }

  /// Keeps a row from being told as one that belongs to no record.
  func mention(_ entry: Entry) { mentioned[entry.id / 64] |= 1 << UInt64(entry.id % 64) }

  func isClaimedTwice(_ entry: Entry) -> Bool {
    claimedTwice[entry.id / 64] & (1 << UInt64(entry.id % 64)) != 0
  }

  func forgetClaims() {
    for index in claimed.indices {
      claimed[index] = 0
      claimedTwice[index] = 0
      mentioned[index] = 0
    }
  }

  /// Rows that no record claimed, in the order of the file.
  func forEachUnclaimed(
    _ body: (_ line: Int, _ oldCustomer: [UInt8], _ oldCard: [UInt8]?) throws(MigrationError) ->
      Void
  ) throws {
    let statement = try database.database.prepare(
      "SELECT id, line, old_customer, old_card FROM mapping ORDER BY id")
    while try statement.advance() {
      let row = statement.currentRow
      let id = Int(row.integer(0))
      guard (claimed[id / 64] | mentioned[id / 64]) & (1 << UInt64(id % 64)) == 0 else { continue }
      try body(
        Int(row.integer(1)), Array(row.text(2)),
        row.storage(3) == .null ? nil : Array(row.text(3)))
    }
  }
}

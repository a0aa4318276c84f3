import Native

/// Finds, in a scratch table, rows that contradict an earlier one; asked only when there are some, for
/// it sorts the table.
struct MappingPairs: Sendable {
  /// What must not come with two values.
  private let key: String
  /// The first row with a key, and each later row, by these columns.
  private let condition: String
  private let field: MappingFormat.Field
  private let what: @Sendable (_ isSame: Bool, _ otherLine: Int) -> MappingError.Problem.What?
  /// What is compared with that of the first row.
  private let value: String

  static let all = [
    MappingPairs(
      key: "old_customer", condition: "1", field: .oldCustomer,
      what: { $0 ? nil : .twoTargets(otherLine: $1) }, value: "customer"),
    MappingPairs(
      key: "customer", condition: "1", field: .customer,
      what: { $0 ? nil : .twoSources(otherLine: $1) }, value: "old_customer"),
    MappingPairs(
      key: "old_customer, old_card", condition: "old_card IS NOT NULL", field: .oldCard,
      what: { $0 ? .differs(otherLine: $1) : .twoTargets(otherLine: $1) },
      value: "payment_method"),
    MappingPairs(
      key: "payment_method", condition: "payment_method IS NOT NULL", field: .paymentMethod,
      // With the same source it was told as two rows of one source.
      what: { $0 ? nil : .twoSources(otherLine: $1) },
      value: "old_customer || char(0) || ifnull(old_card, '')"),
    MappingPairs(
      key: "payment_method", condition: "old_card IS NULL AND payment_method IS NOT NULL",
      field: .paymentMethod, what: { $0 ? .differs(otherLine: $1) : nil }, value: "old_customer"),
  ]

  /// Removes rows that say what an earlier one says.
  /// - Returns: how many.
  static func mergeRepeated(_ database: borrowing Database) throws(SQLiteCode) -> Int {
    let before = try count(database)
    try database.execute(
      """
      DELETE FROM mapping WHERE id IN (SELECT id FROM (
        SELECT id, row_number() OVER (PARTITION BY old_customer, old_card, customer, payment_method,
          brand, last4, exp_month, exp_year, fingerprint ORDER BY id) AS place FROM mapping)
        WHERE place > 1)
      """)
    return before - (try count(database))
  }

  /// A row that contradicts an earlier one.
  struct Contradiction {
    var what: MappingError.Problem.What
    var field: MappingFormat.Field
    var line: Int
  }

  /// - Returns: the first contradictions, in the order of the file, and how many there are.
  func find(
    _ database: borrowing Database
  ) throws(SQLiteCode) -> (first: [Contradiction], count: Int) {
    var found: [Contradiction] = []
    var count = 0
    let statement = try database.prepare(
      """
      SELECT line, first_line, value = first_value FROM (
        SELECT id, line, \(value) AS value, first_value(line) OVER keys AS first_line,
          first_value(\(value)) OVER keys AS first_value, row_number() OVER keys AS place
        FROM mapping WHERE \(condition) WINDOW keys AS (PARTITION BY \(key) ORDER BY id))
      WHERE place > 1 ORDER BY id
      """)
    while true {
      let code = statement.step()
      if code == .done { return (found, count) }
      guard code == .row else { throw code }
      let row = statement.currentRow
      guard let what = what(row.integer(2) == 1, Int(row.integer(1))) else { continue }
      count += 1
      if found.count < MappingError.problemsMax {
        found.append(Contradiction(what: what, field: field, line: Int(row.integer(0))))
      }
    }
  }

  private static func count(_ database: borrowing Database) throws(SQLiteCode) -> Int {
    let statement = try database.prepare("SELECT count(*) FROM mapping")
    let code = statement.step()
    guard code == .row else { throw code }
    return Int(statement.currentRow.integer(0))
  }
}

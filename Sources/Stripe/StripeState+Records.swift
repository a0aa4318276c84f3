import Core
import Native

extension StripeState {
  /// What became of a customer.
  package enum CustomerState: String {
    case unread
    /// The customer itself was read, its cards not yet.
    case found
    case checked
    case deleted
    /// Not in this account and mode.
    case missing
    /// Could not be read; asked again when the run is gone on with.
    case failed
  }

  /// What was read longer ago says little about today; a check of a million customers takes 14 hours.
  static let readSecondsMax = 12 * 3600

  /// Seconds since 1970, for a column of times.
  private static let now = "CAST(strftime('%s', 'now') AS INTEGER)"

  /// Takes the records in, unless the same ones are there already and a check of them was begun.
  /// - Parameters:
  ///   - source: reads the records and returns a digest of them.
  ///   - startsAnew: forgets what was learnt about the same records before.
  /// - Returns: whether an earlier run is gone on with.
  package func load(
    startsAnew: Bool, _ source: ((LinkedRecord) throws -> Void) throws -> String
  ) throws -> Bool {
    try run("BEGIN IMMEDIATE")
    do {
      try run("CREATE TEMP TABLE IF NOT EXISTS fresh AS SELECT * FROM record WHERE 0")
      try run("DELETE FROM temp.fresh")
      let insert = try database.prepare("INSERT INTO temp.fresh VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
      let digest = try source { record in
        insert.reset()
        try insert.bind(1, Int64(record.number))
        try insert.bind(2, text: Array(record.customer.utf8))
        let texts = [record.paymentMethod, record.brand, record.last4]
        for (index, text) in texts.enumerated() {
          if let text { try insert.bind(3 + index, text: Array(text.utf8)) }
        }
        if let month = record.expiryMonth { try insert.bind(6, Int64(month)) }
        if let year = record.expiryYear { try insert.bind(7, Int64(year)) }
        try insert.bind(8, Int64(record.isDefault ? 1 : 0))
        let code = insert.step()
        guard code == .done else { throw failure(code) }
      }
      insert.reset()
      let isSame = try meta("records") == digest
      let isComplete = try meta("check") == "complete"
      let goesOn = isSame && !isComplete && !startsAnew
      if !goesOn {
        try run("DELETE FROM record")
        try run("INSERT INTO record SELECT * FROM temp.fresh")
        try run("DELETE FROM customer")
        try run("DELETE FROM problem")
        try run("DELETE FROM partial")
        try run("INSERT INTO customer(id) SELECT DISTINCT customer FROM record")
        for name in ["check", "listing", "cursor", "pin"] { try set(name, nil) }
        try set("records", digest)
      } else {
        try run(
          """
          UPDATE customer SET state = CASE WHEN EXISTS
            (SELECT 1 FROM partial WHERE customer = id AND number = -1)
            THEN 'found' ELSE 'unread' END WHERE state = 'failed'
          """)
        try forget(
          customers: "state <> 'unread' AND coalesce(read, 0) < \(StripeState.now) - ?",
          [.number(StripeState.readSecondsMax)])
        // As in a new file, a list is worth its reads.
        if try customerCount(.unread) == customerCount() {
          for name in ["listing", "cursor", "pin"] { try set(name, nil) }
        }
      }
      try run("DELETE FROM temp.fresh")
      try run("COMMIT")
      return goesOn
    } catch {
      rollBack()
      throw error
    }
  }

  /// Forgets what was read of customers, so that it is read again.
  private func forget(customers condition: String, _ values: [Value]) throws(StripeError) {
    let ids = "SELECT id FROM customer WHERE \(condition)"
    try run("DELETE FROM partial WHERE customer IN (\(ids))", values)
    try run(
      """
      DELETE FROM problem WHERE record IN (SELECT number FROM record WHERE customer IN (\(ids)))
      """, values)
    try run(
      """
      UPDATE customer SET state = 'unread', default_method = NULL, default_source = NULL,
        reason = NULL, request = NULL, read = NULL WHERE \(condition)
      """, values)
  }

  /// Forgets what an act on a customer, or on a payment method that records name, makes untrue.
  func forget(customer: String?, method: String?) throws(StripeError) {
    try forget(
      customers: """
        state <> 'unread' AND id IN
          (SELECT ?1 UNION SELECT customer FROM record WHERE payment_method = ?2)
        """, [.text(customer), .text(method)])
  }

  /// When the first was read of what is known of customers, in seconds since 1970.
  package func oldestRead() throws(StripeError) -> Int? {
    let oldest = try count("SELECT coalesce(min(read), 0) FROM customer")
    return oldest > 0 ? oldest : nil
  }

  /// The records of one customer, in their order.
  package func records(of customer: String) throws(StripeError) -> [LinkedRecord] {
    var records: [LinkedRecord] = []
    try run(
      """
      SELECT number, customer, payment_method, brand, last4, exp_month, exp_year, is_default
      FROM record WHERE customer = ? ORDER BY number
      """, [.text(customer)]
    ) { records.append(StripeState.record($0)) }
    return records
  }

  /// The records that name a payment method.
  package func records(ofMethod method: String) throws(StripeError) -> [LinkedRecord] {
    var records: [LinkedRecord] = []
    try run(
      """
      SELECT number, customer, payment_method, brand, last4, exp_month, exp_year, is_default
      FROM record WHERE payment_method = ? ORDER BY number
      """, [.text(method)]
    ) { records.append(StripeState.record($0)) }
    return records
  }

  /// The payment methods that records of a customer and of another one name.
  func sharedMethods(of customer: String) throws(StripeError) -> Set<String> {
    var methods: Set<String> = []
    try run(
      """
      SELECT own.payment_method FROM record AS own JOIN record AS other
        ON other.payment_method = own.payment_method AND other.customer <> own.customer
      WHERE own.customer = ?
      """, [.text(customer)]
    ) { row in if let method = row[0].text { methods.insert(method) } }
    return methods
  }

  private static func record(_ row: [Value]) -> LinkedRecord {
    LinkedRecord(
      number: row[0].number ?? 0, customer: row[1].text ?? "", paymentMethod: row[2].text,
      brand: row[3].text, last4: row[4].text, expiryMonth: row[5].number,
      expiryYear: row[6].number, isDefault: row[7].number == 1)
  }

  /// Calls `body` with every record and what is wrong with it, in the order of the records.
  package func forEachRecord(
    _ body: (LinkedRecord, CustomerState, [CardProblem], _ reason: String?) throws -> Void
  ) throws {
    var failure: (any Error)?
    try run(
      """
      SELECT number, customer, payment_method, brand, last4, exp_month, exp_year, is_default,
        customer.state, customer.reason,
        (SELECT group_concat(what) FROM (SELECT DISTINCT what FROM problem WHERE record = number))
      FROM record JOIN customer ON customer.id = record.customer ORDER BY number
      """
    ) { row throws(StripeError) in
      guard failure == nil else { return }
      let problems = (row[10].text ?? "").split(separator: ",").compactMap {
        CardProblem(rawValue: String($0))
      }
      let state = CustomerState(rawValue: row[8].text ?? "") ?? .unread
      do {
        try body(StripeState.record(row), state, problems, row[9].text)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  /// The first customer in a state behind another one, by id.
  func nextCustomer(
    in states: [CustomerState], after id: String
  ) throws(StripeError) -> (
    id: String, isFound: Bool, defaultMethod: String?, defaultSource: String?
  )? {
    var found: (String, Bool, String?, String?)?
    let list = states.map { "'\($0.rawValue)'" }.joined(separator: ",")
    try run(
      """
      SELECT id, state, default_method, default_source FROM customer
      WHERE id > ? AND state IN (\(list)) ORDER BY id LIMIT 1
      """, [.text(id)]
    ) { found = ($0[0].text ?? "", $0[1].text == "found", $0[2].text, $0[3].text) }
    return found
  }

  /// How many customers are in a state.
  package func customerCount(_ states: CustomerState...) throws(StripeError) -> Int {
    let list = states.map { "'\($0.rawValue)'" }.joined(separator: ",")
    return try count("SELECT count(*) FROM customer WHERE state IN (\(list))")
  }

  package func customerCount() throws(StripeError) -> Int {
    try count("SELECT count(*) FROM customer")
  }

  package func recordCount() throws(StripeError) -> Int {
    try count("SELECT count(*) FROM record")
  }

  func settle(
    _ customer: String, _ state: CustomerState, problems: [(record: Int, what: CardProblem)] = [],
    reason: String? = nil, request: String? = nil
  ) throws(StripeError) {
    try transaction { () throws(StripeError) in
      if state == .failed {
        // What is known already is not asked for again.
        try run(
          """
          INSERT OR IGNORE INTO partial SELECT id, -1, NULL FROM customer
          WHERE id = ? AND state = 'found'
          """, [.text(customer)])
      } else {
        try run("DELETE FROM partial WHERE customer = ?", [.text(customer)])
      }
      try run(
        """
        UPDATE customer SET state = ?, reason = ?, request = ?,
          read = coalesce(read, \(StripeState.now)) WHERE id = ?
        """,
        [.text(state.rawValue), .text(reason), .text(request), .text(customer)])
      for problem in problems {
        try run(
          "INSERT INTO problem VALUES (?, ?)",
          [.number(problem.record), .text(problem.what.rawValue)])
      }
    }
  }

  // MARK: Customers that are half read

  /// Keeps the defaults of a customer, so that only its cards are left to read.
  func keep(
    _ customer: String, defaultMethod: String?, defaultSource: String?
  ) throws(StripeError) {
    try run(
      """
      UPDATE customer SET state = 'found', default_method = ?, default_source = ?,
        read = \(StripeState.now) WHERE id = ? AND state = 'unread'
      """,
      [
        .text(defaultMethod.map(NumberGuard.masked)), .text(defaultSource.map(NumberGuard.masked)),
        .text(customer),
      ])
  }

  /// Keeps an answer about a customer's cards that others follow; `nil`: there is no such thing.
  func keep(_ customer: String, answer: [UInt8]?) throws(StripeError) {
    try run(
      """
      INSERT INTO partial SELECT ?1, coalesce(max(number), -1) + 1, ?2 FROM partial
      WHERE customer = ?1
      """,
      [
        .text(customer),
        .text(answer.map { NumberGuard.masked(String(decoding: $0, as: UTF8.self)) }),
      ])
  }

  func forgetAnswers(about customer: String) throws(StripeError) {
    try run("DELETE FROM partial WHERE customer = ? AND number >= 0", [.text(customer)])
  }

  /// The answers that were kept, in their order.
  func answers(about customer: String) throws(StripeError) -> [[UInt8]?] {
    var answers: [[UInt8]?] = []
    try run(
      "SELECT body FROM partial WHERE customer = ? AND number >= 0 ORDER BY number",
      [.text(customer)]
    ) { answers.append($0[0].text.map { Array($0.utf8) }) }
    return answers
  }
}

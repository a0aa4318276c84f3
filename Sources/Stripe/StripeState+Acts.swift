import Native

extension StripeState {
  /// What is known of an act.
  package struct ActRecord: Sendable {
    package var number: Int
    package var operation: String
    package var subject: String
    package var key: String
    /// Which act on the subject it is; every try of the same act has the same.
    package var generation: Int
    /// When the key was first used, in seconds since 1970.
    package var begun: Int
    package var state: ActState
    package var request: String?
    package var reason: String?
    package var result: String?
    package var expires: Int?
  }

  /// How far an act came.
  package enum ActState: String, Sendable {
    /// Written before the request was sent; nobody knows more.
    case begun
    case done
    case refused
    /// Stripe did not take the request; nothing was done.
    case rejected
    /// An answer that does not tell, which Stripe keeps and repeats for the same key.
    case failed
    /// No answer, or none that tells; the same key finds out.
    case unknown
  }

  /// Writes an act down before it is done.
  /// - Returns: its number.
  func begin(
    _ operation: String, _ subject: String, key: String, generation: Int, now: Int
  ) throws(StripeError) -> Int {
    var number = 0
    try run(
      """
      INSERT INTO act(time, operation, subject, key, generation, state)
      VALUES (strftime('%Y-%m-%dT%H:%M:%SZ', ?, 'unixepoch'), ?, ?, ?, ?, 'begun')
      RETURNING number
      """, [.number(now), .text(operation), .text(subject), .text(key), .number(generation)]
    ) { number = $0[0].number ?? 0 }
    return number
  }

  /// Takes back an act that was not sent.
  func withdraw(_ number: Int) throws(StripeError) {
    try run("DELETE FROM act WHERE number = ?", [.number(number)])
  }

  func finish(
    _ number: Int, _ state: ActState, request: String?, reason: String?, result: String? = nil,
    expires: Int? = nil
  ) throws(StripeError) {
    try run(
      "UPDATE act SET state = ?, request = ?, reason = ?, result = ?, expires = ? WHERE number = ?",
      [
        .text(state.rawValue), .text(request), .text(reason), .text(result), .number(expires),
        .number(number),
      ])
  }

  /// The last act of its kind on something.
  func lastAct(_ operation: String, _ subject: String) throws(StripeError) -> ActRecord? {
    var acts: [ActRecord] = []
    try forEachAct(
      "operation = ? AND subject = ? ORDER BY number DESC LIMIT 1",
      [
        .text(operation), .text(subject),
      ]
    ) { acts.append($0) }
    return acts.first
  }

  /// Calls `body` with every act, in their order.
  package func forEachAct(_ body: (ActRecord) -> Void) throws(StripeError) {
    try forEachAct("1 ORDER BY number", [], body)
  }

  private func forEachAct(
    _ condition: String, _ values: [Value], _ body: (ActRecord) -> Void
  ) throws(StripeError) {
    try run(
      """
      SELECT number, operation, subject, key, generation, state, request, reason, result, expires,
        (SELECT min(CAST(strftime('%s', time) AS INTEGER)) FROM act AS same
          WHERE same.operation = act.operation AND same.subject = act.subject
            AND same.key = act.key)
      FROM act WHERE \(condition)
      """, values
    ) { row in
      body(
        ActRecord(
          number: row[0].number ?? 0, operation: row[1].text ?? "", subject: row[2].text ?? "",
          key: row[3].text ?? "", generation: row[4].number ?? 0, begun: row[10].number ?? 0,
          state: ActState(rawValue: row[5].text ?? "") ?? .begun, request: row[6].text,
          reason: row[7].text, result: row[8].text, expires: row[9].number))
    }
  }
}

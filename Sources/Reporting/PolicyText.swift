import Core

/// The part of a report for people that says whether only what a policy allows is stored.
struct PolicyText {
  private let policy: PolicyResult
  private let layout: TextLayout
  /// Columns told one by one in each store; the rest is counted.
  private static let columnsMax = 40
  private static let problemsMax = 20

  init(_ policy: PolicyResult, _ layout: TextLayout) {
    self.policy = policy
    self.layout = layout
  }

  var lines: [String] {
    [
      layout.styled("TARGET STATE", .bold)
        + " (policy: \(TextLayout.shown(policy.policy)))"
    ] + policy.stores.flatMap(lines) + [""]
  }

  private func lines(_ store: PolicyResult.Store) -> [String] {
    let name = TextLayout.shown(store.path ?? store.target)
    var lines = layout.wrapped("\(name): \(PolicyText.word(store.verdict))", indent: 2)
    for problem in store.problems.prefix(PolicyText.problemsMax) {
      lines += layout.wrapped(PolicyText.sentence(problem), indent: 4)
    }
    let hidden = store.problems.count - PolicyText.problemsMax
    if hidden > 0 { lines.append("    and \(Wording.decimal(hidden)) more") }
    // The worst first, each in the order of the store; some that pass have something to tell as well.
    let troubled =
      store.columns.filter { $0.verdict == .forbidden }
      + store.columns.filter { $0.verdict == .unproven }
      + store.columns.filter { $0.verdict.passes && !$0.problems.isEmpty }
    for column in troubled.prefix(PolicyText.columnsMax) {
      let place = TextLayout.shown("\(column.table).\(column.column)")
      let style: TextLayout.Style = column.verdict == .forbidden ? .red : .yellow
      let word =
        column.verdict == .forbidden
        ? "forbidden" : column.verdict == .unproven ? "not proven" : "passes"
      lines.append("    " + layout.styled(TextLayout.padded(word, to: 10), style) + " " + place)
      for problem in column.problems {
        lines += layout.wrapped(PolicyText.sentence(problem), indent: 15)
      }
    }
    if troubled.count > PolicyText.columnsMax {
      let count = troubled.count - PolicyText.columnsMax
      lines.append("    and \(Wording.count(count, "more column")); --format json lists them all")
    }
    return lines + passing(store)
  }

  private func passing(_ store: PolicyResult.Store) -> [String] {
    let counts = [
      (PolicyResult.ColumnVerdict.allowed, "hold only what is allowed"),
      (.clean, "hold no card data"), (.accepted, "accepted by the policy"),
    ].compactMap { verdict, words -> String? in
      let count = store.columns.count { $0.verdict == verdict }
      return count == 0 ? nil : "\(Wording.decimal(count)) \(words)"
    }
    guard !counts.isEmpty else { return [] }
    return layout.wrapped("columns that pass: " + counts.joined(separator: ", "), indent: 4)
  }

  /// For example `FAILED`.
  static func word(_ verdict: PolicyResult.Verdict) -> String {
    switch verdict {
    case .passed: "passed"
    case .unproven: "NOT PROVEN"
    case .failed: "FAILED"
    }
  }

  /// What a problem says, the count first: behind a column's name it could be read as its value.
  static func sentence(_ problem: PolicyResult.Problem) -> String {
    let subject = problem.subject ?? ""
    let count = Wording.decimal(problem.count)
    let what: String =
      switch problem.kind {
      case .finding:
        Finding.Kind(rawValue: subject).map { Wording.count(problem.count, $0) + " found" }
          ?? "\(count) found"
      case .forbiddenClass: "\(count) of class \(subject), which the policy does not allow"
      case .doubtfulNumbers:
        problem.count == 1
          ? "1 shaped like a card number that passes the check digit: nobody can tell what it is"
          : "\(count) shaped like card numbers that pass the check digit: "
            + "nobody can tell what they are"
      case .doubtfulPieces:
        "may be a card number with the digits of the other columns (\(TextLayout.shown(subject))): "
          + "the rows are too few or too mixed to tell"
      case .unreadableClass:
        "\(count) of class \(subject): nobody can tell what "
          + (problem.count == 1 ? "it holds" : "they hold")
      case .notRead:
        Wording.count(problem.count, "place") + " not read"
          + (subject.isEmpty ? "" : " (\(Wording.reason(Coverage.Reason(rawValue: subject))))")
      case .noPolicy: "not held against a policy"
      case .rowsNotRead:
        problem.count > 0
          ? Wording.count(problem.count, "row") + " not read" : "not all rows were read"
      case .malformedIDs:
        problem.count == 1
          ? "1 begins like a Stripe id and goes on like none"
          : "\(count) begin like Stripe ids and go on like none"
      case .mixedModes: "ids of test mode (\(count)) beside ids of live mode"
      case .duplicateIDs:
        subject.isEmpty
          ? Wording.count(problem.count, "id stands", "ids stand") + " more than once"
          : "about \(count) ids stand more than once (\(TextLayout.shown(subject)) compared)"
      case .idsNotCompared:
        "only \(TextLayout.shown(subject)) ids compared: none of them stands more than once, "
          + "others may"
      case .orphanedIDs: Wording.count(problem.count, "payment method") + " without a customer"
      default: "\(count) \(problem.kind.rawValue)"
      }
    guard !problem.examples.isEmpty else { return what }
    let examples = problem.examples.map { TextLayout.shown($0) }.joined(separator: ", ")
    return "\(what): \(examples)"
      + (problem.count > problem.examples.count && problem.examples.count > 1 ? ", …" : "")
  }

  /// The line that sums it up.
  static func headline(_ policy: PolicyResult) -> String {
    let parts = parts(policy)
    return "\(parts.head.uppercased())\(parts.rest)"
  }

  /// The same inside a text, for example `Target state reached: only what the policy allows is stored`.
  static func headlineInText(_ policy: PolicyResult) -> String {
    let parts = parts(policy)
    return "\(parts.head)\(parts.rest)"
  }

  /// Three words or four for a heading.
  static func title(_ policy: PolicyResult) -> String { parts(policy).head }

  private static func parts(_ policy: PolicyResult) -> (head: String, rest: String) {
    func count(_ verdict: PolicyResult.ColumnVerdict) -> Int {
      policy.stores.reduce(0) { sum, store in
        sum + store.columns.count { $0.verdict == verdict }
      }
    }
    let failed = policy.stores.count { $0.verdict == .failed }
    let stores = "\(failed) of \(Wording.count(policy.stores.count, "store"))"
    switch policy.verdict {
    case .passed: return ("Target state reached", ": only what the policy allows is stored")
    case .unproven:
      let columns = Wording.count(count(.unproven), "column")
      let isUnread = policy.stores.contains { $0.problems.contains { $0.kind == .notRead } }
      return (
        "Target state NOT proven",
        ": \(columns)" + (isUnread ? " and what is listed as not read" : "")
      )
    case .failed:
      return (
        "Target state NOT reached",
        " in \(stores): \(Wording.count(count(.forbidden), "column")) forbidden, "
          + "\(count(.unproven)) not proven"
      )
    }
  }
}

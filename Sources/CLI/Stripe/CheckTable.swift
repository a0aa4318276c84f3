import Core
import Reporting
import Stripe

/// The result of `unpan stripe check`.
struct CheckTable {
  /// `nil` for sums alone.
  private let output: Output?
  private let format: String
  private let problem: (LinkedRecord, [CardProblem]) -> Void

  /// - Parameter problem: gets each record of which Stripe says something else.
  init(
    output: Output?, format: String,
    problem: @escaping (LinkedRecord, [CardProblem]) -> Void = { _, _ in }
  ) {
    self.output = output
    self.format = format
    self.problem = problem
  }

  /// Sums of a check.
  struct Sums {
    var records = 0
    var withProblems = 0
    var unexamined = 0
    var byProblem: [CardProblem: Int] = [:]
    /// Nothing of the records is in this account and mode: more likely the wrong ones than all gone.
    var isUnproven = false

    var exitCode: ExitCode {
      if withProblems > 0 { return .findings }
      return unexamined > 0 ? .incomplete : .clean
    }
  }

  private struct Line: Encodable {
    var type = "stripe-record"
    var record: Int
    var customer: String
    var paymentMethod: String?
    var brand: String?
    var last4: String?
    var examined: Bool
    var reason: String?
    var problems: [String]
  }

  private struct Summary: Encodable {
    var type = "stripe-summary"
    var records: Int
    var withProblems: Int
    var notExamined: Int
    var problems: [String: Int]
  }

  func write(_ state: StripeState) throws -> Sums {
    var sums = Sums()
    let missing = try state.customerCount(.missing)
    let present = try state.customerCount(.checked) + state.customerCount(.deleted)
    sums.isUnproven = missing > 0 && present == 0
    if format == "csv" {
      try output?.write("record,customer,payment_method,brand,last4,examined,problems,reason\n")
    }
    try state.forEachRecord { record, customer, problems, reason in
      sums.records += 1
      let isExamined =
        switch customer {
        case .checked, .deleted: true
        case .missing: !sums.isUnproven
        case .unread, .found, .failed: false
        }
      if !isExamined { sums.unexamined += 1 }
      let told = isExamined ? problems : []
      for problem in told { sums.byProblem[problem, default: 0] += 1 }
      let hasProblem = told.contains { !$0.isNotice }
      if hasProblem {
        sums.withProblems += 1
        problem(record, told)
      }
      try line(record, isExamined, told, reason)
    }
    try end(sums)
    return sums
  }

  private func line(
    _ record: LinkedRecord, _ isExamined: Bool, _ problems: [CardProblem], _ reason: String?
  ) throws(RunError) {
    guard output != nil else { return }
    let brand = record.brand.map { Diagnostics.shown($0) }
    switch format {
    case "jsonl":
      let line = Line(
        record: record.number, customer: record.customer, paymentMethod: record.paymentMethod,
        brand: brand, last4: record.last4, examined: isExamined, reason: reason,
        problems: problems.map(\.rawValue))
      try output?.write(ActTable.encode(line) + "\n")
    case "csv":
      let fields = [
        String(record.number), record.customer, record.paymentMethod ?? "", brand ?? "",
        record.last4 ?? "", isExamined ? "yes" : "no",
        problems.map(\.rawValue).joined(separator: " "), reason.map { Diagnostics.shown($0) } ?? "",
      ]
      try output?.write(fields.map(ActTable.csv).joined(separator: ",") + "\n")
    default:
      guard !isExamined || problems.contains(where: { !$0.isNotice }) else { return }
      let card = [brand, record.last4].compactMap { $0 }.joined(separator: " ")
      let what =
        isExamined
        ? problems.map(\.rawValue).joined(separator: ", ")
        : "not examined" + (reason.map { " (\(Diagnostics.shown($0)))" } ?? "")
      let parts = [
        "record \(record.number)", record.customer, record.paymentMethod ?? "-", card, what,
      ]
      try output?.write(parts.filter { !$0.isEmpty }.joined(separator: "  ") + "\n")
    }
  }

  private func end(_ sums: Sums) throws(RunError) {
    if format == "jsonl" {
      let summary = Summary(
        records: sums.records, withProblems: sums.withProblems, notExamined: sums.unexamined,
        problems: Dictionary(
          uniqueKeysWithValues: sums.byProblem.map { ($0.key.rawValue, $0.value) }))
      try output?.write(ActTable.encode(summary) + "\n")
    }
    guard format == "text" else { return }
    let good = sums.records - sums.withProblems - sums.unexamined
    try output?.write(
      "\(sums.records) records: \(good) as Stripe says, \(sums.withProblems) with problems, "
        + "\(sums.unexamined) not examined\n")
    for problem in CardProblem.allCases {
      guard let count = sums.byProblem[problem] else { continue }
      try output?.write("  \(count) \(problem.rawValue): \(Diagnostics.words(problem))\n")
    }
    if sums.isUnproven {
      try output?.write(
        "Not one customer is in this account and mode. Is it the right key? A 404 proves no "
          + "deletion.\n")
    }
  }
}

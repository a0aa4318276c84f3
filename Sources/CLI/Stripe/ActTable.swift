import Core
import FoundationEssentials
import Reporting
import Stripe

/// Outcomes of acts as text, JSON lines or CSV, and their sum.
final class ActTable {
  private let output: Output
  private let format: String
  private var counts: [String: Int] = [:]
  private var isTrouble = false
  private var isPlan = false
  private var isIncomplete = false
  /// Acts that may have been done and that no further run finds out about.
  private(set) var lostCount = 0
  /// The request of the first of them.
  private(set) var firstLost: String?

  init(_ output: Output, format: String) {
    self.output = output
    self.format = format
  }

  /// 1 when somebody has to look at something, 2 when something could not be found out.
  var exitCode: Int32 {
    (isTrouble ? ExitCode.findings : isIncomplete ? .incomplete : .clean).rawValue
  }

  func begin() throws(RunError) {
    if format == "csv" {
      try output.write(
        "operation,customer,payment_method,outcome,reason,request,url,expires,message,step\n")
    }
  }

  func add(_ outcome: ActOutcome) throws(RunError) {
    let reason = outcome.reason.map { " (\(Diagnostics.shown($0)))" } ?? ""
    let words = Diagnostics.words(outcome) + reason
    counts[words, default: 0] += 1
    if outcome.what == .planned { isPlan = true }
    if outcome.isLost {
      lostCount += 1
      firstLost = firstLost ?? outcome.requestID ?? ""
    }
    if outcome.what == .unknown || outcome.what == .failed {
      isIncomplete = true
    } else if outcome.what.isTrouble {
      isTrouble = true
    }
    switch format {
    case "jsonl": try output.write(ActTable.json(outcome) + "\n")
    case "csv":
      let fields = [
        outcome.operation, outcome.customer ?? "", outcome.method ?? "", outcome.what.rawValue,
        outcome.reason ?? "", outcome.requestID ?? "", outcome.link ?? "",
        outcome.expires.map(String.init) ?? "", outcome.message.map { Diagnostics.shown($0) } ?? "",
        outcome.step ?? "",
      ]
      try output.write(fields.map(ActTable.csv).joined(separator: ",") + "\n")
    default:
      let parts = [outcome.customer, outcome.method, outcome.step, words]
      let request = outcome.requestID.map { "  \(Diagnostics.shown($0))" } ?? ""
      let link = outcome.link.map { "  \(Escaping.visible($0))" } ?? ""
      let message = outcome.message.map { "  \(Diagnostics.shown($0))" } ?? ""
      let line = parts.compactMap { $0 }.joined(separator: "  ")
      try output.write(line + (outcome.what.isTrouble ? request : "") + link + message + "\n")
    }
  }

  func end(applies: Bool) throws(RunError) {
    guard format == "text" else { return }
    let sum = counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)" }
    try output.write((sum.isEmpty ? "nothing to do" : sum.joined(separator: ", ")) + "\n")
    if !applies, isPlan {
      try output.write("nothing was changed\n")
    }
  }

  /// One field of CSV; what a spreadsheet would take for a formula gets an apostrophe.
  static func csv(_ text: String) -> String {
    let isFormula = text.first.map { "=+-@\t\r".contains($0) } == true
    let safe = (isFormula ? "'" : "") + text
    guard safe.contains(where: { ",\"\n\r".contains($0) }) else { return safe }
    return "\"" + safe.replacing("\"", with: "\"\"") + "\""
  }

  private struct Line: Encodable {
    var type = "stripe-act"
    var operation: String
    var customer: String?
    var paymentMethod: String?
    var outcome: String
    var reason: String?
    var request: String?
    var url: String?
    var expires: Int?
    var message: String?
    var step: String?
  }

  private static func json(_ outcome: ActOutcome) -> String {
    encode(
      Line(
        operation: outcome.operation, customer: outcome.customer, paymentMethod: outcome.method,
        outcome: outcome.what.rawValue, reason: outcome.reason, request: outcome.requestID,
        url: outcome.link, expires: outcome.expires,
        message: outcome.message.map { Diagnostics.shown($0) }, step: outcome.step))
  }

  /// One object in one line, its keys in order.
  static func encode(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return String(decoding: try encoder.encode(value), as: UTF8.self)
    } catch {
      preconditionFailure("texts and numbers can always be encoded")
    }
  }
}

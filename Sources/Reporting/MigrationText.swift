import Core

/// How a migration adds up, in one sentence.
enum MigrationText {
  /// For example `reconciled: 40 legacy records = 38 linked + 2 excepted`.
  static func sentence(_ report: MigrationReport) -> String {
    var text =
      "\(report.isReconciled ? "reconciled" : "NOT reconciled"): "
      + "\(Wording.count(report.legacyRecords, "legacy record")) = "
      + "\(Wording.decimal(report.linked)) linked + \(Wording.decimal(report.excepted)) excepted"
    if let count = report.withoutCard {
      text += " + \(Wording.count(count, "customer")) without a card"
    }
    if report.unaccounted > 0 { text += " + \(Wording.decimal(report.unaccounted)) neither" }
    let dirty = report.stores.count { ($0.after ?? 1) > 0 }
    if dirty > 0 {
      text += "; \(Wording.count(dirty, "store")) with card data or not scanned again"
    }
    return text
  }

  /// What else people want to know: what is open, and what Stripe says.
  static func lines(_ report: MigrationReport, _ layout: TextLayout) -> [String] {
    var lines = layout.wrapped(sentence(report), indent: 2)
    for open in report.open.prefix(recordsMax) {
      let parts = [open.record, open.state, open.reason].map { TextLayout.shown($0) }
      lines += layout.wrapped("open: " + parts.joined(separator: "  "), indent: 2)
    }
    let hidden = report.openCount - min(report.open.count, recordsMax)
    if hidden > 0 { lines.append("  and \(Wording.decimal(hidden)) more open") }
    guard let stripe = report.stripe else { return lines }
    lines += layout.wrapped(
      "Stripe (account \(TextLayout.shown(stripe.account)), \(TextLayout.shown(stripe.mode)) mode): "
        + sum(stripe), indent: 2)
    for problem in stripe.problems {
      lines += layout.wrapped(
        "\(Wording.decimal(problem.count)) \(TextLayout.shown(problem.name))", indent: 4)
    }
    for record in stripe.listed.prefix(recordsMax) {
      let parts = [
        record.customer, record.paymentMethod ?? "-", record.problems.joined(separator: ", "),
      ]
      lines += layout.wrapped(
        parts.map { TextLayout.shown($0) }.joined(separator: "  "), indent: 4)
    }
    return lines
  }

  private static let recordsMax = 20

  /// Whether the records add up, and Stripe, where it was asked, says the same.
  static func isGood(_ report: MigrationReport) -> Bool {
    report.isReconciled && report.stripe?.isClean != false
  }

  /// For example `8 records: 5 as Stripe says, 1 with problems, 2 not examined`.
  static func sum(_ stripe: MigrationReport.StripeCheck) -> String {
    let good = stripe.records - stripe.withProblems - stripe.notExamined
    return "\(Wording.count(stripe.records, "record")): \(Wording.decimal(good)) as Stripe says, "
      + "\(Wording.decimal(stripe.withProblems)) with problems, "
      + "\(Wording.decimal(stripe.notExamined)) not examined"
  }
}

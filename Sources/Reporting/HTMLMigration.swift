import Core

/// The section that tells how a migration adds up.
extension HTMLParts {
  func writeMigration(to html: inout HTMLText) {
    guard let report = summary.migration else { return }
    html.section("migration", "Migration: does it add up") { html in
      html.raw(report.isReconciled ? "<div class=\"note good\">" : "<div class=\"note warn\">")
      html.element(
        "p", "",
        report.isReconciled
          ? "Reconciled: every legacy record is linked or excepted"
            + (report.withoutCard == nil ? "" : " or a customer without a card")
            + ", and no store has card data left."
          : "NOT reconciled: see what is open below.")
      html.raw("</div>\n")
      html.element("dl", " class=\"facts\"") { html in
        html.fact("Plan") { $0.foreign(report.plan) }
        html.fact("Legacy records", Wording.decimal(report.legacyRecords))
        html.fact("Linked", Wording.decimal(report.linked))
        html.fact("Excepted by decision", Wording.decimal(report.excepted))
        if let count = report.withoutCard {
          html.fact("Customers without a card", Wording.decimal(count))
        }
        html.fact("Neither", Wording.decimal(report.unaccounted))
        for state in report.states {
          html.fact("Match: \(HTMLText.shown(state.name))", Wording.decimal(state.count))
        }
        if let policy = summary.policy {
          html.fact("Target state", PolicyText.headline(policy))
        }
        if let stripe = report.stripe {
          html.fact("Stripe account") { $0.foreign(stripe.account) }
          html.fact("Stripe mode") { $0.foreign(stripe.mode) }
          html.fact("Stripe says", MigrationText.sum(stripe))
        } else {
          html.fact("Stripe says", "not asked")
        }
      }
      writeMigratedStores(&html, report)
      if let stripe = report.stripe { writeStripe(&html, stripe) }
      guard !report.open.isEmpty else { return }
      html.table("Open exceptions", heads: ["Record", "State", "Why", "Owner"]) { html in
        for open in report.open {
          html.element("tr") { html in
            html.foreignHead(open.record)
            html.foreignCell(open.state)
            html.foreignCell(open.reason)
            html.element("td") { html in if let owner = open.owner { html.foreign(owner) } }
          }
          html.raw("\n")
        }
      }
      html.more(report.openCount - report.open.count, "open exceptions", in: "coverage.json")
    }
  }

  private func writeStripe(_ html: inout HTMLText, _ stripe: MigrationReport.StripeCheck) {
    if !stripe.problems.isEmpty {
      html.table("What Stripe says", heads: ["Problem", .number("Records")]) { html in
        for problem in stripe.problems {
          html.element("tr") { html in
            html.foreignHead(problem.name)
            html.numberCell(problem.count)
          }
          html.raw("\n")
        }
      }
    }
    guard !stripe.listed.isEmpty else { return }
    html.table(
      "Records that Stripe knows otherwise", heads: ["Customer", "Payment method", "Problems"]
    ) { html in
      for record in stripe.listed {
        html.element("tr") { html in
          html.foreignHead(record.customer)
          html.foreignCell(record.paymentMethod ?? "")
          html.foreignCell(record.problems.joined(separator: ", "))
        }
        html.raw("\n")
      }
    }
    html.more(stripe.withProblems - stripe.listed.count, "records", in: "`unpan stripe check`")
  }

  private func writeMigratedStores(_ html: inout HTMLText, _ report: MigrationReport) {
    guard !report.stores.isEmpty else { return }
    html.table(
      "Card data before and after",
      heads: ["Store", .number("Findings before"), .number("Findings after"), "State"]
    ) { html in
      for store in report.stores {
        html.element("tr") { html in
          html.foreignHead(store.name)
          html.numberCell(store.before)
          if let after = store.after { html.numberCell(after) } else { html.cell("") }
          html.cell(store.after.map { $0 == 0 ? "clean" : "NOT clean" } ?? "not scanned since")
        }
        html.raw("\n")
      }
    }
  }
}

import Core

/// The first thing a reader sees: what came out, in words. Green only when nothing was found and
/// everything was read.
struct HTMLVerdict {
  private let summary: Summary
  private let totals: ClassCounts

  init(_ summary: Summary, _ totals: ClassCounts) {
    self.summary = summary
    self.totals = totals
  }

  private var isInterrupted: Bool {
    summary.exitCode == Int(ExitCode.interrupted.rawValue)
      || summary.exitCode == Int(ExitCode.terminated.rawValue)
  }

  private var isComplete: Bool { summary.complete && !isInterrupted }

  var headline: String {
    let incomplete =
      isInterrupted ? "the scan was STOPPED EARLY" : "the scan is NOT complete"
    let found: String? =
      if totals[.authentication] > 0 {
        "Sensitive authentication data found"
      } else if totals.cardData > 0 {
        "Card data found"
      } else if totals[.secret] > 0 {
        "Secrets found, no card data"
      } else if totals[.integration] > 0 {
        "Integration mistakes found"
      } else if totals[.test] > 0 {
        "Only published test numbers found"
      } else {
        nil
      }
    guard let found else {
      // Stopped early, a policy says nothing: it saw a part.
      if !isReconciled { return "Nothing found, but the migration does NOT add up" }
      if let policy = summary.policy, !isInterrupted { return PolicyText.title(policy) }
      if isComplete, !isAccepted { return "Nothing found, but the run did NOT pass" }
      return isComplete ? "Nothing found, scan complete" : "Nothing found, but \(incomplete)"
    }
    return isComplete ? found : "\(found), and \(incomplete)"
  }

  /// One or two words beside the colour.
  private var mark: String {
    if needsAction { return "Action needed" }
    if !isProven { return "No proof" }
    return totals[.test] > 0 || !isAccepted ? "Check" : "Clean as far as examined"
  }

  private var needsAction: Bool {
    totals.cardData + totals[.secret] + totals[.integration] > 0
      || summary.policy?.verdict == .failed || !isReconciled
  }

  /// Whether a migration's records add up, where there was one.
  private var isReconciled: Bool { summary.migration.map(MigrationText.isGood) ?? true }

  /// Whether the run itself said so: whatever this page knows of, a run that failed is never green.
  private var isAccepted: Bool { summary.exitCode == Int(ExitCode.clean.rawValue) }

  /// Whether nothing speaks against the result.
  private var isProven: Bool {
    isComplete && summary.policy.map { $0.verdict == .passed } ?? true
  }

  private var style: StaticString {
    if needsAction { return "<div class=\"verdict bad\">" }
    return isProven && isAccepted && totals[.test] == 0
      ? "<div class=\"verdict good\">" : "<div class=\"verdict warn\">"
  }

  func write(to html: inout HTMLText, contents: String) {
    html.raw(style)
    html.raw("\n")
    html.element("p", " class=\"mark\"", mark)
    html.element("h1", "", headline)
    html.raw("<ul>\n")
    if !contents.isEmpty { html.element("li", "", "Found: \(contents).") }
    html.element("li", "", completeness)
    if let policy = summary.policy {
      html.element("li", "", "\(PolicyText.headlineInText(policy)).")
    }
    if let report = summary.inventory {
      let text = InventoryText(report: report)
      html.element("li", "", "Inventory: \(text.stores); \(text.verdict).")
    }
    if let report = summary.change {
      html.element("li", "", "Since the last run: \(ChangeText(report: report).counts).")
    }
    if let report = summary.migration {
      html.element(
        "li", "", report.isReconciled ? "Migration: reconciled." : "Migration: NOT reconciled.")
    }
    if summary.belowThreshold > 0 {
      let are = summary.belowThreshold == 1 ? "candidate is" : "candidates are"
      html.element(
        "li", "",
        "\(Wording.decimal(summary.belowThreshold)) doubtful \(are) below the reporting threshold: "
          + "counted, not listed.")
    }
    if summary.suppressed > 0 {
      html.element(
        "li", "",
        "\(Wording.count(summary.suppressed, "finding")) suppressed: somebody judged them, for the "
          + "reason that stands beside each; they do not fail the run.")
    }
    if summary.testNumbersIgnored > 0 {
      html.element(
        "li", "",
        "\(Wording.count(summary.testNumbersIgnored, "published test number")) left out on request."
      )
    }
    html.raw("</ul>\n</div>\n")
  }

  private var completeness: String {
    let examined = Wording.examined(summary.examined)
    if isInterrupted {
      return
        "The scan was stopped by a signal after \(examined). What is not listed as examined was "
        + "not read."
    }
    guard !summary.complete else { return "Everything in the targets was read: \(examined)." }
    let places =
      summary.notExaminedCount == 1
      ? "1 place was not examined"
      : "\(Wording.decimal(summary.notExaminedCount)) places were not examined"
    let proof = totals.total == 0 ? ", so this is no proof that nothing is there" : ""
    return "Read: \(examined). \(places)\(proof); see Coverage."
  }
}

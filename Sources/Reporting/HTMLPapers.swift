import Core

/// The parts of the page that frame the result: self-assessment, method, limits, sign-off, proof.
struct HTMLPapers {
  let summary: Summary
  let totals: ClassCounts
  let stores: [StoreTally]
  let options: ReportOptions

  func write(to html: inout HTMLText) {
    writeSelfAssessment(&html)
    writeMethod(&html)
    writeLimits(&html)
    writeSignOff(&html)
    writeVerification(&html)
  }

  private func writeSelfAssessment(_ html: inout HTMLText) {
    html.section("self-assessment", "Self-assessment: indications") { html in
      html.raw("<ul class=\"measure\">\n")
      for sentence in indications { html.element("li", "", sentence) }
      html.element(
        "li", "",
        "Which questionnaire applies is decided by the acquirer or the brands, and by more than this "
          + "scan can see. Talk to them or to an assessor (QSA).")
      html.raw("</ul>\n")
      let deciding = stores.filter { $0.counts.cardData > 0 }
      if !deciding.isEmpty {
        let names = deciding.prefix(5).map(\.store.name).joined(separator: "; ")
        let more = deciding.count > 5 ? "; and \(Wording.decimal(deciding.count - 5)) more" : ""
        html.element("p", " class=\"measure\"", "Deciding findings: \(names)\(more).")
      }
    }
  }

  private var indications: [String] {
    var sentences: [String] = []
    if totals[.authentication] > 0 {
      sentences.append(
        "Sensitive authentication data that is kept after authorisation speaks against requirement "
          + "3.3.1 whatever the questionnaire is.")
    }
    if totals.cardData > 0 {
      sentences.append(
        "Stored account data speaks against every questionnaire but D (A, A-EP, B, B-IP, C, C-VT, "
          + "P2PE and SPoC all ask that none is stored electronically), until it is gone and its "
          + "cause is closed.")
    }
    if totals[.secret] > 0 {
      sentences.append("Keys in files speak against requirement 8.6.2; roll them.")
    }
    if totals[.integration] > 0 {
      sentences.append(
        "Code that handles card numbers itself points to questionnaire D; fields that Stripe hosts "
          + "(Checkout, Elements) point to A.")
    }
    if totals[.test] > 0 {
      sentences.append(
        "Published test numbers are no account data; in production they touch requirement 6.5.6.")
    }
    guard totals.total == 0 else { return sentences }
    return [
      summary.complete
        ? "Nothing in the targets of this scan speaks for stored account data. What the coverage does "
          + "not list was not looked at."
        : "This scan gives no indication, because it is not complete."
    ]
  }

  private func writeMethod(_ html: inout HTMLText) {
    html.section("method", "Method") { html in
      html.element("ol", " class=\"measure\"") { html in
        for sentence in HTMLPapers.steps { html.element("li", "", sentence) }
      }
      writeSelftest(&html)
      guard !options.rules.isEmpty else { return }
      html.table(
        "Rules", heads: ["Rule", "Looks for", "Severity", "PCI DSS"], isSortable: false
      ) { html in
        for rule in options.rules {
          html.element("tr") { html in
            html.foreignHead(rule.id)
            html.element("td") { html in
              html.element("strong") { $0.foreign(rule.title) }
              html.text(". " + TextLayout.shown(rule.what))
            }
            html.element("td") { $0.foreign(rule.severity) }
            html.cell(rule.requirements.map { HTMLText.shown($0) }.joined(separator: ", "))
          }
          html.raw("\n")
        }
      }
    }
  }

  /// That the method works, format by format.
  private func writeSelftest(_ html: inout HTMLText) {
    guard let report = options.selftest else {
      html.element(
        "p", " class=\"measure soft\"",
        "No self-test goes with this report. `unpan selftest` makes one; --report DIR includes it.")
      return
    }
    let notTested = report.notTested
    html.raw(
      !report.isPassed
        ? "<div class=\"note bad\">"
        : notTested.isEmpty ? "<div class=\"note good\">" : "<div class=\"note warn\">")
    html.element("p") { html in
      html.element("strong", "", report.isPassed ? "Self-test passed. " : "Self-test FAILED. ")
      html.text(
        "\(Wording.decimal(report.found)) of \(Wording.decimal(report.planted)) planted values "
          + "found, \(Wording.decimal(report.falseFindings)) false findings among "
          + "\(Wording.count(report.lookAlikes, "look-alike")). Run \(TextLayout.shown(report.date)), next "
          + "due \(TextLayout.shown(report.nextDue)). ")
      let gaps = report.knownGaps.reduce(0) { $0 + $1.planted }
      if gaps > 0 {
        html.text(
          "\(Wording.decimal(gaps)) more were planted in forms that this version is known not to "
            + "find; they are no part of the verdict. ")
      }
      if !notTested.isEmpty {
        let formats = notTested.map {
          "\(TextLayout.shown($0.format)) (\(TextLayout.shown($0.notTested ?? "")))"
        }
        html.text(
          "NOT tested, because the package in brackets is missing: "
            + formats.joined(separator: ", ") + ".")
      }
    }
    html.raw("</div>\n")
    html.table(
      "Self-test: what was planted and found, by format",
      heads: [
        "Format", "Encodings", .number("Planted"), .number("Found"), .number("Missed"),
        .number("Known gaps"), .number("Look-alikes"), .number("False"),
      ], isSortable: false
    ) { html in
      for row in HTMLPapers.formats(report) {
        html.element("tr") { html in
          html.foreignHead(row[0].format)
          var encodings: [String] = []
          for cell in row where !encodings.contains(cell.encoding) {
            encodings.append(cell.encoding)
          }
          html.cell(encodings.map(TextLayout.shown).joined(separator: ", "))
          if let package = row[0].notTested {
            let words = "not tested: \(TextLayout.shown(package)) is missing"
            html.element("td", " colspan=\"6\"", words)
            return
          }
          let promised = row.filter { !$0.isKnownGap }
          html.numberCell(promised.reduce(0) { $0 + $1.planted })
          html.numberCell(promised.reduce(0) { $0 + $1.found })
          html.numberCell(promised.reduce(0) { $0 + $1.missed })
          html.numberCell(row.filter(\.isKnownGap).reduce(0) { $0 + $1.planted })
          html.numberCell(row.reduce(0) { $0 + $1.lookAlikes })
          html.numberCell(row.reduce(0) { $0 + $1.falseFindings })
        }
        html.raw("\n")
      }
    }
  }

  private static func formats(_ report: SelftestReport) -> [[SelftestReport.Cell]] {
    var rows: [[SelftestReport.Cell]] = []
    for cell in report.cells {
      if let index = rows.firstIndex(where: { $0[0].format == cell.format }) {
        rows[index].append(cell)
      } else {
        rows.append([cell])
      }
    }
    return rows
  }

  private static let steps = [
    "Every byte of every file and every value of every table is read, hidden and ignored files "
      + "included; databases are also read as raw pages, for what deleted rows left.",
    "Runs of 12 to 19 digits in the shapes cards are written in are taken as candidates. Issuer range, "
      + "length and check digit (Luhn) must fit.",
    "Each candidate gets 0 to 100 points: labels, column names, words near by in many languages, expiry "
      + "dates and brands raise it; labels and shapes of other numbers lower it. High confidence is 80 "
      + "and more, medium 50 and more.",
    "Numbers of one column or label are judged together by how many look like cards at all.",
    "Verification codes have no check digit; only labelled values and columns named for them count.",
    "A low score is counted and never erased. What could not be read is listed under Coverage.",
  ]

  private func writeLimits(_ html: inout HTMLText) {
    html.section("limits", "Limits") { html in
      html.element("ul", " class=\"measure\"") { html in
        for sentence in HTMLPapers.limits { html.element("li", "", sentence) }
      }
    }
  }

  private static let limits = [
    "The report speaks for the targets at the time of the scan, and for nothing else: not for memory, "
      + "swap, other hosts or backups that were not scanned.",
    "Pictures, encrypted data, and containers that are not named in the coverage are not understood.",
    "A number without a label whose shape other ids share cannot be told from them; it scores low. A "
      + "finding may be false, and judging it is part of the work.",
    "Masked values only: brand and last four digits, six and four at most on request. Codes, tracks and "
      + "keys are never shown. The places themselves deserve protection all the same.",
    "This report supports an assessment. It is no statement of compliance and no legal advice.",
  ]

  private func writeSignOff(_ html: inout HTMLText) {
    html.section("sign-off", "Sign-off") { html in
      html.table(
        "Who answers for this report",
        heads: ["Role", "Name and role", "Organisation", "Date", "Signature"], isSortable: false
      ) { html in
        for role in ["Scan run by", "Findings judged by", "Scope confirmed by"] {
          html.element("tr") { html in
            html.element("th", " scope=\"row\"", role)
            for _ in 0..<4 { html.blankCell() }
          }
          html.raw("\n")
        }
      }
      html.element("dl", " class=\"facts\"") { html in
        html.fact("Machine and account of the scan") { $0.raw("<div class=\"fill\"></div>") }
        html.fact("SHA-256 of MANIFEST.sha256") { $0.raw("<div class=\"fill\"></div>") }
        html.fact("Next scan due") { $0.raw("<div class=\"fill\"></div>") }
      }
      html.element(
        "p", " class=\"measure soft\"",
        "Scope is confirmed every 12 months and after significant changes (12.5.2), by service "
          + "providers every 6 months (12.5.2.1).")
    }
  }

  private func writeVerification(_ html: inout HTMLText) {
    html.section("verify", "How to verify this report") { html in
      html.element(
        "p", " class=\"measure\"",
        "A report made with --report lies in a directory with everything it was made from and a "
          + "manifest of SHA-256 sums. In that directory:")
      html.element(
        "pre", " tabindex=\"0\"",
        "sha256sum -c MANIFEST.sha256    # every file is as it was written\n"
          + "unpan report --check .          # the same, the audit log's chain, and the counts\n"
          + "sha256sum MANIFEST.sha256       # the sum for the sign-off, for no page holds its own")
      html.element(
        "p", " class=\"measure\"",
        "Sums tell an accident, not an intent: whoever can change the files can change the sums. Sign "
          + "the manifest, or note its sum above on paper.")
    }
  }
}

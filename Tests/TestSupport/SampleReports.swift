import Core

/// Results as an engine would tell them, for tests of what is made from them.
package struct SampleReport: Sendable {
  package var name: String
  package var findings: [Finding] = []
  package var coverage: [Coverage] = []
  package var summary = Summary()
  package var run: RunInfo

  package init(name: String, targets: [String]) {
    self.name = name
    run = RunInfo(
      version: "0.0.0", rules: "built-in", started: "2026-01-02T03:04:05Z", threads: 2,
      targets: targets)
  }

  /// Tells a writer everything in the engine's order.
  package func write(to writer: any ReportWriter) throws {
    try writer.begin(run)
    var rest = findings[...]
    for coverage in coverage {
      while let finding = rest.first, finding.location.target == coverage.target {
        try writer.finding(finding)
        rest.removeFirst()
      }
      try writer.coverage(coverage)
    }
    for finding in rest { try writer.finding(finding) }
    var run = run
    run.finished = "2026-01-02T03:04:06Z"
    try writer.end(summary, run)
  }

  /// Works the counts of the summary out from findings and coverage.
  package mutating func sum(exitCode: ExitCode) {
    for finding in findings {
      summary.findings[finding.kind.rawValue, default: 0] += 1
      summary.bySeverity[finding.severity.rawValue, default: 0] += 1
      summary.byConfidence[finding.confidence.rawValue, default: 0] += 1
      summary.testNumbers += finding.testNumber ? 1 : 0
      summary.suppressed += finding.suppression == nil ? 0 : 1
    }
    for target in coverage {
      summary.examined += target.examined
      summary.excludedCount += target.excludedCount
      summary.notExaminedCount += target.notExaminedCount
      summary.complete = summary.complete && target.isComplete
    }
    summary.exitCode = Int(exitCode.rawValue)
  }

  /// A catalogue for reports that explain their findings; it lacks `secret` on purpose.
  package static let rules = [
    RuleText(
      id: "pan", title: "Card number", severity: "high", requirements: ["3.5.1"],
      what: "Digits in the shape of a card number.", why: "Whoever reads it can use it.",
      fix: "Replace it by a token."),
    RuleText(
      id: "cvv", title: "Verification code", severity: "critical", requirements: ["3.3.1.2"],
      what: "A labelled verification code.", why: "It may not be kept.", fix: "Delete it."),
  ]

  package static var all: [SampleReport] { [empty, incomplete, small, full, migrated] }

  /// Nothing found, everything read.
  package static var empty: SampleReport {
    var report = SampleReport(name: "empty", targets: ["logs"])
    var coverage = Coverage(target: "logs")
    coverage.examined.files = 3
    coverage.examined.bytes = 1_234_567
    report.coverage = [coverage]
    report.sum(exitCode: .clean)
    return report
  }

  /// Nothing found, something not read.
  package static var incomplete: SampleReport {
    var report = SampleReport(name: "incomplete", targets: ["logs", "shop.db"])
    var logs = Coverage(target: "logs")
    logs.examined.files = 1
    logs.examined.bytes = 812
    logs.excluded = [.init(place: "logs/current", reason: .symbolicLink)]
    logs.excludedCount = 1
    logs.notExamined = [
      .init(place: "logs/payments.log", reason: .permissionDenied, bytes: 4096),
      .init(
        place: "logs/old.log", reason: .truncated,
        detail: "the file became shorter while it was read; scan it again when nothing writes to it"
      ),
    ]
    logs.notExaminedCount = 2
    var database = Coverage(target: "shop.db")
    database.examined.tables = 1
    database.examined.rows = 90
    database.tables = [.init(place: "shop.db", name: "orders", rowsRead: 90, rowsInTable: 100)]
    database.notExamined = [.init(place: "shop.db, table orders", reason: .corrupt)]
    database.notExaminedCount = 1
    report.coverage = [logs, database]
    report.sum(exitCode: .incomplete)
    return report
  }

  /// A bit of everything.
  package static var small: SampleReport {
    var report = SampleReport(name: "small", targets: ["logs", "shop.db"])
    for line in 1...6 {
      report.findings.append(
        pan(
          id: "a\(line)", "visa", "4242", score: 90 - line, test: line > 4,
          reasons: ["luhn", "iin:visa", "label:card"],
          at: Location(
            target: "logs", path: "logs/app.log", line: line * 7, column: 12, byteOffset: line * 900
          )))
    }
    report.findings.append(
      pan(
        id: "b1", "amex", "0005", score: 62, test: true,
        reasons: ["luhn", "iin:amex", "test-number:stripe"],
        at: Location(target: "logs", path: "logs/test.log", line: 1, column: 1, byteOffset: 0)))
    for row in 1...2 {
      report.findings.append(
        Finding(
          id: "c\(row)", rule: "cvv", kind: .cvv, length: 3, masked: "***", confidence: .high,
          score: 95, reasons: ["field:cvv"], requirements: ["3.3.1.2"], severity: .critical,
          location: Location(
            target: "shop.db", path: "shop.db", table: "cards", field: "cvv", row: "id=\(row)")))
    }
    report.findings.append(
      pan(
        id: "d1", "mastercard", "4444", score: 71, encoding: ["base64"],
        reasons: ["luhn", "iin:mastercard", "residue"],
        at: Location(target: "shop.db", path: "shop.db", byteOffset: 8192)))
    var logs = Coverage(target: "logs")
    logs.examined.files = 2
    logs.examined.bytes = 52_000
    logs.excluded = [.init(place: "logs/pipe", reason: .fifo)]
    logs.excludedCount = 1
    logs.classes = [
      .init(
        place: "logs/app.log", label: "order_ref", length: 16, distinct: 104, passLuhn: 11,
        namedIssuer: 6, lowered: 11)
    ]
    var database = Coverage(target: "shop.db")
    database.examined.files = 1
    database.examined.bytes = 16_384
    database.examined.tables = 1
    database.examined.rows = 2
    database.tables = [.init(place: "shop.db", name: "cards", rowsRead: 2, rowsInTable: 2)]
    report.coverage = [logs, database]
    report.sum(exitCode: .findings)
    report.summary.belowThreshold = 11
    return report
  }

  /// With an inventory, an earlier run, columns and a migration.
  package static var full: SampleReport {
    var report = small
    report.name = "full"
    report.addParts(names: ["shop", "logs/app.log", "card", "payments team"])
    return report
  }

  /// What is left after a migration that went well: nothing found, and the target state reached.
  package static var migrated: SampleReport {
    var report = SampleReport(name: "migrated", targets: ["shop.db"])
    var coverage = Coverage(target: "shop.db")
    coverage.examined.files = 1
    coverage.examined.bytes = 16_384
    coverage.examined.tables = 1
    coverage.examined.rows = 2
    coverage.tables = [.init(place: "shop.db", name: "cards", rowsRead: 2, rowsInTable: 2)]
    var method = ColumnProfile(
      target: "shop.db", table: "cards", column: "stripe_payment_method", type: "TEXT")
    method.rows = 2
    method.distinct = 2
    method.classes = [.init(kind: .paymentMethodId, count: 2)]
    method.ids = ColumnProfile.IDCheck()
    coverage.columns = [method]
    report.coverage = [coverage]
    report.sum(exitCode: .clean)
    var policy = PolicyResult(policy: "built-in")
    var store = PolicyResult.Store(target: "shop.db")
    store.columns = [
      .init(
        table: "cards", column: "stripe_payment_method", verdict: .allowed,
        classes: [.paymentMethodId])
    ]
    policy.stores = [store]
    report.summary.policy = policy
    var migration = MigrationReport(plan: "a1b2")
    migration.legacyRecords = 2
    migration.linked = 2
    migration.states = [.init(name: "matched", count: 2)]
    migration.stores = [.init(name: "shop.db, table cards", before: 4, after: 0)]
    report.summary.migration = migration
    return report
  }

  /// Puts names into every part that only some runs have.
  fileprivate mutating func addParts(names: [String]) {
    func name(_ index: Int) -> String { names[index % names.count] }
    var inventory = InventoryReport(file: name(0))
    var store = InventoryReport.StoreResult(
      Inventory.Store(
        id: name(0), places: [name(1)], owner: name(3), purpose: name(2), environment: .production,
        retentionDays: 90, expects: ["pan"], protection: name(3), accessLogging: name(2)))
    store.places = 2
    store.findings = 7
    store.testNumbers = 3
    store.oldest = "2025-06-30"
    inventory.stores = [store, .init(Inventory.Store(id: name(2), places: [name(3)]))]
    inventory.breaches = [
      .init(.notListed, store: nil, place: name(1), count: 4),
      .init(.unexpected, store: name(0), place: name(1), count: 2, content: "cvv"),
      .init(.tooOld, store: name(0), place: name(1), count: 1, modified: "2025-06-30"),
    ]
    inventory.breachCount = 3
    inventory.holdings = [.init(place: "shop.db", store: name(0))]
    inventory.unlisted = [name(1)]
    inventory.unlistedCount = 2
    summary.inventory = inventory
    var change = ChangeReport(since: "2025-12-01T00:00:00Z", wasComplete: false)
    change.new = Array(findings.prefix(1))
    change.gone = Array(findings.suffix(1))
    change.newCount = 1
    change.unchangedCount = 9
    change.goneCount = 3
    summary.change = change
    var migration = MigrationReport(plan: name(0))
    migration.legacyRecords = 10
    migration.linked = 8
    migration.excepted = 1
    migration.states = [.init(name: name(2), count: 8)]
    migration.stores = [
      .init(name: name(1), before: 12, after: 0), .init(name: name(2), before: 3, after: nil),
    ]
    migration.open = [
      .init(record: name(1), state: name(2), reason: name(3), owner: name(0))
    ]
    migration.openCount = 1
    summary.migration = migration
    var number = ColumnProfile(
      target: name(0), path: name(1), table: name(2), column: name(3), type: "TEXT")
    number.rows = 10
    number.distinct = 9
    number.classes = [.init(kind: .pan, count: 9, examples: [name(1)])]
    var id = ColumnProfile(target: name(0), table: name(2), column: name(3), type: "")
    id.rows = 10
    id.distinct = 4_000
    id.isDistinctEstimated = true
    id.classes = [.init(kind: .customerId, count: 10)]
    var opaque = ColumnProfile(
      target: name(0), table: name(3), column: name(1), type: name(0))
    opaque.rows = 10
    opaque.nulls = 1
    opaque.distinct = 9
    opaque.classes = [.init(kind: .opaque, count: 9)]
    opaque.notes = ["hash-shaped", "bin-beside-number:\(name(2))"]
    opaque.cardShaped = 9
    opaque.passLuhn = 1
    if !coverage.isEmpty { coverage[coverage.count - 1].columns = [id, number, opaque] }
    addPolicy(names)
  }

  /// A policy that one column passes, one breaks and one leaves open, and a store that was not read.
  private mutating func addPolicy(_ names: [String]) {
    func name(_ index: Int) -> String { names[index % names.count] }
    var policy = PolicyResult(policy: name(3))
    policy.verdict = .failed
    var store = PolicyResult.Store(target: name(0), path: name(1))
    store.verdict = .failed
    var number = PolicyResult.Column(
      table: name(2), column: name(3), verdict: .forbidden, classes: [.pan])
    number.problems = [
      .init(.finding, subject: "pan", count: 9, examples: [name(1), name(2)])
    ]
    store.columns = [
      number,
      PolicyResult.Column(table: name(2), column: name(1), verdict: .allowed, classes: [.brand]),
    ]
    store.problems = [.init(.mixedModes, count: 2)]
    var other = PolicyResult.Store(target: name(0))
    other.verdict = .unproven
    var opaque = PolicyResult.Column(
      table: name(3), column: name(1), verdict: .unproven, classes: [.opaque])
    opaque.problems = [.init(.unreadableClass, subject: "opaque", count: 9, examples: [name(0)])]
    other.columns = [opaque]
    other.problems = [.init(.notRead, subject: "read-error", examples: [name(2)])]
    policy.stores = [store, other]
    summary.policy = policy
  }

  /// Names that try to break out of every format.
  package static var hostile: SampleReport {
    var report = SampleReport(name: "hostile", targets: hostileNames)
    for (index, name) in hostileNames.enumerated() {
      report.findings.append(
        pan(
          id: "h\(index)", "visa", "1111", score: 80, reasons: ["luhn", "field:\(name)"],
          at: Location(
            target: name, path: name, member: name, line: 1, table: name, field: name,
            row: "id=\(name)")))
      var coverage = Coverage(target: name)
      coverage.notExamined = [.init(place: name, reason: .readError, detail: name)]
      coverage.notExaminedCount = 1
      coverage.excluded = [.init(place: name, reason: .device)]
      coverage.excludedCount = 1
      coverage.tables = [.init(place: name, name: name, rowsRead: 1, rowsInTable: nil)]
      coverage.classes = [
        .init(
          place: name, label: name, length: 16, distinct: 9, passLuhn: 1, namedIssuer: 1, lowered: 1
        )
      ]
      report.coverage.append(coverage)
    }
    report.sum(exitCode: .findings)
    report.addParts(names: hostileNames)
    return report
  }

  package static let hostileNames = [
    "<script>alert(1)</script>", "\"quoted\"'\\\"", "\u{202E}gpj.exe\u{2066}",
    "a\u{0}b\u{7}\u{7F}\u{85}c",
    "\u{1B}[2J\u{1B}]0;title\u{7}", "line\n::error file=x::boom\r\n\ttab",
    "\u{2028}\u{2029}\u{FEFF}\u{E0041}",
    "card-4111111111111111.pdf", "5555 5555 5555 4444", String(repeating: "字", count: 200), "",
  ]

  private static func pan(
    id: String, _ brand: String, _ last4: String, score: Int, test: Bool = false,
    encoding: [String] = [],
    reasons: [String], at location: Location
  ) -> Finding {
    Finding(
      id: id, rule: "pan", kind: .pan, brand: brand, last4: last4,
      length: brand == "amex" ? 15 : 16,
      masked: String(repeating: "*", count: brand == "amex" ? 11 : 12) + last4,
      confidence: Confidence(score: score), score: score, testNumber: test, reasons: reasons,
      encoding: encoding, requirements: ["3.5.1"], severity: test ? .low : .high, location: location
    )
  }
}

extension SampleReport {
  /// Pieces that mean something to some format. A number among them has no digits beside it: glued
  /// to others it would be a longer number, and no card's.
  private static let hostilePieces =
    hostileNames.dropLast(3) + [
      "::error::", "::set-output name=x::y", "##[add-mask]x", "%0A", "%0D%0A::warning::x", "=cmd()",
      "+1", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", " =1", "|", "\\|", "`", "``` ", "<b>",
      "</td>",
      "]]>", "<!--", "-->", "&amp;", "&#x202e;", "[a](javascript:alert(1))", "{0}", "}", "@someone",
      "#1", "https://example.com", "\"", "'", ",", ";", ":", "\\", "\\u0000", "..", "./", "/", "//",
      " ", "é", "字", "👩‍👩‍👧", "\u{FFFE}", "\u{FFFF}", "\u{FFFD}", "\u{0301}", "n4242424242424242x",
      "(3782 822463 10005)", "\u{1}", "\u{9B}31m", "$(x)", "${{ x }}", "&&", "\u{2028}",
    ]

  /// A report whose every name is put together from such pieces.
  package static func random(seed: UInt64, count: Int = 200) -> SampleReport {
    var generator = SplitMix(seed: seed)
    func name() -> String {
      (0..<Int.random(in: 0...4, using: &generator)).map { _ in
        hostilePieces.randomElement(using: &generator)!
      }.joined()
    }
    func optional<T>(_ value: T) -> T? { Bool.random(using: &generator) ? value : nil }
    var report = SampleReport(name: "random, seed \(seed)", targets: [])
    for target in 0..<5 {
      var coverage = Coverage(target: "\(target)\(name())")
      for number in 0..<count / 5 {
        let kind = Finding.Kind.allCases.randomElement(using: &generator)!
        report.findings.append(
          Finding(
            id: "\(target)-\(number)", rule: kind.rawValue, kind: kind, brand: optional("visa"),
            last4: optional("4242"), length: optional(16), masked: optional("************4242"),
            confidence: Confidence.allCases.randomElement(using: &generator)!,
            score: Int.random(in: 0...100, using: &generator),
            testNumber: Bool.random(using: &generator), reasons: ["luhn", "field:\(name())"],
            encoding: optional([name()]) ?? [], requirements: optional(["3.5.1"]) ?? [],
            severity: Severity.allCases.randomElement(using: &generator)!,
            location: Location(
              target: coverage.target, path: optional(name()), member: optional(name()),
              line: optional(7), column: optional(3), byteOffset: optional(99),
              table: optional(name()), field: optional(name()), row: optional(name()))))
      }
      for _ in 0..<Int.random(in: 0...3, using: &generator) {
        coverage.notExamined.append(
          .init(place: name(), reason: .permissionDenied, detail: optional(name())))
        coverage.notExaminedCount += 1
        coverage.excluded.append(.init(place: name(), reason: .fifo))
        coverage.excludedCount += 1
      }
      report.coverage.append(coverage)
    }
    report.sum(exitCode: .findings)
    report.addParts(names: (0..<7).map { _ in name() })
    return report
  }
}

import Audit
import Core
import Inputs
import Rules
import TestSupport
import Testing

/// The verdict of a target-state policy over databases and files.
@Suite struct PolicyJudgeTests {
  /// Scans and judges.
  private func judge(
    _ statements: [String], policy: TargetPolicy = rules.policy, files: [String: String] = [:],
    set: (inout ScanOptions) -> Void = { _ in }
  ) throws -> PolicyResult {
    let scratch = try makeDatabase(statements)
    for (name, text) in files { try scratch.write(name, text) }
    let target = files.isEmpty ? "shop.db" : ""
    let collector = try run([scratch.source(target)], set: set)
    var judge = PolicyJudge(policy, name: "test")
    for finding in collector.findings { judge.add(finding) }
    for coverage in collector.coverages { judge.add(coverage) }
    return judge.verdict(isComplete: collector.summary?.complete ?? false)
  }

  private func column(_ result: PolicyResult, _ name: String) throws -> PolicyResult.Column {
    try #require(result.stores.flatMap(\.columns).first { $0.column == name })
  }

  private static let clean = [
    """
    CREATE TABLE customers(id INTEGER PRIMARY KEY, name TEXT, cus TEXT, pm TEXT, old TEXT,
      brand TEXT, last4 TEXT, exp TEXT, made TEXT)
    """,
    """
    INSERT INTO customers VALUES
      (1, 'ada', 'cus_NffrFeUfNV2Hib', 'pm_1MqLiJLkdIwHu7ixUEgbFdYF', 'card_1MvoiELkdIwHu7ixOeF',
        'visa', '4242', '11/27', '2024-05-01'),
      (2, 'bela', 'cus_NffrFeUfNV2Hic', 'pm_1MqLiJLkdIwHu7ixUEgbFdYG', NULL, 'amex', '0005',
        NULL, '')
    """,
  ]

  @Test func `a store with allowed ids and read text passes`() throws {
    let result = try judge(Self.clean)
    #expect(result.verdict == .passed, "\(result)")
    #expect(try column(result, "pm").verdict == .allowed)
    #expect(try column(result, "old").verdict == .allowed)
    #expect(try column(result, "exp").verdict == .allowed)
    #expect(try column(result, "name").verdict == .clean)
    #expect(result.stores.count == 1 && result.stores[0].columns.count == 9)
  }

  @Test func `each offender is named with what it holds`() throws {
    let result = try judge([
      """
      CREATE TABLE cards(id INTEGER PRIMARY KEY, number TEXT, cvv TEXT, bin TEXT, masked TEXT,
        wide TEXT, pm TEXT)
      """,
      """
      INSERT INTO cards VALUES(1, '4242424242424242', '737', '424242', '424242******4242',
        '42424242****4242', 'pm_1MqLiJLkdIwHu7ixUEgbFdYF')
      """,
    ])
    #expect(result.verdict == .failed)
    let expected: [(String, PolicyResult.Problem.Kind, String)] = [
      ("number", .finding, "pan"), ("cvv", .finding, "cvv"), ("bin", .forbiddenClass, "bin"),
      ("masked", .forbiddenClass, "truncated"), ("wide", .forbiddenClass, "truncated-too-wide"),
    ]
    for (name, kind, subject) in expected {
      let column = try column(result, name)
      #expect(column.verdict == .forbidden, "\(name)")
      #expect(
        column.problems == [
          PolicyResult.Problem(kind, subject: subject, count: 1, examples: ["id=1"])
        ])
    }
    #expect(try column(result, "id").verdict == .clean)
  }

  @Test(arguments: [
    "CREATE TABLE c (pan text);\nINSERT INTO c VALUES ('4242424242424242');",
    #"{"card_number": ["4242", "4242", "4242", "4242"]}"#,
  ])
  func `a finding in a record of a file fails the file`(text: String) throws {
    let item = MemoryItem("a", "a", Array(text.utf8))
    let collected = try run([MemorySource("a", [.item(item)])])
    #expect(collected.findings.count == 1)
    var judge = PolicyJudge(rules.policy, name: "built-in")
    for finding in collected.findings { judge.add(finding) }
    for coverage in collected.coverages { judge.add(coverage) }
    #expect(judge.verdict(isComplete: true).verdict == .failed)
  }

  @Test func `BIN and truncated numbers pass where the policy says so`() throws {
    var policy = rules.policy
    policy.allow += ["bin", "truncated"]
    let statements = [
      "CREATE TABLE t(bin TEXT, masked TEXT)",
      "INSERT INTO t VALUES('424242', '424242******4242')",
    ]
    #expect(try judge(statements).verdict == .failed)
    #expect(try judge(statements, policy: policy).verdict == .passed)
    policy.allow.removeAll { $0 == "last4" }
    #expect(
      try judge(["CREATE TABLE t(last4 TEXT)", "INSERT INTO t VALUES('4242')"], policy: policy)
        .verdict == .failed)
  }

  @Test func `what nobody can read is not proven, unless the policy names it`() throws {
    let statements = [
      "CREATE TABLE users(id INTEGER, secret BLOB)", "INSERT INTO users VALUES(1, x'00ff0102')",
    ]
    let result = try judge(statements)
    #expect(result.verdict == .unproven)
    #expect(try column(result, "secret").verdict == .unproven)
    #expect(try column(result, "secret").problems.map(\.kind) == [.unreadableClass])
    for (table, name) in [("users", "secret"), ("*", "sec*"), ("u*s", "*")] {
      var policy = rules.policy
      policy.accept = [.init(table: table, column: name, reason: "thumbnails")]
      let result = try judge(statements, policy: policy)
      #expect(result.verdict == .passed)
      #expect(try column(result, "secret").verdict == .accepted)
    }
    var other = rules.policy
    other.accept = [.init(table: "users", column: "other", reason: "x")]
    #expect(try judge(statements, policy: other).verdict == .unproven)
  }

  @Test func `a policy cannot accept card data`() throws {
    var policy = rules.policy
    policy.accept = [.init(table: "*", column: "*", reason: "no")]
    let result = try judge(
      ["CREATE TABLE t(n TEXT)", "INSERT INTO t VALUES('4242424242424242')"], policy: policy)
    #expect(result.verdict == .failed)
  }

  @Test func `ids that are none, of both modes, twice or without a customer are told`() throws {
    let statements = [
      "CREATE TABLE m(cus TEXT, pm TEXT, s TEXT)",
      """
      INSERT INTO m VALUES
        ('cus_NffrFeUfNV2Hib', 'pm_1MqLiJLkdIwHu7ixUEgbFdYF', 'cs_live_a1b2c3d4e5f6g7h8i9j0k1'),
        (NULL, 'pm_1MqLiJLkdIwHu7ixUEgbFdYF', 'cs_test_a1b2c3d4e5f6g7h8i9j0k1')
      """,
    ]
    let result = try judge(statements)
    #expect(result.verdict == .failed)
    #expect(result.stores[0].problems.map(\.kind) == [.mixedModes])
    #expect(try column(result, "pm").problems.map(\.kind) == [.orphanedIDs, .duplicateIDs])
    #expect(try column(result, "pm").verdict == .allowed)
    var strict = rules.policy
    strict.failOn = ["duplicate-ids"]
    #expect(try column(judge(statements, policy: strict), "pm").verdict == .forbidden)
    let malformed = try judge(["CREATE TABLE m(cus TEXT)", "INSERT INTO m VALUES('cus_x')"])
    #expect(malformed.verdict == .failed)
    let orphans = try judge([
      "CREATE TABLE m(pm TEXT)", "INSERT INTO m VALUES('pm_1MqLiJLkdIwHu7ixUEgbFdYF')",
    ])
    #expect(orphans.verdict == .passed)
    #expect(orphans.stores[0].problems == [PolicyResult.Problem(.orphanedIDs, count: 1)])
  }

  @Test func `ids that were compared in part are no proof that none stands twice`() throws {
    var profile = ColumnProfile(target: "shop", table: "t", column: "pm", type: "TEXT")
    profile.classes = [ColumnProfile.Share(kind: .paymentMethodId, count: 900_000)]
    var ids = ColumnProfile.IDCheck()
    ids.comparedOneIn = 8
    profile.ids = ids
    func column(_ profile: ColumnProfile, _ policy: TargetPolicy) throws -> PolicyResult.Column {
      var coverage = Coverage(target: "shop")
      coverage.columns = [profile]
      var judge = PolicyJudge(policy, name: "test")
      judge.add(coverage)
      return try #require(judge.verdict(isComplete: true).stores.first?.columns.first)
    }
    #expect(try column(profile, rules.policy).verdict == .allowed)
    #expect(try column(profile, rules.policy).problems.isEmpty)
    var strict = rules.policy
    strict.failOn = ["duplicate-ids"]
    #expect(try column(profile, strict).verdict == .unproven)
    #expect(
      try column(profile, strict).problems
        == [PolicyResult.Problem(.idsNotCompared, subject: "1 in 8")])
    strict.accept = [.init(table: "t", column: "pm", reason: "a unique index")]
    #expect(try column(profile, strict).verdict == .allowed)
    profile.ids?.duplicates = 16
    #expect(try column(profile, strict).verdict == .forbidden)
    #expect(
      try column(profile, strict).problems
        == [PolicyResult.Problem(.duplicateIDs, subject: "1 in 8", count: 16)])
  }

  @Test func `pieces and reversed hashes of numbers fail their columns`() throws {
    var random = SplitMix(seed: 4)
    var statements = ["CREATE TABLE c(front TEXT, back TEXT)"]
    for _ in 0..<12 {
      let number = TestCards.number("4", 16, using: &random)
      statements.append("INSERT INTO c VALUES('\(number.prefix(8))', '\(number.suffix(8))')")
    }
    let result = try judge(statements)
    #expect(try column(result, "front").verdict == .forbidden)
    #expect(try column(result, "back").problems.map(\.subject) == ["pan-piece"])
  }

  @Test func `columns that may be pieces of a number are not proven, unless the policy names them`()
    throws
  {
    let statements = [
      "CREATE TABLE c(pan1 TEXT, pan2 TEXT, pan3 TEXT, pan4 TEXT)",
      "INSERT INTO c VALUES('4242', '4242', '4242', '4243')",
    ]
    let result = try judge(statements)
    #expect(result.verdict == .unproven)
    let problem = PolicyResult.Problem(.doubtfulPieces, subject: "pan1+pan2+pan3+pan4")
    #expect(try column(result, "pan3").problems == [problem])
    var policy = rules.policy
    policy.accept = [TargetPolicy.Accepted(table: "c", column: "pan*", reason: "seats")]
    #expect(try judge(statements, policy: policy).verdict == .passed)
  }

  @Test func `files pass when they were read and nothing was found`() throws {
    let passed = try judge(Self.clean, files: ["app.log": "all quiet\n"])
    #expect(passed.verdict == .passed)
    let failed = try judge(
      Self.clean, files: ["app.log": "card 4242424242424242 and 5555555555554444\n"])
    #expect(failed.verdict == .failed)
    let problem = try #require(failed.stores.flatMap(\.problems).first)
    #expect(problem.kind == .finding && problem.count == 2)
    #expect(problem.examples.first?.hasSuffix("app.log") == true)
    #expect(failed.stores.map(\.verdict) == [.passed, .failed])
  }

  @Test func `numbers that deleted rows leave behind fail the store`() throws {
    let result = try judge([
      "PRAGMA secure_delete = OFF", "CREATE TABLE t(id INTEGER PRIMARY KEY, n TEXT)",
      "INSERT INTO t VALUES(1, 'card 4242424242424242'), (2, 'x')", "DELETE FROM t WHERE id = 1",
    ])
    #expect(result.verdict == .failed)
    #expect(result.stores[0].problems.first?.examples == ["raw pages"])
  }

  @Test func `a number in a definition is told by the name of what it defines`() throws {
    let result = try judge([
      "CREATE TABLE t(id INTEGER PRIMARY KEY, n TEXT)", "INSERT INTO t VALUES(1, 'x')",
      "CREATE VIEW v AS SELECT '4242424242424242' AS card_number",
    ])
    #expect(result.verdict == .failed)
    let examples = result.stores[0].problems.flatMap(\.examples)
    #expect(examples.count == 1 && examples[0].contains("v"), "\(examples)")
    #expect(!examples.contains("raw pages"))
  }

  @Test func `what was not read or was left out is no proof`() throws {
    var coverage = Coverage(target: "shop")
    coverage.notExamined = [Coverage.Entry(place: "shop/a.zip", reason: .encrypted)]
    coverage.notExaminedCount = 1
    var judge = PolicyJudge(rules.policy, name: "test")
    judge.add(coverage)
    #expect(judge.verdict(isComplete: false).verdict == .unproven)
    #expect(judge.verdict(isComplete: false).stores[0].problems.map(\.kind) == [.notRead])
    coverage = Coverage(target: "shop")
    coverage.excluded = [Coverage.Entry(place: "shop/b", reason: .excludedByPattern)]
    judge = PolicyJudge(rules.policy, name: "test")
    judge.add(coverage)
    #expect(judge.verdict(isComplete: true).verdict == .unproven)
    coverage.excluded = [Coverage.Entry(place: "shop/b", reason: .symbolicLink)]
    judge = PolicyJudge(rules.policy, name: "test")
    judge.add(coverage)
    #expect(judge.verdict(isComplete: true).verdict == .passed)
  }

  @Test func `a table that was not read to its end leaves its columns unproven`() throws {
    var coverage = Coverage(target: "shop.db")
    coverage.columns = [
      ColumnProfile(target: "shop.db", table: "t", column: "a", type: ""),
      ColumnProfile(target: "shop.db", table: "u", column: "a", type: ""),
    ]
    coverage.tables = [
      Coverage.Table(place: "shop.db", name: "t", rowsRead: 5, rowsInTable: 9),
      Coverage.Table(place: "shop.db", name: "u", rowsRead: 9, rowsInTable: 9),
    ]
    var judge = PolicyJudge(rules.policy, name: "test")
    judge.add(coverage)
    let columns = judge.verdict(isComplete: true).stores[0].columns
    #expect(columns.map(\.verdict) == [.unproven, .clean])
    #expect(columns[0].problems == [PolicyResult.Problem(.rowsNotRead, count: 4)])
  }

  /// Names that speak against a card number.
  @Test(arguments: ["order_id", "transaction_id", "phone", "tracking"])
  func `a column of cards fails whatever its name is, one that cannot be told is not proven`(
    name: String
  ) throws {
    var random = SplitMix(seed: 5)
    let cards = (0..<20).map { _ in TestCards.number("4539", 16, using: &random) }
    let others = (0..<200).map { _ in TestCards.id("45", 16, using: &random) }
    let table = "CREATE TABLE t(id INTEGER PRIMARY KEY, \(name) TEXT)"
    func verdict(_ numbers: [String]) throws -> PolicyResult.Verdict {
      try judge(
        [table] + numbers.map { "INSERT INTO t(\(name)) VALUES('\($0)')" }
      ).verdict
    }
    #expect(try verdict(cards) == .failed)
    #expect(try verdict(Array(cards.prefix(3))) == .unproven)
    #expect(try verdict(others) == .passed)
    let found = try scanDatabase([table] + cards.map { "INSERT INTO t(\(name)) VALUES('\($0)')" })
    #expect(found.findings.count == 20)
    #expect(found.findings.allSatisfy { $0.reasons.contains("luhn-rate:20/20") })
    #expect(found.profile("t", name)?.counts == [.pan: 20])
  }

  @Test func `test numbers that are left out do not fail a column`() throws {
    let result = try judge([
      "CREATE TABLE t(n TEXT)", "INSERT INTO t VALUES('4242424242424242')",
    ]) { $0.testNumbers = .ignore }
    #expect(result.verdict == .passed)
  }
}

/// The texts that rules about columns carry: small tables, or what a file may hold.
@Suite struct RuleTableTests {
  @Test(
    .enabled(if: hasLibCrypto, "libcrypto is not installed (libssl3)"),
    arguments: ["pan-hash", "split-pan"])
  func `every text of a rule gives what the rule says`(_ id: String) throws {
    let rule = try #require(rules.rules.first { $0.id == id })
    let table = RuleTable(detector)
    func found(_ text: String) throws -> [String] {
      let item = MemoryItem("a", "a", Array(text.utf8))
      let inFile = try run([MemorySource("a", [.item(item)])]).findings
      let all = table.findings(in: text).map(\.rule) + inFile.map(\.rule).filter { $0 == id }
      // Numbered columns say it in a table and in a file.
      return Set(all).sorted()
    }
    for example in rule.match {
      #expect(try found(example.text) == [id], "\(example.note ?? "")")
    }
    for example in rule.noMatch {
      #expect(try found(example.text).isEmpty, "\(example.note ?? "")")
    }
  }
}

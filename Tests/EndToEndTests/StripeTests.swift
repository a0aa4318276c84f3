import Foundation
import Native
import Synchronization
import TestSupport
import Testing

/// `unpan stripe` as users run it, against a server of ours.
@Suite struct StripeCommandTests {
  private let key = StripeServer.key

  private func run(
    _ tool: Tool, _ server: StripeServer, _ arguments: String..., key: String? = nil
  ) throws -> Tool.Outcome {
    let outcome = try tool.run(
      ["stripe"] + arguments + ["--api-base", server.url, "--rate", "1000"],
      environment: ["STRIPE_API_KEY": key ?? self.key, "https_proxy": "http://127.0.0.1:1"])
    // Nowhere, whatever happens.
    for text in [outcome.out, outcome.err] { #expect(!text.contains("abcDEF")) }
    return outcome
  }

  /// Three customers with a card each, and their records in `linked.csv`.
  private func shop(_ tool: Tool, isLive: Bool = false) throws -> StripeServer {
    let server = try StripeServer(isLive: isLive)
    var csv = "customer,payment_method,brand,last4,exp_month,exp_year\n"
    for number in 1...3 {
      server.add(
        customer: "cus_shop000\(number)", default: number == 1 ? nil : "pm_shop000\(number)")
      server.add(StripeServer.Method("pm_shop000\(number)", of: "cus_shop000\(number)"))
      csv += "cus_shop000\(number),pm_shop000\(number),Visa,4242,12,2034\n"
    }
    try tool.write(csv, to: "linked.csv")
    return server
  }

  @Test func `a check tells what differs, and a default mends it`() throws {
    let tool = try Tool()
    let server = try shop(tool)
    defer { server.stop() }
    let check = try run(tool, server, "check", "--records", "linked.csv")
    #expect(check.exit == 1, "\(check)")
    #expect(check.out.contains("record 2  cus_shop0001  pm_shop0001  Visa 4242  no-default"))
    #expect(check.out.contains("3 records: 2 as Stripe says, 1 with problems, 0 not examined"))
    #expect(check.err.contains("account \(server.account), test mode"))
    #expect(check.err.contains("3 records of 3 customers, 6 reads"))

    let plan = try run(tool, server, "default", "--records", "linked.csv")
    #expect(plan.exit == 0 && plan.out.contains("nothing was changed"), "\(plan)")
    #expect(server.writes.isEmpty)
    let done = try run(tool, server, "default", "--records", "linked.csv", "--apply")
    #expect(done.exit == 0 && done.out.contains("2 already so (default), 1 done"), "\(done)")
    let clean = try run(tool, server, "check", "--records", "linked.csv", "--format", "jsonl")
    #expect(clean.exit == 0 && clean.out.contains("\"withProblems\":0"), "\(clean)")
  }

  @Test func `cards shows brand and last digits`() throws {
    let tool = try Tool()
    let server = try shop(tool)
    defer { server.stop() }
    let outcome = try run(tool, server, "cards", "cus_shop0002", "--quiet")
    #expect(outcome.out == "pm_shop0002  visa  4242  12/2034  default\n")
    let missing = try run(tool, server, "cards", "cus_nobody001")
    #expect(missing.exit == 3 && missing.err.contains("No such customer"), "\(missing)")
  }

  @Test func `changes in live mode are asked for twice`() throws {
    let tool = try Tool()
    let server = try shop(tool, isLive: true)
    defer { server.stop() }
    let live = "rk_live_abcDEF123456"
    let refused = try run(
      tool, server, "default", "--records", "linked.csv", "--apply", key: live)
    #expect(refused.exit == 64 && refused.err.contains("--live"), "\(refused)")
    #expect(server.writes.isEmpty)
    let probe = try run(
      tool, server, "probe", "--records", "linked.csv", "--apply", "--live", "--account",
      server.account, key: live)
    #expect(probe.exit == 64 && probe.err.contains("--limit"), "\(probe)")
    let limited = try run(
      tool, server, "probe", "--records", "linked.csv", "--apply", "--live", "--limit", "1",
      key: live)
    #expect(limited.exit == 0, "\(limited)")
    #expect(server.writes == ["setup_intent pm_shop0001": 1])
    let payment = try run(
      tool, server, "probe", "--payment", "--records", "linked.csv", "--live", "--limit", "1",
      key: live)
    #expect(payment.exit == 64, "\(payment)")
  }

  @Test func `changes in live mode are made in an account that somebody has seen`() throws {
    let tool = try Tool()
    let server = try shop(tool, isLive: true)
    defer { server.stop() }
    let live = "rk_live_abcDEF123456"
    func outcome(_ more: String..., state: String) throws -> Tool.Outcome {
      let fixed = ["--records", "linked.csv", "--api-base", server.url, "--rate", "1000"]
      return try tool.run(
        ["stripe", "default"] + fixed + more + ["--state", state],
        environment: ["STRIPE_API_KEY": live])
    }
    for _ in 0..<2 {
      let refused = try outcome("--apply", "--live", state: "new.db")
      #expect(refused.exit == 64 && refused.err.contains("--account"), "\(refused)")
    }
    #expect(server.requestCount == 0)
    let other = try outcome("--apply", "--live", "--account", "acct_other", state: "other.db")
    #expect(other.exit == 3 && server.writes.isEmpty, "\(other)")
    // The account was told with what would be done.
    let plan = try outcome(state: "new.db")
    #expect(plan.exit == 0 && plan.err.contains(server.account), "\(plan)")
    let done = try outcome("--apply", "--live", state: "new.db")
    #expect(done.exit == 0 && server.writes == ["customer cus_shop0001": 1], "\(done)")
  }

  @Test func `a failure that Stripe keeps is told with what to do about it`() throws {
    let tool = try Tool()
    let server = try StripeServer { _, request in
      request.method == "POST" ? .failsAfter : nil
    }
    defer { server.stop() }
    server.add(customer: "cus_shop0004")
    try tool.write("customer\ncus_shop0004\n", to: "without.csv")
    for _ in 0..<2 {
      let outcome = try run(
        tool, server, "links", "--records", "without.csv", "--success-url", "https://a.example/",
        "--apply")
      #expect(outcome.exit == 2 && outcome.out.contains("unknown,api_error,req_test"))
      #expect(
        outcome.err.contains("no further run finds out (request req_test")
          && outcome.err.contains("only --again does it once more"), "\(outcome)")
    }
    #expect(server.writes == ["session cus_shop0004": 1])
  }

  @Test func `a request that Stripe does not take is told in its words`() throws {
    let tool = try Tool()
    let server = try StripeServer { _, request in
      request.method == "POST"
        ? .status(
          400,
          body: #"{"error":{"type":"invalid_request_error","code":"parameter_unknown","#
            + #""param":"usage","message":"Received unknown parameter\u001b"}}"#) : nil
    }
    defer { server.stop() }
    server.add(customer: "cus_shop0001")
    server.add(StripeServer.Method("pm_shop0001", of: "cus_shop0001"))
    try tool.write("customer,payment_method\ncus_shop0001,pm_shop0001\n", to: "linked.csv")
    for format in ["text", "csv", "jsonl"] {
      let outcome = try run(
        tool, server, "probe", "--records", "linked.csv", "--apply", "--format", format)
      #expect(outcome.exit == 2 && outcome.out.contains("parameter_unknown"), "\(outcome)")
      #expect(outcome.out.contains("usage: Received unknown parameter"), "\(outcome)")
    }
  }

  @Test func `the two payments of a probe are told apart`() throws {
    let tool = try Tool()
    let server = try shop(tool)
    defer { server.stop() }
    for more in [[], ["--apply"], ["--apply"]] {
      let common = ["stripe", "probe", "--payment", "--records", "linked.csv"]
      let connection = ["--api-base", server.url, "--rate", "1000"]
      for (format, words) in [
        ("text", "pm_shop0001  %  "), ("csv", ",%\n"), ("jsonl", "\"step\":\"%\""),
      ] {
        let outcome = try tool.run(
          common + more + ["--format", format] + connection, environment: ["STRIPE_API_KEY": key])
        for step in ["save", "reuse"] {
          #expect(outcome.out.contains(words.replacing("%", with: step)), "\(outcome)")
        }
      }
    }
  }

  @Test func `a state file that is another program's database is left alone`() throws {
    let tool = try Tool()
    let server = try shop(tool)
    defer { server.stop() }
    let path = tool.directory.appending(path: "shop.db")
    let shop = try Database.create(path.path)
    try shop.execute(
      "CREATE TABLE customer(id TEXT, name TEXT); INSERT INTO customer VALUES (1, 'Somebody')")
    let before = try Data(contentsOf: path)
    for command in ["check", "default", "sync"] {
      let outcome = try run(
        tool, server, command, "--records", "linked.csv", "--state", "shop.db")
      #expect(
        outcome.exit == 3 && outcome.err.contains("shop.db: is no state file of unpan stripe"),
        "\(outcome)")
    }
    #expect(try Data(contentsOf: path) == before && server.requestCount == 0)
  }

  @Test func `what a server says is shown without controls and numbers`() throws {
    let tool = try Tool()
    let server = try StripeServer()
    defer { server.stop() }
    server.add(customer: "cus_shop0001")
    var card = StripeServer.Method("pm_shop\\u001b[2J", of: "cus_shop0001")
    card.last4 = "4242424242424242"
    server.add(card)
    for format in ["text", "csv", "jsonl"] {
      let outcome = try run(tool, server, "cards", "cus_shop0001", "--format", format)
      #expect(outcome.exit == 0 && outcome.out.contains("pm_shop"), "\(outcome)")
      #expect(!outcome.out.contains("\u{1B}") && !outcome.out.contains("42424242"))
    }
    try tool.write("customer,payment_method,last4\ncus_shop0001,pm_shop0001,1111\n", to: "l.csv")
    server.add(
      event: "evt_1\\u001b", type: "payment_method.updated",
      created: Int(Date().timeIntervalSince1970) - 60,
      object: """
        {"id":"pm_shop0001","type":"card","customer":"cus_shop0001",\
        "card":{"brand":"visa","last4":"4242424242424242","exp_month":1,"exp_year":2036}}
        """)
    for format in ["text", "csv", "jsonl"] {
      let outcome = try run(
        tool, server, "sync", "--records", "l.csv", "--format", format, "--updated", "new.csv")
      #expect(outcome.exit == 1 && outcome.out.contains("1111"), "\(outcome)")
      let csv = try String(contentsOf: tool.directory.appending(path: "new.csv"), encoding: .utf8)
      for text in [outcome.out, csv] {
        #expect(!text.contains("\u{1B}") && !text.contains("42424242"))
      }
      #expect(csv.contains("cus_shop0001,pm_shop0001,visa,1111,1,2036,"))
    }
  }

  @Test func `a card is detached only when it is named and confirmed`() throws {
    let tool = try Tool()
    let server = try shop(tool)
    defer { server.stop() }
    let plan = try run(tool, server, "detach", "pm_shop0001")
    #expect(plan.exit == 0 && server.writes.isEmpty, "\(plan)")
    let linked = try run(
      tool, server, "detach", "pm_shop0001", "--confirm", "--records", "linked.csv")
    #expect(linked.exit == 1 && linked.out.contains("still-linked"), "\(linked)")
    let done = try run(tool, server, "detach", "pm_shop0001", "--confirm")
    #expect(done.exit == 0 && server.writes == ["detach pm_shop0001": 1], "\(done)")
    #expect(done.out.hasPrefix("cus_shop0001  pm_shop0001  done\n"), "\(done)")
    // What a customer pays with.
    let used = try run(tool, server, "detach", "pm_shop0002")
    #expect(used.out.contains("pm_shop0002  would be done (the-default)\n"), "\(used)")
    #expect(used.out.contains("nothing was changed"), "\(used)")
    let gone = try run(tool, server, "detach", "pm_shop0002", "--confirm")
    #expect(gone.exit == 0 && gone.out.contains("done (the-default)"), "\(gone)")
  }

  @Test func `links are a file for the mailing`() throws {
    let tool = try Tool()
    let server = try shop(tool)
    defer { server.stop() }
    server.add(customer: "cus_shop0004")
    try tool.write("customer\ncus_shop0004\n", to: "without.csv")
    let outcome = try run(
      tool, server, "links", "--records", "without.csv", "--success-url", "https://a.example/",
      "--apply", "--output", "links.csv")
    #expect(outcome.exit == 0, "\(outcome)")
    let csv = try String(
      contentsOf: tool.directory.appending(path: "links.csv"), encoding: .utf8)
    #expect(csv.contains("links,cus_shop0004,,done,,req_test"))
    #expect(csv.contains(",https://checkout.stripe.com/c/pay/cs_test_1,4102444800,,\n"))
  }

  @Test(arguments: ["linked.csv", "./linked.csv", "unpan-stripe.db", "stripe.key", "same"])
  func `a result is not written over what is read`(path: String) throws {
    let tool = try Tool()
    let server = try shop(tool)
    defer { server.stop() }
    try tool.write(key, to: "stripe.key")
    let records = try Data(contentsOf: tool.directory.appending(path: "linked.csv"))
    let common = ["--records", "linked.csv", "--key-file", "stripe.key", "--api-base", server.url]
    for arguments in [
      ["check", "-o", path], ["default", "--apply", "-o", path], ["sync", "--updated", path],
    ] {
      let more = path == "same" ? ["sync", "-o", path, "--updated", path] : arguments
      let outcome = try tool.run(["stripe"] + more + common)
      #expect(outcome.exit == 64 && outcome.err.contains("would be written over"), "\(outcome)")
    }
    #expect(server.requestCount == 0)
    #expect(try Data(contentsOf: tool.directory.appending(path: "linked.csv")) == records)
    let check = try run(tool, server, "check", "--records", "linked.csv", "-o", "check.txt")
    #expect(check.exit == 1, "\(check)")
    #expect(try run(tool, server, "check", "--records", "linked.csv", "-o", "check.txt").exit == 1)
  }

  @Test func `sync writes the records as they should be`() throws {
    let tool = try Tool()
    let server = try shop(tool)
    defer { server.stop() }
    server.add(
      event: "evt_1", type: "payment_method.automatically_updated",
      created: Int(Date().timeIntervalSince1970) - 60,
      object: """
        {"id":"pm_shop0002","type":"card","customer":"cus_shop0002",\
        "card":{"brand":"visa","last4":"1881","exp_month":1,"exp_year":2036}}
        """)
    server.add(
      event: "evt_2", type: "customer.deleted", created: Int(Date().timeIntervalSince1970) - 60,
      object: #"{"id":"cus_shop0003","object":"customer"}"#)
    let outcome = try run(
      tool, server, "sync", "--records", "linked.csv", "--updated", "new.csv")
    #expect(outcome.exit == 1 && outcome.out.contains("2 events, 2 records differ"), "\(outcome)")
    #expect(outcome.out.contains("customer-deleted: Visa 4242 12/2034 -> no customer"))
    let csv = try String(contentsOf: tool.directory.appending(path: "new.csv"), encoding: .utf8)
    #expect(csv.contains("cus_shop0002,pm_shop0002,Visa,1881,1,2036,\n"), "\(csv)")
    #expect(csv.contains("cus_shop0001") && !csv.contains("cus_shop0003"), "\(csv)")
  }

  // MARK: What goes wrong

  @Test func `bad keys, bad accounts, bad addresses`() throws {
    let tool = try Tool()
    let server = try shop(tool)
    defer { server.stop() }
    let check = ["check", "--records", "linked.csv"]
    func outcome(_ key: String, _ more: String...) throws -> Tool.Outcome {
      try tool.run(
        ["stripe"] + check + ["--api-base", server.url] + more,
        environment: ["STRIPE_API_KEY": key])
    }
    #expect(try outcome("").exit == 64)
    #expect(try outcome("pk_test_abcdefgh1234").err.contains("publishable"))
    let wrong = try outcome("rk_live_abcDEF123456")
    #expect(wrong.exit == 3 && wrong.err.contains("the key is not taken (401)"), "\(wrong)")
    #expect(!wrong.err.contains("abcDEF"))
    let narrow = try outcome("rk_test_narrow123456")
    #expect(narrow.exit == 3 && narrow.err.contains("rak_payment_method_read"), "\(narrow)")
    let secret = try outcome("sk_test_abcDEF123456")
    #expect(secret.err.contains("restricted key"), "\(secret)")
    let account = try outcome(key, "--account", "acct_other")
    #expect(account.exit == 3 && account.err.contains("not of acct_other"), "\(account)")
    let plain = try tool.run(
      ["stripe"] + check + ["--api-base", "http://api.stripe.com"],
      environment: ["STRIPE_API_KEY": key])
    #expect(plain.exit == 64, "\(plain)")
    // A key where something else belongs.
    for (flag, exit) in [("--account", 64), ("--key-file", 3)] {
      let swapped = try outcome(key, flag, key)
      #expect(swapped.exit == exit && swapped.err.contains("rk_test_***"), "\(swapped)")
      #expect(!swapped.err.contains("abcDEF"))
    }
    let link = try run(
      tool, server, "links", "--records", "linked.csv", "--success-url", key)
    #expect(link.exit == 64 && link.err.contains("--success-url"), "\(link)")
    for number in [["cards", "cus_4242424242424242"], ["detach", "pm_4242424242424242"]] {
      let outcome = try run(tool, server, number[0], number[1])
      #expect(outcome.exit == 64 && !outcome.err.contains("42424242"), "\(outcome)")
    }
  }

  @Test(arguments: [
    ["stripe", "check", "KEY"], ["stripe", "KEY"], ["KEY"], ["scan", "--KEY", "."],
    ["stripe", "check", "--KEY"], ["stripe", "check", "--rate", "KEY"],
    ["stripe", "check", "--format", "KEY"], ["stripe", "check", "--records", "KEY"],
    ["stripe", "check", "--config", "KEY"], ["stripe", "sync", "--days", "KEY"],
    ["stripe", "cards", "KEY"], ["stripe", "detach", "KEY"],
    ["stripe", "check", "--state", "/KEY/"],
  ])
  func `a key that is typed in the wrong place is not told`(arguments: [String]) throws {
    let tool = try Tool()
    let outcome = try tool.run(
      arguments.map { $0.replacing("KEY", with: "sk_live_51SECRETsecretSECRET") },
      environment: ["STRIPE_API_KEY": key])
    #expect(outcome.exit == 64 || outcome.exit == 3, "\(outcome)")
    #expect(outcome.err.contains("sk_live_***"), "\(outcome)")
    #expect(!(outcome.out + outcome.err).contains("SECRET"), "\(outcome)")
  }

  @Test func `an account without one of the customers proves nothing`() throws {
    let tool = try Tool()
    let server = try StripeServer()
    defer { server.stop() }
    try tool.write("customer\ncus_shop0001\ncus_shop0002\n", to: "linked.csv")
    let outcome = try run(tool, server, "check", "--records", "linked.csv")
    #expect(outcome.exit == 2 && outcome.out.contains("Is it the right key?"), "\(outcome)")
  }

  @Test func `an answer in HTML stops the run, nobody there too`() throws {
    let tool = try Tool()
    let good = try shop(tool)
    good.stop()
    let nobody = try run(tool, good, "check", "--records", "linked.csv")
    #expect(nobody.exit == 3 && nobody.err.contains("nobody answers"), "\(nobody)")
    let server = try StripeServer { _, _ in .html(200) }
    defer { server.stop() }
    let html = try run(tool, server, "check", "--records", "linked.csv")
    #expect(html.exit == 3 && html.err.contains("text/html"), "\(html)")
  }

  @Test(arguments: [
    ("customer,last4\ncus_shop0001,12345\n", "last4"),
    ("payment_method\npm_shop0001\n", "customer"),
    ("customer\n4242424242424242\n", "no id of a Stripe customer"),
    ("customer,brand\ncus_shop0001,4242424242424242\n", "card number"),
    ("customer\ncus_4242424242424242\n", "no id of a Stripe customer"),
    ("customer,payment_method\ncus_shop0001,pm_4242424242424242\n", "no id of a Stripe payment"),
    ("{\"customer\":\"cus_shop0001\"", "cut short"), ("", "no rows"),
    ("customer,last4\n", "no rows"), ("customer,default\ncus_shop0001,t\n", "neither yes nor no"),
    ("{\"customer\":\"cus_shop0001\"} {\"customer\":\"cus_shop0002\"}", "one object a line"),
  ])
  func `bad records are told with their line`(text: String, words: String) throws {
    let tool = try Tool()
    try tool.write(text, to: "linked.csv")
    let outcome = try tool.run(
      ["stripe", "check", "--records", "linked.csv", "--api-base", "http://127.0.0.1:1"],
      environment: ["STRIPE_API_KEY": key])
    #expect(outcome.exit == 3 && outcome.err.contains(words), "\(outcome)")
    #expect(!outcome.err.contains("42424242"))
    #expect(outcome.err.contains("--records takes CSV"))
  }

  @Test func `what is wrong is told by its name`() throws {
    let tool = try Tool()
    let server = try StripeServer { _, request in
      request.path == "/v1/customers/cus_shop0001" ? .status(400, body: #"{"error":{}}"#) : nil
    }
    defer { server.stop() }
    server.add(customer: "cus_deleted1", isDeleted: true)
    let deleted = try run(tool, server, "cards", "cus_deleted1")
    #expect(deleted.exit == 3 && deleted.err.contains("the customer was deleted"), "\(deleted)")
    try tool.write(
      "{\"customer\":\"cus_shop0001\",\"payment_method\":\"pm_shop0001\",\"default\":\"YES\"}\n",
      to: "linked.jsonl")
    let check = try run(
      tool, server, "check", "--records", "linked.jsonl", "--format", "csv")
    #expect(check.out.hasSuffix(",no,,invalid_request_error\n"), "\(check)")
    let none = try run(tool, server, "check", "--records", "nowhere.csv")
    #expect(none.exit == 3 && none.err.contains("--records takes CSV"), "\(none)")
    let live = try StripeServer(isLive: true)
    defer { live.stop() }
    let other = try run(
      tool, live, "check", "--records", "linked.jsonl", key: "rk_live_abcDEF123456")
    #expect(other.exit == 3 && other.err.contains("is the state of test mode"), "\(other)")
    let limit = try run(
      tool, server, "probe", "--records", "linked.jsonl", "--limit", "5000")
    #expect(limit.exit == 2, "\(limit)")
  }

  @Test(arguments: [403, 407, 502])
  func `a proxy that refuses is told as one, and gets no key`(status: Int) throws {
    let seen = Mutex<[String]>([])
    let proxy = try HTTPServer { request in
      seen.withLock { $0.append("\(request.method) \(request.headers)") }
      return HTTPServer.Response(status: status)
    }
    defer { proxy.stop() }
    let tool = try Tool()
    try tool.write("customer\ncus_shop0001\n", to: "linked.csv")
    let outcome = try tool.run(
      ["stripe", "check", "--records", "linked.csv", "--api-base", "https://stripe.invalid"],
      environment: [
        "STRIPE_API_KEY": key, "https_proxy": "http://127.0.0.1:\(proxy.port)", "NO_PROXY": "",
        "no_proxy": "",
      ])
    #expect(outcome.exit == 3 && outcome.err.contains("the proxy refuses"), "\(outcome)")
    let requests = seen.withLock { $0 }
    #expect(!requests.isEmpty && requests.allSatisfy { $0.hasPrefix("CONNECT") })
    #expect(requests.allSatisfy { !$0.contains("abcDEF") })
  }

  @Test func `the password of a proxy is not told`() throws {
    let tool = try Tool()
    let outcome = try tool.run(
      ["stripe", "cards", "cus_shop0001", "--api-base", "https://stripe.invalid"],
      environment: [
        "STRIPE_API_KEY": key, "https_proxy": "http://user:s3cretPW@127.0.0.1:99999",
        "NO_PROXY": "", "no_proxy": "",
      ])
    #expect(outcome.exit == 3 && outcome.err.contains("the proxy refuses"), "\(outcome)")
    #expect(!outcome.err.contains("s3cretPW"), "\(outcome)")
  }

  @Test func `a clock that is off is told`() throws {
    let tool = try Tool()
    let server = try StripeServer { _, request in
      request.path == "/v1/account"
        ? .status(
          200, headers: [("Date", "Sun, 06 Nov 1994 08:49:37 GMT")],
          body: #"{"id":"acct_1","object":"account"}"#) : nil
    }
    defer { server.stop() }
    try tool.write("customer\ncus_shop0001\n", to: "linked.csv")
    let outcome = try run(tool, server, "sync", "--records", "linked.csv")
    #expect(outcome.exit == 3 && outcome.err.contains("this machine's clock is"), "\(outcome)")
    #expect(outcome.err.contains("days ahead"), "\(outcome)")
  }

  @Test func `a write that is interrupted is known to be done, and not done again`() throws {
    let tool = try Tool()
    let server = try StripeServer { _, request in
      request.method == "POST" ? .slow(0.05) : nil
    }
    defer { server.stop() }
    var csv = "customer,payment_method\n"
    for number in 100..<112 {
      server.add(customer: "cus_shop0\(number)")
      server.add(StripeServer.Method("pm_shop0\(number)", of: "cus_shop0\(number)"))
      csv += "cus_shop0\(number),pm_shop0\(number)\n"
    }
    try tool.write(csv, to: "linked.csv")
    let process = Process()
    process.executableURL = Tool.binary
    process.arguments = [
      "stripe", "default", "--records", "linked.csv", "--apply", "--api-base", server.url,
      "--rate", "10",
    ]
    process.currentDirectoryURL = tool.directory
    process.environment = ["STRIPE_API_KEY": key]
    process.standardError = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    // Some are done, others are on their way.
    while process.isRunning, server.writes.count < 2 { usleep(2_000) }
    process.interrupt()
    process.waitUntilExit()
    #expect(process.terminationStatus == 130)
    let begun = server.writes.count
    #expect(begun < 12)
    let outcome = try run(tool, server, "default", "--records", "linked.csv", "--apply")
    #expect(outcome.exit == 0, "\(outcome)")
    #expect(server.writes.count == 12 && server.writes.values.allSatisfy { $0 == 1 })
    for number in 100..<112 {
      #expect(server.defaultMethod(of: "cus_shop0\(number)") == "pm_shop0\(number)")
    }
  }

  @Test func `an interrupted check goes on where it was`() throws {
    let tool = try Tool()
    let server = try StripeServer { _, request in
      request.path == "/v1/account" ? nil : .slow(0.001)
    }
    defer { server.stop() }
    var csv = "customer\n"
    for number in 100..<160 {
      server.add(customer: "cus_shop0\(number)")
      csv += "cus_shop0\(number)\n"
    }
    try tool.write(csv, to: "linked.csv")
    let process = Process()
    process.executableURL = Tool.binary
    process.arguments = [
      "stripe", "check", "--records", "linked.csv", "--api-base", server.url, "--rate", "20",
    ]
    process.currentDirectoryURL = tool.directory
    process.environment = ["STRIPE_API_KEY": key]
    process.standardError = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    while server.requestCount < 10 { usleep(10_000) }
    process.interrupt()
    process.waitUntilExit()
    #expect(process.terminationStatus == 130)
    let outcome = try run(tool, server, "check", "--records", "linked.csv")
    #expect(outcome.exit == 0 && outcome.err.contains("left of an earlier run"), "\(outcome)")
    let lists = server.requests.filter { $0.path == "/v1/payment_methods" }
    #expect(lists.count == 60, "nobody's cards are read twice")
  }
}

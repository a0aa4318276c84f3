import Core
import Glibc
import Native
import Reporting
import Rules
import Stripe

/// What the commands of `unpan stripe` share: the key, the account, the state file, the records.
struct StripeTool {
  let tool: CommandLineTool
  let arguments: ParsedArguments
  /// For example `stripe check`.
  let name: String
  let clock: Clock

  static let stateDefault = "unpan-stripe.db"
  private static let keyBytesMax = 4096

  init(_ tool: CommandLineTool, _ arguments: ParsedArguments, _ name: String) throws {
    self.tool = tool
    self.arguments = arguments
    self.name = name
    clock = try Clock(variable: tool.console.variable("SOURCE_DATE_EPOCH"))
  }

  func takeNoOperands() throws {
    if let operand = arguments.operands.first {
      throw UsageError.unexpectedOperand(operand, command: name, closest: nil)
    }
  }

  /// Runs `body` with errors of Stripe's turned into what stops a command.
  static func worded<T>(_ body: () throws -> T) throws -> T {
    do {
      return try body()
    } catch let error as StripeError {
      throw Diagnostics.runError(error)
    } catch let error as MappingError {
      throw Diagnostics.runError(error, isMapping: false)
    }
  }

  func tell(_ line: String) {
    if !arguments.has(Flags.quiet) { tool.console.tell(["unpan: \(line)"]) }
  }

  /// The shapes of ids.
  static func ids() throws(RunError) -> StripeIds { StripeIds(try Wiring.rules(nil).stripeIDs) }

  // MARK: The connection

  /// The key is read, the account asked for and compared with the state file.
  /// - Parameters:
  ///   - state: `nil` for a command that keeps none.
  ///   - applies: whether something is to be changed at Stripe.
  func connect(_ state: StripeState?, applies: Bool = false) throws -> StripeClient {
    try connectToAccount(state, applies: applies).client
  }

  private func connectToAccount(
    _ state: StripeState?, applies: Bool = false
  ) throws -> (client: StripeClient, account: String) {
    var settings = StripeClient.Settings(key: try readKey())
    if applies, settings.key.mode == .live { try allowLiveChanges(state) }
    let expected = arguments.value(StripeFlags.account)
    if let expected, !StripeTool.isAccount(expected) {
      throw UsageError.badValue(
        flag: "--account", given: expected,
        expected: "the id of an account: acct_ and letters and digits", closest: nil)
    }
    if let text = arguments.value(StripeFlags.base) {
      guard let base = APIBase(text) else {
        throw UsageError.badValue(
          flag: "--api-base", given: text,
          expected: "https://HOST, or http:// with an address of this machine", closest: nil)
      }
      settings.base = base
    }
    if let rate = arguments.value(StripeFlags.rate).flatMap(Int.init) { settings.perSecond = rate }
    let variable = tool.console.variable
    settings.transfers.authoritiesFile = variable("CURL_CA_BUNDLE") ?? variable("SSL_CERT_FILE")
    settings.transfers.authoritiesDirectory = variable("SSL_CERT_DIR")
    if settings.key.kind == .secret { tool.console.tell(Diagnostics.secretKey(settings.key.mode)) }
    let client = try StripeClient(LibCurl(), settings)
    let account = try client.account(expected: expected, now: StripeTool.seconds())
    try state?.confirm(account: account, mode: client.mode)
    tell("account \(Diagnostics.shown(account)), \(client.mode.rawValue) mode")
    return (client, account)
  }

  private func readKey() throws -> StripeKey {
    let path = arguments.value(StripeFlags.keyFile)
    let text = try path.map(StripeTool.readKeyFile) ?? tool.console.variable("STRIPE_API_KEY")
    do throws(StripeKey.Problem) {
      guard let text else { throw .empty }
      return try StripeKey(text)
    } catch {
      throw Diagnostics.runError(error, from: path ?? "STRIPE_API_KEY")
    }
  }

  private static func readKeyFile(_ path: String) throws(RunError) -> String {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: keyBytesMax, alignment: 1)
    defer { buffer.deallocate() }
    do throws(SystemError) {
      let file = try Descriptor.open(ForeignBytes.bytes(of: path), followsLinks: true)
      guard try file.status().kind == .regular else { throw .notAFile }
      let count = try file.read(into: buffer, at: 0)
      return String(decoding: buffer[..<count], as: UTF8.self)
    } catch {
      throw RunError(
        .failure, path, "the key file cannot be read: \(error.text)")
    }
  }

  /// Changes in live mode have to be asked for twice, and for an account that somebody has named or
  /// was shown by the run that told what would be done: the key alone may be another shop's.
  private func allowLiveChanges(_ state: StripeState?) throws {
    guard arguments.has(StripeFlags.live) else {
      throw RunError(
        .usage, "", "the key is of live mode, where this would change what customers pay with",
        hint: "add --live to do it, or take a key of test mode")
    }
    guard try !arguments.has(StripeFlags.account) && state?.account() == nil else { return }
    throw RunError(
      .usage, "", "changes in live mode need to be told the account",
      hint: "add --account acct_..., or see first what would be done, with the same --state")
  }

  private static func isAccount(_ text: String) -> Bool {
    text.hasPrefix("acct_") && text.utf8.count > 5
      && text.utf8.dropFirst(5).allSatisfy { $0 &- 0x30 < 10 || ($0 | 0x20) &- 0x61 < 26 }
  }

  // MARK: State and records

  func openState(isDurable: Bool) throws -> StripeState {
    try StripeState(
      arguments.value(StripeFlags.state) ?? StripeTool.stateDefault, isDurable: isDurable)
  }

  /// Whether the arguments name any.
  var hasRecords: Bool { arguments.has(StripeFlags.records) || arguments.has(Flags.config) }

  /// Takes the records in.
  /// - Returns: whether an unfinished check of the same records is gone on with.
  @discardableResult
  func loadRecords(_ state: StripeState, startsAnew: Bool = false) throws -> Bool {
    if let path = arguments.value(StripeFlags.records) {
      let file = RecordFile(path, try StripeTool.ids())
      return try state.load(startsAnew: startsAnew) { try file.read($0) }
    }
    guard let path = arguments.value(Flags.config) else {
      throw UsageError.missingOperand(
        command: name, what: "the linked records, by --records or --config",
        example: "unpan \(name) --records linked.csv")
    }
    return try MigrateTool.worded {
      let database = try DatabaseRecords(config: path, try StripeTool.ids())
      return try state.load(startsAnew: startsAnew) { try database.read($0) }
    }
  }

  /// Reads what Stripe says of every record, told first what it takes.
  @discardableResult
  func check(
    _ state: StripeState, startsAnew: Bool
  ) throws -> (account: String, mode: StripeId.Mode) {
    let goesOn = try loadRecords(state, startsAnew: startsAnew)
    let (client, account) = try connectToAccount(state)
    let planned = try CheckRun.plannedReads(state)
    let range =
      planned.lowerBound == planned.upperBound
      ? "\(planned.lowerBound)" : "\(planned.lowerBound) to \(planned.upperBound)"
    tell(
      "\(try state.recordCount()) records of \(try state.customerCount()) customers, "
        + "\(range) reads" + (goesOn ? " left of an earlier run" : ""))
    if goesOn, let oldest = try state.oldestRead() {
      tell("what the earlier run read is of \(Clock.text(oldest)) and later")
    }
    try CheckRun(client, state, month: month).run(now: StripeTool.seconds())
    return (account, client.mode)
  }

  var month: MappingOptions.Month {
    let parts = clock.now().split(separator: "-")
    return MappingOptions.Month(
      year: parts.first.flatMap { Int($0) } ?? 1970,
      month: parts.dropFirst().first.flatMap { Int($0) } ?? 1)
  }

  static func seconds() -> Int { time(nil) }

  // MARK: Output

  /// Writes to where the arguments say.
  func write(_ body: (Output) throws -> Int32) throws -> Int32 {
    let path = arguments.value(Flags.output).flatMap { $0 == "-" ? nil : $0 }
    let output =
      try path.map { path throws(RunError) in try Output(file: path) }
      ?? Output(stream: tool.console.output)
    do {
      let code = try body(output)
      try output.finish()
      if let path { tell("written to \(Diagnostics.shown(path))") }
      return code
    } catch {
      if output.isClosedByReader { throw ClosedByReader() }
      throw error
    }
  }

  /// Goes through the records and acts, or tells what would be done.
  func act(
    _ kind: any ActKind, applies: Bool, format: String? = nil,
    prepare: (inout ActRun.Options, StripeState, StripeClient) throws -> Void = { _, _, _ in }
  ) throws -> Int32 {
    try StripeTool.worded {
      let state = try openState(isDurable: applies)
      if hasRecords || kind.operation != "detach" {
        try loadRecords(state)
      }
      let client = try connect(state, applies: applies)
      var options = ActRun.Options { StripeTool.seconds() }
      options.applies = applies
      options.repeats = arguments.has(StripeFlags.again)
      try prepare(&options, state, client)
      return try write { output in
        let table = ActTable(
          output, format: arguments.value(StripeFlags.format) ?? format ?? "text")
        try table.begin()
        let run = try ActRun(client, state, kind, options) { outcome throws(StripeError) in
          do throws(RunError) {
            try table.add(outcome)
          } catch {
            throw StripeError(.local("\(error.subject): \(error.message)"))
          }
        }
        do throws(StripeError) {
          try run.run()
        } catch {
          // What was done is told all the same.
          try table.end(applies: applies)
          try output.finish()
          throw error
        }
        try table.end(applies: applies)
        if let request = table.firstLost, !arguments.has(Flags.quiet) {
          tool.console.tell(Diagnostics.lostActs(table.lostCount, request))
        }
        return table.exitCode
      }
    }
  }
}

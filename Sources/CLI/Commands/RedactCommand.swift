import Audit
import Core
import Detection
import Inputs
import Native
import Reporting

/// `unpan redact [FILE...]`
struct RedactCommand {
  private static let inPlace = Flag(
    name: "in-place", summary: "Replace the files; without it nothing is changed, only told.")
  private static let backup = Flag(
    name: "backup", value: .text("SUFFIX"),
    summary: "Keep each old file under its name with SUFFIX. It still holds the card data.")
  private static let receipt = Flag(
    name: "receipt", value: .file("FILE"),
    summary: "Write what was masked, and where, to FILE as JSON lines.", isWritten: true)

  static let command = Command(
    name: "redact",
    summary: "Mask card data in a stream or in files.",
    operands: "[FILE...]",
    operandKind: .files,
    about: [
      "Without a FILE, or with -, it passes standard input on to standard output line by line and "
        + "masks what a scan would find: of a number the last four digits stay, of codes, tracks, "
        + "PIN blocks and keys nothing. Nothing else is changed, dropped or moved. What is compressed, "
        + "an archive, a database or a PDF goes through with what is packed in it; that is told, and "
        + "the exit code is 2.",
      "Files are only looked at: what would be masked is told, and the exit code is 1. With "
        + "--in-place each is replaced in one step and keeps its mode, owner and times; a file that "
        + "changes meanwhile is left alone. gzip is packed again. The new file is scanned first: when "
        + "that still finds something, nothing is replaced. Databases are cleaned with `unpan migrate "
        + "scrub`, archives and documents are refused.",
    ],
    examples: [
      .init(line: "shop-server 2>&1 | unpan redact >> shop.log", meaning: "before it is written"),
      .init(line: "unpan redact --in-place /var/log/shop/*.log", meaning: "old logs"),
    ],
    flags: [
      inPlace, backup, receipt, Flags.minConfidence, Flags.testNumbers, Flags.rules, Flags.quiet,
      Flags.help,
    ]
  ) { try RedactCommand(tool: $0).run($1) }

  let tool: CommandLineTool

  func run(_ arguments: ParsedArguments) throws -> Int32 {
    let files = arguments.operands.filter { $0 != "-" }
    let isFilter = files.isEmpty
    if !isFilter, files.count < arguments.operands.count {
      throw UsageError.unexpectedOperand("-", command: "redact, beside files,", closest: nil)
    }
    if isFilter, arguments.has(RedactCommand.inPlace) {
      throw UsageError.missingOperand(
        command: "redact --in-place", what: "files", example: "unpan redact --in-place shop.log")
    }
    if arguments.has(RedactCommand.backup), !arguments.has(RedactCommand.inPlace) {
      throw UsageError.pointless(flag: "--backup", without: "--in-place")
    }
    let receiptPath = arguments.value(RedactCommand.receipt)
    if let receiptPath {
      let suffix = arguments.value(RedactCommand.backup)
      try RedactCommand.check(receipt: receiptPath, against: files, backup: suffix)
    }
    let receipt = try receiptPath.map { path throws(RunError) in
      try Output(file: path, hint: "choose another place with --receipt FILE")
    }
    let redaction = Redaction(
      detector: Detector(try Wiring.rules(arguments.value(Flags.rules))),
      options: RedactCommand.options(arguments))
    let code = Result<ExitCode, any Error> {
      try isFilter
        ? filter(redaction, receipt, arguments) : redact(files, redaction, receipt, arguments)
    }
    // Also of a run that failed half-way: files were replaced by then.
    try receipt?.finish()
    return try code.get().rawValue
  }

  /// A receipt takes the place of what has its name, which may be none of the old files.
  private static func check(
    receipt: String, against files: [String], backup: String?
  ) throws(UsageError) {
    guard let backup, let own = FilePlace(receipt),
      files.contains(where: { FilePlace($0 + backup) == own })
    else { return }
    throw .badValue(
      flag: "--receipt", given: receipt,
      expected: "a file of its own, not one that is redacted or kept", closest: nil)
  }

  private static func options(_ arguments: ParsedArguments) -> ScanOptions {
    var options = ScanOptions()
    options.minConfidence =
      arguments.value(Flags.minConfidence).flatMap(Confidence.init(rawValue:)) ?? .medium
    options.testNumbers =
      arguments.value(Flags.testNumbers).flatMap(ScanOptions.TestNumbers.init(rawValue:)) ?? .report
    return options
  }

  private func filter(
    _ redaction: Redaction, _ receipt: Output?, _ arguments: ParsedArguments
  ) throws -> ExitCode {
    let result: Redaction.Result
    do throws(RedactionError) {
      result = try redaction.filter(to: tool.console.output)
    } catch {
      if error.isClosedByReader { throw ClosedByReader() }
      throw Diagnostics.runError(error)
    }
    try receipt?.write(RedactionReceipt.line(result, file: "-", isApplied: true))
    if !arguments.has(Flags.quiet), result.count > 0 {
      tool.console.tell(["unpan: " + RedactionReceipt.words(result, verb: "masked")])
    }
    guard result.form == .plain else {
      tool.console.tell(Diagnostics.notText(result.form))
      return .incomplete
    }
    return .clean
  }

  private func redact(
    _ files: [String], _ redaction: Redaction, _ receipt: Output?, _ arguments: ParsedArguments
  ) throws -> ExitCode {
    let applies = arguments.has(RedactCommand.inPlace)
    var hasFailed = false
    var found = 0
    for file in files where Interruption.requested == nil {
      let result: Redaction.Result
      do throws(RedactionError) {
        result = try redaction.redact(
          file, inPlace: applies, backup: arguments.value(RedactCommand.backup))
      } catch {
        hasFailed = true
        tool.console.tell(Diagnostics.lines(Diagnostics.runError(error)))
        continue
      }
      found += result.count
      try receipt?.write(RedactionReceipt.line(result, file: file, isApplied: applies))
      if !arguments.has(Flags.quiet) {
        let words = RedactionReceipt.words(result, verb: applies ? "masked" : "would mask")
        _ = try tool.show(RedactionReceipt.shown(file) + ": " + words + "\n")
      }
    }
    if Interruption.requested != nil { return Interruption.exitCode }
    if hasFailed { return .failure }
    return found > 0 && !applies ? .findings : .clean
  }
}

/// What was masked, in words and as JSON.
enum RedactionReceipt {
  /// For example `masked 3 places: 2 pan, 1 cvv`.
  static func words(_ result: Redaction.Result, verb: String) -> String {
    guard result.count > 0 else { return "nothing to mask" }
    let kinds = Finding.Kind.allCases.compactMap { kind in
      result.counts[kind].map { "\($0) \(kind.rawValue)" }
    }
    let places = result.count == 1 ? "place" : "places"
    return "\(verb) \(result.count) \(places): \(kinds.joined(separator: ", "))"
  }

  /// One line of JSON.
  static func line(_ result: Redaction.Result, file: String, isApplied: Bool) -> String {
    let counts = Finding.Kind.allCases.compactMap { kind in
      result.counts[kind].map { "\"\(kind.rawValue)\":\($0)" }
    }
    let places = result.places.map { place in
      "{\"kind\":\"\(place.kind.rawValue)\",\"line\":\(place.line),\"byteOffset\":\(place.byteOffset)}"
    }
    let left = result.count - result.places.count
    return "{\"type\":\"redaction\",\"file\":\(quoted(file)),"
      + "\"applied\":\(isApplied),\"counts\":{\(counts.joined(separator: ","))},"
      + "\"places\":[\(places.joined(separator: ","))]"
      + (left > 0 ? ",\"placesLeftOut\":\(left)" : "") + "}\n"
  }

  /// A file's name as it may be shown.
  static func shown(_ file: String) -> String {
    let name = Escaping.text(fromFileName: ForeignBytes.bytes(of: file))
    return Escaping.visible(NumberGuard.masked(name))
  }

  private static func quoted(_ text: String) -> String {
    // Escaped for people first, so that no control byte is left to escape for JSON.
    "\"" + shown(text).replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }
}

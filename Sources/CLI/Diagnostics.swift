import Audit
import Core
import Inputs
import Reporting
import Rules
import Stripe

/// Makes the lines of every error: subject, what happened, cause, what to do. The words of a command
/// line that is wrong are here; those of a run that fails come with its error.
///
/// Everything quoted is escaped, and card numbers and Stripe's keys in it are masked; a message never
/// holds digits of scanned content.
enum Diagnostics {
  /// Lines for standard error, the first with the program's name.
  static func lines(_ error: UsageError) -> [String] {
    let (what, hint) = words(error)
    return ["unpan: \(what)"] + hint.map { "  \($0)" }
  }

  /// - Returns: for example `unpan: out.json: the report cannot be written: No space left on device`.
  static func lines(_ error: RunError) -> [String] {
    let subject = error.subject.isEmpty ? "" : shown(error.subject) + ": "
    return ["unpan: \(subject)\(shown(error.message))"]
      + (error.hint.map { ["  \(shown($0))"] } ?? [])
  }

  /// What happened well, for standard error.
  static func reportWritten(to path: String) -> [String] {
    ["unpan: report written to \(shown(path))"]
  }

  /// How the check of a bundle went, for standard output.
  static func lines(_ check: BundleCheck, _ directory: String) -> [String] {
    guard check.problems.isEmpty else {
      let count = check.problems.count
      return check.problems.map { "\(shown($0.file)): \(words($0.what))" }
        + [
          "\(shown(directory)): NOT as it was written (\(count) \(count == 1 ? "problem" : "problems"))"
        ]
    }
    return [
      "\(shown(directory)): as it was written: "
        + "\(Plural.text(check.fileCount, "file")), "
        + "\(Plural.text(check.findingCount, "finding")), "
        + "\(Plural.text(check.logLineCount, "line")) of audit log",
      "Who wrote it is told by a signature of MANIFEST.sha256, if there is one.",
    ]
  }

  private static func words(_ what: BundleCheck.Problem.What) -> String {
    switch what {
    case .missing: "missing"
    case .unlisted: "not in the manifest"
    case .changed: "changed: its SHA-256 is not the one in the manifest"
    case .malformed: "not of the form it was written in"
    case .unreadable(let cause): "cannot be read: \(shown(cause))"
    case .brokenChain(let line): "line \(line) does not follow from the line before it"
    case .otherHash(let file): "names another SHA-256 for \(shown(file)) than the manifest"
    case .otherCount(let of, let told, let counted):
      "says \(told) for \(shown(of)), but findings.jsonl has \(counted)"
    }
  }

  /// What `report` decided about several results, for standard error.
  static func compares(_ count: Int) -> [String] {
    [
      "unpan: comparing \(count) results: they have the same targets at other times",
      "  --merge shows them as one",
    ]
  }

  /// What the self-test is about to make in a database, for standard error.
  static func lines(_ plan: SelftestTarget.Plan, _ target: String) -> [String] {
    [
      "unpan: \(shown(SecretRemoval.removed(from: target))): a table \(plan.table) of \(plan.rows) "
        + "rows and \(plan.columns) columns of invented card data is made, scanned and removed",
      "  if it is killed half-way, drop that table by hand: DROP TABLE \(plan.table)",
    ]
  }

  /// A self-test that a signal ended, for standard error.
  static let selftestStopped = [
    "unpan: the self-test was stopped; no table of it is left, and there is no result"
  ]

  /// What a report could not say itself, for standard error.
  static func lines(_ note: ReportNote) -> [String] {
    switch note {
    case .leftOut(let format, let kept, let total):
      [
        "unpan: \(format) holds \(kept) of \(total) findings, the worst: its readers take no more",
        "  --format jsonl writes them all",
      ]
    }
  }

  /// A broken rule file as the error that stops the run.
  static func runError(_ error: RuleError) -> RunError {
    let place = error.line.map { "\(error.file):\($0)" } ?? error.file
    let key = error.keyPath.isEmpty ? "" : " at \(error.keyPath)"
    let cause = error.cause.map { ": \($0)" } ?? ""
    return RunError(
      .usage, place, "expected \(error.expected)\(key)\(cause)",
      hint: closest(error) ?? error.hint ?? "`unpan rules test --rules DIR` checks changed rules")
  }

  /// For example `did you mean allow?` behind an unknown key.
  private static func closest(_ error: RuleError) -> String? {
    guard let key = error.keyPath.split(separator: ".").last else { return nil }
    return Suggestion.closest(to: String(key), in: error.known).map { "did you mean \($0)?" }
  }

  /// A saved result that cannot be used as the error that stops the command.
  static func runError(_ error: SavedReportError) -> RunError {
    let place = error.line.map { "\(error.path), line \($0)" } ?? error.path
    let (what, hint): (String, String?) =
      switch error.reason {
      case .unreadable(let text): ("cannot be read: \(text)", nil)
      case .notAFile:
        (
          "is no regular file and no directory of --report",
          "a result is read twice; write it to a file with --output FILE"
        )
      case .damaged:
        (
          "is no result of unpan, or a damaged one",
          "a result comes from `unpan scan --format jsonl` or json"
        )
      case .cutShort:
        ("ends before its summary: the run was stopped, or the file was cut", "scan again")
      case .goesOn:
        (
          "goes on behind its summary",
          "give several results as several files: `unpan report a.jsonl b.jsonl`"
        )
      case .miscounted(let expected, let actual):
        (
          "says that it has \(expected) findings and has \(actual)",
          "lines were removed or added; scan again"
        )
      case .otherCoverage:
        (
          "does not say of every target what was read",
          "lines were removed or changed; scan again"
        )
      case .secondMigration(let first):
        (
          "tells how a migration adds up, and so does \(shown(first))",
          "two migrations are no shards of one: report each on its own"
        )
      case .givenTwice: ("is given twice", "name each result once")
      case .otherSchema:
        ("was written by a version with another schema", "use that version, or scan again")
      }
    return RunError(.failure, place, what, hint: hint)
  }

  /// A file that was not redacted as the error that the command tells.
  static func runError(_ error: RedactionError) -> RunError {
    let (what, hint): (String, String?) =
      switch error.reason {
      case .unreadable(let cause): ("cannot be read: \(cause)", nil)
      case .unwritable(let cause):
        ("cannot be written: \(cause)", "what is redacted is unchanged; make room and run again")
      case .hasBackup(let path):
        (
          "was left as it is: \(shown(path)) is there already",
          "move it away, or give --backup another suffix"
        )
      case .notAFile: ("is no regular file", "name files, or pipe through `unpan redact`")
      case .hasOtherNames:
        (
          "has several names (hard links), and only one would be redacted",
          "remove the others, or copy it"
        )
      case .container(.database):
        ("is a database: masked bytes would break it", "clean it with `unpan migrate scrub`")
      case .container(.document):
        ("is a document, whose text is packed", "redact what it was made from, and make it anew")
      case .container(.unreadable(let what)):
        ("is \(what), which cannot be masked", "redact what it was made from, and make it anew")
      case .container(.compressed):
        ("is compressed, and not as gzip", "unpack it, redact it, and pack it again")
      case .container:
        (
          "is an archive: masked bytes would break it",
          "unpack it, redact what it holds, and pack that again"
        )
      case .packedContainer:
        (
          "holds an archive, a database or a document, and only text is packed again",
          "unpack it first"
        )
      case .damaged:
        (
          "cannot be unpacked to its end, or has something behind it",
          "mend it, or unpack what can be unpacked, redact that, and remove it"
        )
      case .noLibrary:
        ("cannot be unpacked: there is no zlib", "install it: on Debian, apt-get install zlib1g")
      case .remains(let count):
        (
          "was left as it is: a scan of the masked text still finds card data in "
            + (count == 1 ? "1 place" : "\(count) places"),
          "`unpan scan` of it names the places; what is in attachments or split by markup has to be "
            + "removed where it was made"
        )
      case .unproved(let cause):
        (
          "was left as it is: a scan of the masked text could not read all of it: \(cause)",
          "redact what can be read whole"
        )
      case .interrupted: ("was left as it is: interrupted", nil)
      case .changed:
        (
          "changed while it was redacted, and was left as it is",
          "stop whoever writes to it, or pipe what it writes through `unpan redact`"
        )
      }
    return RunError(.failure, error.subject, what, hint: hint)
  }

  /// What a filter passed on that is no text, or has it packed.
  static func notText(_ form: ContentForm) -> [String] {
    let what =
      switch form {
      case .gzip, .compressed: "is compressed"
      case .archive: "is an archive"
      case .database: "is a database"
      case .document, .plain: "is a document"
      case .unreadable(let what): "is \(what)"
      }
    return [
      "unpan: standard input \(what), no text: what is packed in it was not masked",
      "  give `unpan redact` the text that it was made from",
    ]
  }

  private static func words(_ error: UsageError) -> (what: String, hint: [String]) {
    switch error {
    case .unknownCommand(let typed, let closest):
      (
        "there is no command \(quoted(typed))",
        [closest.map { "did you mean `unpan \($0)`?" } ?? "`unpan help` lists the commands"]
      )
    case .unknownFlag(let typed, let command, let closest):
      (
        "\(command) has no flag \(quoted(typed))",
        [
          closest.map { "did you mean \($0)?" }
            ?? "`\(command == "unpan" ? "" : "unpan ")\(command) --help` lists the flags"
        ]
      )
    case .missingValue(let flag, let placeholder):
      ("\(flag) needs a value", ["write \(flag) \(placeholder)"])
    case .unexpectedValue(let flag):
      ("\(flag) takes no value", ["leave out the part from the equals sign on"])
    case .badValue(let flag, let given, let expected, let closest):
      (
        "\(flag) cannot be \(quoted(given))",
        ["expected \(expected)"] + (closest.map { ["did you mean \($0)?"] } ?? [])
      )
    case .missingOperand(let command, let what, let example):
      (
        "\(command) needs \(what)",
        ["for example `\(example)`", "`unpan \(command) --help` tells more"]
      )
    case .unexpectedOperand(let typed, let command, let closest):
      (
        "\(command) does not take \(quoted(typed))",
        [closest.map { "did you mean \($0)?" } ?? "`unpan \(command) --help` tells what it takes"]
      )
    case .pointless(let flag, let other):
      ("\(flag) says nothing without \(other)", ["add \(other) or leave out \(flag)"])
    case .ambiguousRuns(let why):
      (
        why == .mixedTargets
          ? "some of these results have targets in common and some have not"
          : "these results have the same targets and the same time",
        ["--merge shows them as one, --compare tells what changed from one to the next"]
      )
    case .standardInputTwice:
      ("standard input (-) can only be read once", ["name - once"])
    }
  }

  private static func quoted(_ typed: String) -> String { "'\(shown(typed))'" }

  /// A text from outside as it may be shown.
  static func shown(_ text: String) -> String {
    Escaping.visible(NumberGuard.masked(StripeKey.masked(text)))
  }
}

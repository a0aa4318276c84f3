import Audit
import Core
import Glibc
import Reporting

/// Writes a baseline anew: without what is gone and, when asked, with what is new.
struct BaselineUpdate {
  static let updateBaseline = Flag(
    name: "update-baseline",
    summary: "Take what is gone out of the baseline; with --accept put in what is new.")
  static let accept = Flag(
    name: "accept", value: .text("REASON"),
    summary: "With --update-baseline: put up with the findings that are there now, and why.")
  static let owner = Flag(
    name: "owner", value: .text("NAME"), summary: "With --accept: who answers for it.")
  static let expires = Flag(
    name: "expires", value: .text("DAY"),
    summary: "With --accept: the last day it holds, for example 2026-12-31.")

  static let flags = [updateBaseline, accept, owner, expires]

  let tool: CommandLineTool
  let path: String
  let old: Baseline

  /// Flags that say nothing without each other.
  static func check(_ arguments: ParsedArguments) throws(UsageError) {
    for flag in [accept, owner, expires] where arguments.has(flag) {
      if !arguments.has(updateBaseline) {
        throw .pointless(flag: "--\(flag.name)", without: "--update-baseline")
      }
      for other in [accept, owner, expires] where !arguments.has(other) {
        throw .pointless(flag: "--\(flag.name)", without: "--\(other.name)")
      }
    }
    for flag in [accept, owner] {
      guard let text = arguments.value(flag), Suppression.isBlank(text) else { continue }
      throw .badValue(
        flag: "--\(flag.name)", given: text, expected: "something that is not empty", closest: nil)
    }
    if let day = arguments.value(expires), !Day.isValid(day) {
      throw .badValue(
        flag: "--expires", given: day, expected: "a day such as 2026-12-31", closest: nil)
    }
  }

  /// - Parameters:
  ///   - shrunk: the old one without what is gone.
  ///   - new: findings that nothing speaks for.
  /// - Returns: the command's exit code: 1 when findings are left that fail.
  func write(
    _ shrunk: Baseline, new: [Finding], _ arguments: ParsedArguments
  ) throws -> Int32 {
    var baseline = shrunk
    let kept = baseline.entries.count
    var left = new.count
    if let reason = arguments.value(BaselineUpdate.accept),
      let owner = arguments.value(BaselineUpdate.owner),
      let expires = arguments.value(BaselineUpdate.expires)
    {
      let reasons = Wiring.reasons()
      let (reason, owner) = (try reasons.redacted(reason), try reasons.redacted(owner))
      for finding in new {
        // An entry that expired is renewed, not doubled.
        baseline.entries.removeAll { $0.id == finding.id }
        if baseline.accept(finding, reason: reason, owner: owner, expires: expires) { left -= 1 }
      }
    }
    let output = try Output(file: path, hint: "make room; the baseline is as it was")
    try output.write(baseline.encoded())
    try output.finish()
    chmod(path, 0o644)
    if !arguments.has(Flags.quiet) {
      let ids = Set(baseline.entries.map(\.id))
      tool.console.tell(
        Diagnostics.baselineWritten(
          path, kept: kept, removed: old.entries.count - kept, added: new.count - left,
          left: new.filter { !ids.contains($0.id) }))
    }
    return left > 0 ? ExitCode.findings.rawValue : ExitCode.clean.rawValue
  }
}

import Audit
import Core
import Inputs
import Native

/// What `guard` has to say beside its report.
extension Diagnostics {
  /// A repository that cannot be read as the error that stops the command.
  static func runError(_ error: GitError) -> RunError {
    let place = error.place.isEmpty ? "git" : error.place
    switch error.code {
    case .missingProgram:
      return RunError(
        .failure, "git", "it is not installed", hint: "install the Debian package git")
    case .noRepository:
      return RunError(
        .usage, place, "there is no git repository here",
        hint: "run it inside one; `unpan scan PATH` looks at files without git")
    case .bare:
      return RunError(
        .usage, place, "the repository is bare, so nothing can be staged in it",
        hint: "check its commits instead: --range A..B or --history")
    case .dubiousOwner:
      return RunError(
        .failure, place, "the repository belongs to another user, so git does not read it",
        hint: "run as its owner, or trust it: git config --global --add safe.directory \"$PWD\"")
    case .unknownRevision(let name):
      return RunError(
        .failure, place, "there is no commit \(name) here",
        hint: "fetch it first (git fetch origin); on GitHub Actions check out with fetch-depth: 0")
    case .interrupted: return RunError(Interruption.exitCode, place, "interrupted")
    case .failed: return RunError(.failure, place, error.detail ?? "the repository cannot be read")
    }
  }

  /// A settings file or baseline that cannot be used.
  static func runError(_ error: SettingsError) -> RunError {
    let place = error.line.map { "\(error.file):\($0)" } ?? error.file
    let key = error.path.isEmpty ? "" : " at \(error.path)"
    switch error.code {
    case .unreadable(let cause): return RunError(.usage, place, "cannot be read: \(cause)")
    case .syntax(let expected), .value(let expected):
      return RunError(
        .usage, place, "expected \(expected)\(key)", hint: "`unpan guard --help` tells more")
    case .unknownKey(let name, let known):
      let closest = Suggestion.closest(to: name, in: known)
      return RunError(
        .usage, place, "there is no key '\(name)'\(key)",
        hint: closest.map { "did you mean \($0)?" }
          ?? "the keys are \(known.joined(separator: ", "))")
    case .noBaseline:
      return RunError(
        .usage, place, "is no baseline of unpan\(key)",
        hint: "`unpan guard --update-baseline --baseline FILE` writes one")
    case .otherVersion(let version):
      return RunError(
        .usage, place, "is a baseline of version \(version.map(String.init) ?? "unknown"), not 1",
        hint: "use the unpan that wrote it, or write it anew with --update-baseline")
    case .sensitive(let kind):
      return RunError(
        .usage, place, "\(kind.rawValue) cannot be put up with\(key)",
        hint: "tracks, verification codes and PIN blocks may not be kept at all: remove them")
    }
  }

  /// What to do about findings, for whoever was stopped.
  static func afterGuard(_ run: GuardRun, failed: Bool) -> [String] {
    var lines: [String] = []
    if run.expiredCount > 0 {
      lines.append(
        "unpan: entries of the baseline expired, so their findings count again: \(run.expiredCount)"
      )
    }
    if run.withoutReasonCount > 0 {
      lines.append(
        "unpan: unpan:allow without a reason does not count: \(run.withoutReasonCount); "
          + "write unpan:allow WHY")
    }
    guard failed else { return lines }
    switch run.scope {
    case .staged, .tracked:
      lines += [
        "unpan: the commit is stopped: it would put card data or keys into the history, where a later "
          + "commit does not remove them.",
        "  Take the numbers out (store a Stripe id, cus_ or pm_, instead), git add, and commit again.",
      ]
    case .range:
      lines += [
        "unpan: the branch brings card data or keys into the history.",
        "  Take the numbers out of the commits named above (git rebase -i); a commit on top leaves "
          + "them readable.",
      ]
    case .history:
      lines += [
        "unpan: the history holds card data or keys, whatever the files look like today.",
        "  Rewrite it (git filter-repo --replace-text) and take what was cloned for leaked.",
      ]
    }
    if run.kinds.contains(.secret) {
      lines.append("  Roll the keys in the Stripe dashboard: what was committed stays read.")
    }
    if run.kinds.contains(where: { !$0.isSensitiveAuthenticationData }) {
      lines.append(
        "  A test number or no number at all? Say why in its line: unpan:allow REASON. For a whole "
          + "path: .unpan.json5.")
    }
    if run.kinds.contains(where: \.isSensitiveAuthenticationData) {
      lines.append("  Tracks, verification codes and PIN blocks cannot be allowed; remove them.")
    }
    return lines
  }

  /// What became of a baseline.
  static func baselineWritten(
    _ path: String, kept: Int, removed: Int, added: Int, left: [Finding]
  ) -> [String] {
    var lines = ["unpan: \(name(path)): \(kept) kept, \(removed) removed, \(added) added"]
    guard !left.isEmpty else { return lines }
    lines.append("unpan: not in the baseline, so they fail the check: \(left.count)")
    for finding in left.prefix(10) {
      let place = finding.location.path ?? finding.location.target
      let line = finding.location.line.map { ":\($0)" } ?? ""
      lines.append("  \(name(place))\(line): \(finding.kind.rawValue)")
    }
    if left.contains(where: { !$0.kind.isSensitiveAuthenticationData }) {
      lines.append("  to put up with them: --accept REASON --owner NAME --expires DAY")
    }
    if left.contains(where: \.kind.isSensitiveAuthenticationData) {
      lines.append("  tracks, verification codes and PIN blocks never get in: remove them")
    }
    return lines
  }

  /// A baseline is only written from a whole look.
  static func incompleteBaseline(_ path: String, _ entries: [Coverage.Entry]) -> RunError {
    let first = entries.first.map { "\($0.place): \($0.detail ?? $0.reason.rawValue)" }
    return RunError(
      .incomplete, path, "not everything was read, so the baseline is left as it is",
      hint: first)
  }

  static func hookInstalled(_ path: String) -> [String] {
    [
      "unpan: git runs `unpan guard --staged` before every commit now (\(name(path)))",
      "  remove that file to undo it",
    ]
  }

  static func otherHook(_ path: String) -> RunError {
    RunError(
      .failure, path, "there is another hook, which is left as it is",
      hint: "add the line `unpan guard --staged || exit 1` to it")
  }

  static func hookNotRunnable(_ path: String) -> RunError {
    RunError(.failure, path, "the hook cannot be made executable", hint: "chmod +x it")
  }

  /// Entries of a scan's baseline that do not hold any more.
  static func expiredEntries(_ count: Int) -> [String] {
    ["unpan: entries of the baseline expired, so their findings count again: \(count)"]
  }

  /// What a state file means for a run, where that may surprise.
  static func state(_ path: String, _ origin: ScanState.Origin) -> [String]? {
    switch origin {
    case .new, .usable: nil
    case .otherSettings:
      [
        "unpan: \(name(path)): made with other settings, rules or another version; "
          + "everything is read anew"
      ]
    case .olderVersion:
      ["unpan: \(name(path)): an earlier version made this state; everything is read anew"]
    }
  }

  private static func name(_ text: String) -> String {
    Escaping.visible(NumberGuard.masked(text))
  }
}

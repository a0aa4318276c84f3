import Core
import Native

/// What of a repository a check looks at.
package enum GitScope: Sendable, Equatable {
  /// What the next commit would bring.
  case staged
  /// Every file as the next commit would hold it.
  case tracked
  /// What the commits of a branch bring that are not in its base.
  case range(base: String, tip: String)
  /// What every commit brought.
  case history

  /// Whether only lines that were added count.
  package var isAboutAddedLines: Bool { self != .tracked }
}

/// What findings of a check call their target, the same on every machine.
package let guardTarget = "git:."

/// The source of a check: the new version of everything that changed.
/// - Parameters:
///   - exclusions: paths that are not read.
///   - isJudgedAlike: whether the same holds for an old path and a new one, so that what moved from one
///     to the other adds nothing.
package func makeGuardSource(
  _ repository: GitRepository, _ scope: GitScope, exclusions: [GitExclusion],
  isJudgedAlike: (String, String) -> Bool, options: InputOptions, watcher: any GitContentWatcher
) throws(GitError) -> any Source {
  let places = GitPlaces(target: guardTarget, repository: nil)
  let walk: any GitWalk
  if let commits = try repository.commits(of: scope) {
    walk = GitHistory(repository, commits, places, exclusions: exclusions)
  } else {
    guard !repository.isBare else { throw GitError(.bare, repository.directory) }
    walk = GitList(
      try GitIndex(repository, places, exclusions).steps(
        isWhole: scope == .tracked, isJudgedAlike: isJudgedAlike))
  }
  return GitSource(
    target: guardTarget, repository, walk, options: options, watcher: watcher)
}

extension GitRepository {
  /// - Throws: when there is no such commit.
  package func known(_ name: String) throws(GitError) -> String {
    guard let id = try commit(named: name) else {
      throw GitError(.unknownRevision(name), directory)
    }
    return id
  }

  /// What the index is compared with: the commit at the top, the empty tree before the first commit,
  /// and while a merge is under way what is merged as well.
  func heads() throws(GitError) -> [String] {
    guard let head = try commit(named: "HEAD") else {
      // A branch without a commit is no error; a head that leads to nothing is one.
      let name = try attempt(["symbolic-ref", "--quiet", "HEAD"])
      guard let name, try attempt(["show-ref", "--quiet", "--verify", "--"], [name]) == nil else {
        throw GitError(.unknownRevision("HEAD"), directory)
      }
      return [emptyTree]
    }
    let merged = try lines(ofFile: "MERGE_HEAD").map { String(decoding: $0, as: UTF8.self) }
    return [head] + merged
  }

  /// Where below the repository's top the current directory is: empty, or with a slash at its end.
  package func directoryBelowTop() throws(GitError) -> String {
    let answer = try output(["rev-parse", "--show-prefix"])
    return Escaping.text(fromFileName: answer.filter { $0 != .newline })
  }

  /// Where this repository's hooks are, as its own settings say.
  package func hooksDirectory() throws(GitError) -> [UInt8] {
    // The one command that has to see the setting that all others are kept from.
    let answer = try output([
      "config", "--includes", "--type=path", "--get-all", "core.hooksPath",
    ])
    var paths = answer.split(separator: .newline).map(Array.init)
    // The last is the one that this program sets for every command.
    if paths.last == Array("/dev/null".utf8) { paths.removeLast() }
    if let path = paths.last {
      if path.first == .slash { return path }
      let top = try output(["rev-parse", "--show-toplevel"]).filter { $0 != .newline }
      return top + [.slash] + path
    }
    let common = try output(["rev-parse", "--path-format=absolute", "--git-common-dir"])
    return common.filter { $0 != .newline } + Array("/hooks".utf8)
  }
}

/// Steps that are known beforehand.
final class GitList: GitWalk, @unchecked Sendable {
  // Unchecked because its source lets one thread in at a time.
  private let steps: [GitStep]
  private var index = 0

  init(_ steps: [GitStep]) { self.steps = steps }

  func next() throws(GitError) -> GitStep? {
    guard index < steps.count else { return nil }
    defer { index += 1 }
    return steps[index]
  }
}

/// What is staged.
struct GitIndex {
  private let repository: GitRepository
  private let places: GitPlaces
  private let exclusions: [GitExclusion]

  init(_ repository: GitRepository, _ places: GitPlaces, _ exclusions: [GitExclusion]) {
    self.repository = repository
    self.places = places
    self.exclusions = exclusions
  }

  /// - Parameter isWhole: all files instead of those that differ from the last commit.
  func steps(
    isWhole: Bool, isJudgedAlike: (String, String) -> Bool
  ) throws(GitError) -> [GitStep] {
    let changes = try isWhole ? tracked() : staged()
    var steps: [GitStep] = []
    var unmerged: Set<[UInt8]> = []
    for change in changes {
      if change.status == UInt8(ascii: "U") {
        if unmerged.insert(change.path).inserted { steps.append(.notExamined(conflict(change))) }
      } else if change.isGone || !isWhole && change.isUnchanged && isAlike(change, isJudgedAlike) {
        continue
      } else if change.isSubmodule {
        steps.append(.excluded(GitHistory.submodule(change, places)))
      } else {
        let location = places.file(change.path, commit: nil)
        if let exclusion = exclusions.first(where: { $0.applies(to: change.path) }) {
          steps.append(.excluded(GitHistory.excluded(location, exclusion)))
        } else {
          steps.append(.object(id: change.id, location))
        }
      }
    }
    return steps
  }

  private func isAlike(_ change: GitChange, _ isJudgedAlike: (String, String) -> Bool) -> Bool {
    guard let oldPath = change.oldPath else { return true }
    return isJudgedAlike(
      Escaping.text(fromFileName: oldPath), Escaping.text(fromFileName: change.path))
  }

  private func conflict(_ change: GitChange) -> Coverage.Entry {
    Coverage.Entry(
      place: Escaping.text(fromFileName: change.path), reason: .unmerged,
      detail: "It has a merge conflict. Resolve it and add the file.")
  }

  /// What differs from the last commit and, while a merge is under way, from everything merged.
  private func staged() throws(GitError) -> [GitChange] {
    var common: [GitChange]?
    for head in try repository.heads() {
      let child = try repository.start([
        "diff-index", "--cached", "--raw", "-z", "--no-abbrev", "-M", head, "--",
      ])
      var list = GitChanges(child, repository)
      var changes: [GitChange] = []
      while let entry = try list.next() {
        if case .change(let change) = entry { changes.append(change) }
      }
      try repository.finish(child)
      guard let before = common else {
        common = changes
        continue
      }
      let ids = Dictionary(changes.map { ($0.path, $0.id) }, uniquingKeysWith: { _, last in last })
      common = before.filter { $0.status == UInt8(ascii: "U") || ids[$0.path] == $0.id }
    }
    return common ?? []
  }

  private func tracked() throws(GitError) -> [GitChange] {
    let top = try repository.output(["rev-parse", "--show-cdup"])
    let prefix = String(decoding: top.filter { $0 != .newline }, as: UTF8.self)
    let child = try repository.start(
      (prefix.isEmpty ? [] : ["-C", prefix]) + ["ls-files", "--stage", "-z"])
    var changes: [GitChange] = []
    do throws(ChildError) {
      // `mode id stage`, a tab, the path.
      while let line = try child.read(until: 0, bytesMax: 1 << 20) {
        guard let tab = line.firstIndex(of: 0x09) else { continue }
        let words = line[..<tab].split(separator: UInt8(ascii: " "))
        guard words.count == 3 else { continue }
        let isMerged = words[2].elementsEqual("0".utf8)
        changes.append(
          GitChange(
            commit: nil, mode: Array(words[0]), id: Array(words[1]), isUnchanged: false,
            status: UInt8(ascii: isMerged ? "A" : "U"), path: Array(line[(tab + 1)...])))
      }
    } catch {
      throw GitError(error, repository.directory)
    }
    try repository.finish(child)
    return changes
  }
}

extension Coverage.Reason {
  /// A file with a merge conflict, of which there is no one version.
  static let unmerged = Coverage.Reason(rawValue: "unmerged")
}

import Core
import Native

/// What a walk through a repository comes upon.
enum GitStep: Sendable {
  /// An object to read, and where it is said to be.
  case object(id: [UInt8], Location)
  case excluded(Coverage.Entry)
  case notExamined(Coverage.Entry)
}

/// Comes upon objects one after another, in a stable order.
protocol GitWalk: AnyObject, Sendable {
  /// - Returns: `nil` at the end.
  func next() throws(GitError) -> GitStep?
}

/// Paths that are left out, each with the reason.
package struct GitExclusion: Sendable {
  package var pattern: Glob
  package var detail: String?
  /// Where the repository's files lie below what the pattern is about: empty, or with a slash at its
  /// end.
  private let prefix: [UInt8]

  package init(_ pattern: Glob, detail: String? = nil, prefix: [UInt8] = []) {
    self.pattern = pattern
    self.detail = detail
    self.prefix = prefix
  }

  /// Whether the path, or a directory it lies in, is meant.
  package func applies(to path: [UInt8]) -> Bool {
    let path = prefix + path
    if pattern.matches(path: path, isDirectory: false) { return true }
    return path.indices.contains { index in
      path[index] == .slash && index > 0
        && pattern.matches(path: path[..<index], isDirectory: true)
    }
  }
}

/// Walks commits from the oldest on, and what each brought: its message and every version of a file
/// that no commit before had.
///
/// Each object comes once, with the first commit and path that had it; a walk for `copies` collects the
/// other paths. With `isWhole`, objects that no reference leads to follow: commits, tags and files that
/// were dropped or only staged.
final class GitHistory: GitWalk, @unchecked Sendable {
  // Unchecked because its source lets one thread in at a time.
  private let repository: GitRepository
  private let places: GitPlaces
  private let exclusions: [GitExclusion]
  private let commits: Commits
  private var stage = Stage.begin
  private var seen = GitIDs()
  private var left = GitIDs()
  private(set) var copies: GitCopies?
  private var submodules: Set<[UInt8]> = []
  private var boundary: Set<[UInt8]> = []
  private var ready: [GitStep] = []
  private var readyIndex = 0
  /// Unreachable objects of the sweep.
  private var loose: [[UInt8]] = []

  /// Which commits.
  enum Commits: Sendable {
    /// All, and every object beside them.
    case whole
    /// All that a reference or its log leads to.
    case reachable
    /// Those of a branch that are not in its base; full ids.
    case range(base: String, tip: String)
  }

  private enum Stage {
    case begin
    case walking(GitChanges, list: ChildProcess, diff: ChildProcess, isSweep: Bool)
    case sweep
    case rest
    case end
  }

  init(
    _ repository: GitRepository, _ commits: Commits, _ places: GitPlaces,
    exclusions: [GitExclusion], copies: GitCopies? = nil
  ) {
    self.repository = repository
    self.commits = commits
    self.copies = copies
    self.places = places
    self.exclusions = exclusions
  }

  func next() throws(GitError) -> GitStep? {
    while true {
      if readyIndex < ready.count {
        defer { readyIndex += 1 }
        return ready[readyIndex]
      }
      ready.removeAll(keepingCapacity: true)
      readyIndex = 0
      switch stage {
      case .begin: try begin()
      case .walking(var changes, let list, let diff, let isSweep):
        do throws(GitError) {
          if let entry = try changes.next() {
            stage = .walking(changes, list: list, diff: diff, isSweep: isSweep)
            take(entry)
            continue
          }
          stage = isSweep ? .rest : isWhole ? .sweep : .end
          // Unreachable commits may lack what they name; their files are then told without them.
          if !isSweep {
            try repository.finish(diff)
            try repository.finish(list)
          }
        } catch {
          stage = isSweep ? .rest : isWhole ? .sweep : .end
          if error.code == .interrupted { stage = .end }
          if copies != nil { throw error }
          ready.append(.notExamined(error.entry))
        }
      case .sweep: try sweep()
      case .rest:
        for id in loose where seen.insert(id) {
          ready.append(.object(id: id, places.object("blob \(GitPlaces.short(id))")))
        }
        loose = []
        stage = .end
      case .end: return nil
      }
    }
  }

  private var isWhole: Bool { if case .whole = commits { true } else { false } }

  private func begin() throws(GitError) {
    var arguments = ["rev-list", "--topo-order", "--reverse"]
    if case .range(let base, let tip) = commits {
      arguments += [tip, "^" + base]
    } else {
      arguments += ["--all", "--reflog"]
    }
    if repository.isShallow { try noteBoundary() }
    let list = try repository.start(arguments)
    stage = try walking(list, isSweep: false)
  }

  private func walking(_ list: ChildProcess, isSweep: Bool) throws(GitError) -> Stage {
    let diff = try repository.start(
      [
        "diff-tree", "--stdin", "--always", "--root", "-r", "-c", "-z", "--raw", "--no-abbrev",
        // By their ids alone, which is cheap.
        copies == nil ? "--no-renames" : "-M100%", "--no-ext-diff", "--no-textconv",
      ], input: .output(of: list))
    return .walking(GitChanges(diff, repository), list: list, diff: diff, isSweep: isSweep)
  }

  /// A shallow clone ends at commits whose parents were not fetched.
  private func noteBoundary() throws(GitError) {
    boundary = Set(try repository.lines(ofFile: "shallow"))
    if case .range = commits { return }
    ready.append(.notExamined(shallowEntry(places.repository ?? ".")))
  }

  private func shallowEntry(_ place: String) -> Coverage.Entry {
    Coverage.Entry(
      place: place, reason: .missing,
      detail: "The clone is shallow: what came before it is not here. Fetch it with "
        + "git fetch --unshallow (on GitHub Actions: fetch-depth: 0).")
  }

  private func take(_ entry: GitChanges.Entry) {
    switch entry {
    case .commit(let id):
      guard seen.insert(id) else { return }
      ready.append(.object(id: id, places.object(GitPlaces.short(id))))
      if case .range = commits, boundary.contains(id) {
        ready.append(.notExamined(shallowEntry(GitPlaces.short(id))))
      }
    case .change(let change): take(change)
    }
  }

  private func take(_ change: GitChange) {
    guard !change.isGone else { return }
    if change.isSubmodule {
      if submodules.insert(change.path).inserted {
        ready.append(.excluded(GitHistory.submodule(change, places)))
      }
      return
    }
    let isKnown = seen.contains(change.id)
    if isKnown, copies == nil { return }
    let location = places.file(change.path, commit: change.commit)
    if let exclusion = exclusions.first(where: { $0.applies(to: change.path) }) {
      // The same content may come again under a name that is not left out.
      if !isKnown, left.insert(change.id) {
        ready.append(.excluded(GitHistory.excluded(location, exclusion)))
      }
      return
    }
    copies?.take(change, isRead: !isKnown)
    guard seen.insert(change.id) else { return }
    ready.append(.object(id: change.id, location))
  }

  /// Lists everything the repository has and takes what was not met.
  private func sweep() throws(GitError) {
    stage = .end
    let names = try tagNames()
    let child = try repository.start([
      "cat-file", "--batch-all-objects", "--batch-check=%(objectname) %(objecttype)",
    ])
    var dropped: [UInt8] = []
    do throws(ChildError) {
      while let line = try child.read(until: .newline, bytesMax: 4096) {
        let words = line.split(separator: UInt8(ascii: " "))
        guard words.count == 2 else { continue }
        let id = Array(words[0])
        guard !seen.contains(id), !left.contains(id) else { continue }
        switch words[1].first {
        case UInt8(ascii: "b"): loose.append(id)
        case UInt8(ascii: "c"): dropped += id + [.newline]
        case UInt8(ascii: "t") where words[1].elementsEqual("tag".utf8):
          let name = names[id] ?? "tag \(GitPlaces.short(id))"
          ready.append(.object(id: id, places.object(name)))
        // Listed and not readable: told when it is asked for.
        case UInt8(ascii: "m"): loose.append(id)
        default: break
        }
      }
    } catch {
      throw GitError(error, repository.directory)
    }
    try repository.finish(child)
    // Of a pack with a damaged index git lists nothing and goes on.
    if let complaint = child.complaint.split(separator: "\n").first(where: isError) {
      ready.append(.notExamined(GitError(.failed, repository.directory, String(complaint)).entry))
    }
    guard !dropped.isEmpty else {
      stage = .rest
      return
    }
    // Their ids come out as they go in.
    let list = try repository.start(
      ["cat-file", "--batch-check=%(objectname)"], input: .bytes(dropped))
    stage = try walking(list, isSweep: true)
  }

  private func isError(_ line: Substring) -> Bool {
    line.hasPrefix("error:") || line.hasPrefix("fatal:")
  }

  /// Tags by the objects they are.
  private func tagNames() throws(GitError) -> [[UInt8]: String] {
    let answer = try repository.output(["for-each-ref", "--format=%(objectname) %(refname)"])
    var names: [[UInt8]: String] = [:]
    for line in answer.split(separator: .newline) {
      guard let space = line.firstIndex(of: UInt8(ascii: " ")) else { continue }
      let name = Escaping.text(fromFileName: line[(space + 1)...])
      let prefix = "refs/tags/"
      let shown = name.hasPrefix(prefix) ? "tag " + name.dropFirst(prefix.count) : name
      names[Array(line[..<space])] = names[Array(line[..<space])] ?? shown
    }
    return names
  }

  static func submodule(_ change: GitChange, _ places: GitPlaces) -> Coverage.Entry {
    let location = places.file(change.path, commit: nil)
    return Coverage.Entry(
      place: [location.path, location.member].compactMap { $0 }.joined(separator: "!"),
      reason: .submodule, detail: "Another repository. Check it on its own.")
  }

  static func excluded(_ location: Location, _ exclusion: GitExclusion) -> Coverage.Entry {
    Coverage.Entry(
      place: [location.path, location.member].compactMap { $0 }.joined(separator: "!"),
      reason: .excludedByPattern, detail: exclusion.detail)
  }
}

extension Coverage.Reason {
  /// A repository inside another, of which only the commit's id is here.
  static let submodule = Coverage.Reason(rawValue: "submodule")
}

import Core
import Native
import Synchronization

/// A repository's objects as items: its whole history, what is staged, what a branch brings.
package final class GitSource: Source {
  package let target: String
  private let walk: any GitWalk
  private let reader: GitObjectReader
  private let options: InputOptions
  private let watcher: (any GitContentWatcher)?
  private let state = Mutex(State())
  /// Keeps what the repository lies in, for one that was unpacked.
  private let holder: GitBundle?

  private struct State: Sendable {
    var ahead: [ItemEvent] = []
    var next = 0
    var hasEnded = false
  }

  /// Objects asked for ahead, so that git works while others are scanned.
  private static let aheadMax = 128

  init(
    target: String, _ repository: GitRepository, _ walk: any GitWalk, options: InputOptions,
    watcher: (any GitContentWatcher)? = nil, holder: GitBundle? = nil
  ) {
    self.target = target
    self.walk = walk
    self.options = options
    self.watcher = watcher
    self.holder = holder
    reader = GitObjectReader(repository)
  }

  package func next() -> ItemEvent? {
    state.withLock { state in
      if state.ahead.count - state.next < GitSource.aheadMax / 2 { fill(&state) }
      guard state.next < state.ahead.count else { return nil }
      defer { state.next += 1 }
      return state.ahead[state.next]
    }
  }

  private func fill(_ state: inout State) {
    state.ahead.removeFirst(state.next)
    state.next = 0
    while !state.hasEnded, state.ahead.count < GitSource.aheadMax {
      do throws(GitError) {
        guard let step = try walk.next() else {
          state.hasEnded = true
          return
        }
        switch step {
        case .object(let id, let location):
          let item = GitItem(
            location, ticket: reader.request(id), reader: reader, options: options,
            watcher: watcher)
          state.ahead.append(.item(item))
        case .excluded(let entry): state.ahead.append(.excluded(entry))
        case .notExamined(let entry): state.ahead.append(.notExamined(entry))
        }
      } catch {
        state.hasEnded = true
        state.ahead.append(.notExamined(error.entry))
      }
    }
  }
}

/// What the objects of a repository hold that a tree comes upon, its own directory (`.git`, or a bare
/// one) being named.
/// - Parameter relativePath: of that directory, from the target on; patterns mean paths from there.
/// - Throws: why git cannot read it, as coverage tells it.
func makeGitSource(
  target: String, gitDirectory: [UInt8], relativePath: [UInt8], _ options: InputOptions
) throws(InputError) -> any Source {
  do throws(GitError) {
    let repository = try GitRepository(at: gitDirectory, .none)
    let resolved: [UInt8]
    do throws(SystemError) { resolved = try resolvedPath(gitDirectory) } catch {
      throw GitError(.failed, gitDirectory, error.text)
    }
    // git goes up until it finds a repository.
    guard repository.gitDirectory == resolved else { throw GitError(.noRepository, gitDirectory) }
    let places = GitPlaces(
      target: target, repository: Escaping.text(fromFileName: gitDirectory))
    var prefix = relativePath.isEmpty ? [] : relativePath + [.slash]
    // The files of `shop/.git` lie in `shop`.
    let name = Array(".git/".utf8)
    if prefix.suffix(name.count) == name[...] { prefix.removeLast(name.count) }
    let history = GitHistory(
      repository, .whole, places,
      exclusions: options.excludes.map { GitExclusion($0, prefix: prefix) })
    return GitSource(target: target, repository, history, options: options)
  } catch {
    let objects = Escaping.text(fromFileName: gitDirectory + Array("/objects".utf8))
    let entry = error.entry
    if error.code == .noRepository {
      throw InputError(
        objects, .corrupt, "It looks like the objects of a git repository, which git does not see.")
    }
    throw InputError(objects, entry.reason, entry.detail)
  }
}

/// The source of `git:PATH`: everything a repository or a bundle holds.
/// - Returns: one that says why when it cannot be read.
func makeGitSource(target: String, path: [UInt8], _ options: InputOptions) -> any Source {
  do throws(GitError) {
    let bundle = try GitBundle(unpacking: path)
    let repository = try GitRepository(at: bundle?.path ?? path, .none)
    let places = GitPlaces(target: target, repository: Escaping.text(fromFileName: path))
    let history = GitHistory(
      repository, .whole, places, exclusions: options.excludes.map { GitExclusion($0) })
    return GitSource(
      target: target, repository, history, options: options, holder: bundle)
  } catch {
    var entry = error.entry
    entry.place = Escaping.text(fromFileName: path)
    return SingleSource(target: target, .notExamined(entry))
  }
}

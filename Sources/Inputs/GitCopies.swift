import Core

/// Where else files are that a walk reads once: other paths to which commits brought the same bytes.
package struct GitCopies: Sendable {
  private var places: Set<Place> = []
  private var files: [GitIDs.Half: [GitAddedLines.File]] = [:]

  private struct Place: Hashable {
    var id: GitIDs.Half
    var pathHash: Int
    /// What moved to a path may be copied to it later.
    var isUnchanged: Bool
  }

  package init() {}

  /// Takes what a walk comes upon, in its order.
  /// - Parameter isRead: whether the walk reads the content here.
  mutating func take(_ change: GitChange, isRead: Bool) {
    let id = GitIDs.half(change.id)
    let place = Place(
      id: id, pathHash: change.path.hashValue, isUnchanged: change.isUnchanged)
    guard places.insert(place).inserted, !isRead else { return }
    files[id, default: []].append(
      GitAddedLines.File(
        commit: change.commit.map(GitPlaces.short), path: Escaping.text(fromFileName: change.path)))
  }

  /// Lets go of what only the walk needs.
  mutating func settle() { places = [] }

  /// - Parameter id: of the content, hexadecimal.
  package func files(of id: [UInt8]) -> [GitAddedLines.File] { files[GitIDs.half(id)] ?? [] }
}

extension GitRepository {
  /// Walks a scope once more for the copies in it. What is staged is read path by path and has none.
  package func copies(
    _ scope: GitScope, exclusions: [GitExclusion]
  ) throws(GitError) -> GitCopies {
    let places = GitPlaces(target: guardTarget, repository: nil)
    guard let commits = try commits(of: scope) else { return GitCopies() }
    let history = GitHistory(self, commits, places, exclusions: exclusions, copies: GitCopies())
    while try history.next() != nil {}
    var copies = history.copies ?? GitCopies()
    copies.settle()
    return copies
  }

  /// `nil` for what is staged.
  func commits(of scope: GitScope) throws(GitError) -> GitHistory.Commits? {
    switch scope {
    case .staged, .tracked: nil
    case .range(let base, let tip): .range(base: try known(base), tip: try known(tip))
    case .history: .reachable
    }
  }
}

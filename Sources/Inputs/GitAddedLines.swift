import Core
import Native

/// Tells which lines of a file a change added; asked only about files in which something was found.
package struct GitAddedLines: Sendable {
  private let repository: GitRepository
  private let scope: GitScope

  package init(_ repository: GitRepository, _ scope: GitScope) {
    self.repository = repository
    self.scope = scope
  }

  /// A version of a file: the place as findings tell it.
  package struct File: Hashable, Sendable {
    /// Of the commit's id what places show; `nil` for the index.
    package var commit: String?
    package var path: String

    package init(commit: String?, path: String) {
      self.commit = commit
      self.path = path
    }
  }

  /// Lines that were added, in order.
  package struct Lines: Sendable, Equatable {
    private(set) var ranges: [Range<Int>] = []

    package var isEmpty: Bool { ranges.isEmpty }

    package func overlaps(_ lines: ClosedRange<Int>) -> Bool {
      ranges.contains { $0.overlaps(lines) }
    }

    mutating func add(_ range: Range<Int>) {
      guard !range.isEmpty else { return }
      if let last = ranges.last, last.upperBound == range.lowerBound {
        ranges[ranges.count - 1] = last.lowerBound..<range.upperBound
      } else {
        ranges.append(range)
      }
    }

    func intersection(_ other: Lines) -> Lines {
      var result = Lines()
      for mine in ranges {
        for theirs in other.ranges where mine.overlaps(theirs) {
          result.add(mine.clamped(to: theirs))
        }
      }
      return result
    }
  }

  /// What changes are about.
  package struct Changes: Sendable {
    /// The added lines of each file that git compares as text, none for one that only moved. A file
    /// that is not among them is new as a whole, or binary.
    package internal(set) var lines: [File: Lines] = [:]
    /// Of each file's content, hexadecimal.
    package internal(set) var ids: [File: [UInt8]] = [:]
    /// Where files were before that moved.
    package internal(set) var oldPaths: [File: String] = [:]
  }

  /// - Parameter commits: as places show them; none for the index.
  package func changes(of commits: [String]) throws(GitError) -> Changes {
    let flags = [
      "--raw", "--no-abbrev", "-p", "-U0", "-M", "--no-color", "--no-ext-diff", "--no-textconv",
      "--src-prefix=a/",
      "--dst-prefix=b/",
    ]
    switch scope {
    case .tracked: return Changes()
    case .staged:
      var common: Changes?
      for head in try repository.heads() {
        let found = try parsed(
          try repository.start(["diff-index", "--cached"] + flags + [head, "--"]))
        // While a merge is under way, a line is new if it is in none of the merged.
        common?.lines.merge(found.lines) { $0.intersection($1) }
        common = common ?? found
      }
      return common ?? Changes()
    case .range, .history:
      let names = commits.map { $0 + "\n" }.joined()
      let list = try repository.start(
        ["cat-file", "--batch-check=%(objectname)"], input: .bytes(Array(names.utf8)))
      return try parsed(
        try repository.start(
          ["diff-tree", "--stdin", "--root", "-r", "-c"] + flags, input: .output(of: list)))
    }
  }

  private func parsed(_ child: ChildProcess) throws(GitError) -> Changes {
    var patch = GitPatch(idLength: repository.idLength)
    do throws(ChildError) {
      while let line = try child.read(until: .newline, bytesMax: 256 << 20) { patch.take(line) }
    } catch {
      throw GitError(error, repository.directory)
    }
    try repository.finish(child)
    return patch.changes
  }
}

/// Reads patches without context line by line, merges' with several columns too.
struct GitPatch {
  private(set) var changes = GitAddedLines.Changes()
  private let idLength: Int
  private var commit: String?
  private var path: String?
  /// Parents of the file being compared.
  private var columns = 1
  /// Lines of the hunk to come: of the result, and of each parent.
  private var newLeft = 0
  private var oldLeft: [Int] = []
  private var line = 0

  init(idLength: Int) { self.idLength = idLength }

  mutating func take(_ bytes: [UInt8]) {
    if newLeft > 0 || oldLeft.contains(where: { $0 > 0 }) {
      takeBody(bytes)
    } else if bytes.starts(with: "diff --".utf8) {
      path = nil
    } else if bytes.starts(with: "+++ ".utf8) {
      path = GitPatch.path(bytes.dropFirst(4))
      if let path { changes.lines[file(path), default: .init()].add(0..<0) }
    } else if bytes.first == UInt8(ascii: ":") {
      takeChange(bytes)
    } else if bytes.starts(with: "@@".utf8) {
      beginHunk(bytes)
    } else if bytes.count == idLength, bytes.allSatisfy({ isHex($0) }) {
      commit = GitPlaces.short(bytes)
    }
  }

  /// `:MODE MODE ID ID STATUS`, a tab and the path, with the old one before it when it was another, and
  /// with a colon, a mode and an id more for each further parent. A file that was only renamed, or got
  /// another mode, has no patch.
  private mutating func takeChange(_ bytes: [UInt8]) {
    let parts = bytes.split(separator: 0x09)
    let words = parts.first?.split(separator: UInt8(ascii: " ")) ?? []
    let ids = words.dropFirst((words.count - 1) / 2).dropLast()
    guard parts.count > 1, ids.count > 1, let id = ids.last else { return }
    let paths = parts.dropFirst().map { Escaping.text(fromFileName: GitPatch.name(Array($0))) }
    let file = file(paths[paths.count - 1])
    changes.ids[file] = Array(id)
    if paths.count == 2 { changes.oldPaths[file] = paths[0] }
    if ids.dropLast().contains(id) { changes.lines[file, default: .init()].add(0..<0) }
  }

  private func file(_ path: String) -> GitAddedLines.File {
    GitAddedLines.File(commit: commit, path: path)
  }

  /// `@@ -a,b +c,d @@`, with one more at sign and one more range for each further parent.
  private mutating func beginHunk(_ bytes: [UInt8]) {
    columns = bytes.prefix { $0 == UInt8(ascii: "@") }.count - 1
    var old: [Int] = []
    for word in bytes.split(separator: UInt8(ascii: " "), maxSplits: columns + 2).dropFirst() {
      let numbers = word.dropFirst().split(separator: UInt8(ascii: ",")).compactMap {
        Int(String(decoding: $0, as: UTF8.self))
      }
      guard let first = numbers.first else { break }
      let count = numbers.count > 1 ? numbers[1] : 1
      if word.first == UInt8(ascii: "-") {
        old.append(count)
      } else if word.first == UInt8(ascii: "+") {
        (line, newLeft) = (first, count)
        break
      }
    }
    oldLeft = old
  }

  private mutating func takeBody(_ bytes: [UInt8]) {
    // "\ No newline at end of file"
    if bytes.first == UInt8(ascii: "\\") { return }
    let marks = bytes.prefix(columns)
    if marks.contains(UInt8(ascii: "-")) {
      for (index, mark) in marks.enumerated() where mark == UInt8(ascii: "-") {
        if index < oldLeft.count { oldLeft[index] -= 1 }
      }
      return
    }
    if marks.allSatisfy({ $0 == UInt8(ascii: "+") }), let path {
      changes.lines[file(path), default: .init()].add(line..<line + 1)
    }
    for (index, mark) in marks.enumerated() where mark == UInt8(ascii: " ") {
      if index < oldLeft.count { oldLeft[index] -= 1 }
    }
    line += 1
    newLeft -= 1
  }

  private func isHex(_ byte: UInt8) -> Bool {
    byte >= 0x30 && byte <= 0x39 || byte >= 0x61 && byte <= 0x66
  }

  /// The path behind `b/`, as places show it; `nil` for a file that is gone.
  static func path(_ bytes: ArraySlice<UInt8>) -> String? {
    // Git puts a tab behind a name with a space.
    let raw = name(Array(bytes.last == 0x09 ? bytes.dropLast() : bytes))
    guard raw.starts(with: "b/".utf8) else { return nil }
    return Escaping.text(fromFileName: raw.dropFirst(2))
  }

  /// Takes git's quotes off where there are any: `"a\303\251\n"`.
  private static func name(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.first == UInt8(ascii: "\"") else { return bytes }
    let letters: [UInt8: UInt8] = [
      0x61: 7, 0x62: 8, 0x74: 9, 0x6E: 10, 0x76: 11, 0x66: 12, 0x72: 13,
    ]
    var out: [UInt8] = []
    var index = 1
    while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
      guard bytes[index] == UInt8(ascii: "\\"), index + 1 < bytes.count else {
        out.append(bytes[index])
        index += 1
        continue
      }
      let next = bytes[index + 1]
      let octal = bytes[(index + 1)...].prefix(3)
      if octal.count == 3, octal.allSatisfy({ $0 >= 0x30 && $0 <= 0x37 }) {
        out.append(UInt8(truncatingIfNeeded: octal.reduce(0) { $0 << 3 | Int($1 & 7) }))
        index += 4
      } else {
        out.append(letters[next] ?? next)
        index += 2
      }
    }
    return out
  }
}

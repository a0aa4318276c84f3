import Core
import Native

/// One path that a commit, or the index, changed.
struct GitChange: Sendable, Equatable {
  /// `nil` for the index.
  var commit: [UInt8]?
  /// Octal, as git writes it: `100644`, `120000` for a link, `160000` for a submodule.
  var mode: [UInt8]
  /// Hexadecimal.
  var id: [UInt8]
  /// The version before is the same: a file that only moved.
  var isUnchanged: Bool
  /// For example `A`, `M`, `R`, `U`.
  var status: UInt8
  /// Raw.
  var path: [UInt8]
  /// Where it was before, when it moved.
  var oldPath: [UInt8]?

  var isSubmodule: Bool { mode.elementsEqual("160000".utf8) }
  var isGone: Bool { id.allSatisfy { $0 == UInt8(ascii: "0") } }
}

/// Reads what `--raw -z` of git's diff commands prints.
struct GitChanges {
  private let child: ChildProcess
  private let place: [UInt8]
  private var commit: [UInt8]?

  /// What comes next.
  enum Entry {
    case commit([UInt8])
    case change(GitChange)
  }

  /// A path longer than this is no path.
  private static let fieldBytesMax = 1 << 20

  init(_ child: ChildProcess, _ repository: GitRepository) {
    self.child = child
    place = repository.directory
  }

  /// - Returns: `nil` at the end.
  mutating func next() throws(GitError) -> Entry? {
    guard let field = try field() else { return nil }
    guard field.first == UInt8(ascii: ":") else {
      guard field.count == 40 || field.count == 64 else { throw malformed() }
      commit = field
      return .commit(field)
    }
    // `:oldmode newmode oldid newid status`, with a colon, a mode and an id more for each further
    // parent of a merge.
    let parents = field.prefix { $0 == UInt8(ascii: ":") }.count
    let words = field[parents...].split(separator: UInt8(ascii: " "))
    guard words.count == 2 * parents + 3, let status = words.last?.first,
      var path = try self.field()
    else { throw malformed() }
    var oldPath: [UInt8]?
    // Of a merge only the new path is told.
    if parents == 1, status == UInt8(ascii: "R") || status == UInt8(ascii: "C") {
      guard let newPath = try self.field() else { throw malformed() }
      if status == UInt8(ascii: "R") { oldPath = path }
      path = newPath
    }
    let ids = words[(parents + 1)...].dropLast()
    let id = Array(ids[ids.endIndex - 1])
    return .change(
      GitChange(
        commit: commit, mode: Array(words[parents]), id: id,
        isUnchanged: ids.dropLast().contains { $0.elementsEqual(id) }, status: status, path: path,
        oldPath: oldPath))
  }

  private func field() throws(GitError) -> [UInt8]? {
    do throws(ChildError) {
      return try child.read(until: 0, bytesMax: GitChanges.fieldBytesMax)
    } catch {
      throw GitError(error, place)
    }
  }

  private func malformed() -> GitError {
    GitError(.failed, place, "git's answer cannot be understood")
  }
}

/// Where objects of a repository are said to be.
package struct GitPlaces: Sendable {
  var target: String
  /// The repository stands as the file and its objects as members (`shop.git!1a2b3c4d5e:src/app.js`);
  /// else the path below the repository stands as the file.
  var repository: String?

  /// Digits of an id that are shown: enough to tell commits apart, too few to look like a number.
  package static let idLength = 10

  func file(_ path: [UInt8], commit: [UInt8]?) -> Location {
    let path = Escaping.text(fromFileName: path)
    guard let repository else {
      return Location(target: target, path: path, member: commit.map(GitPlaces.short))
    }
    let member = commit.map { GitPlaces.short($0) + ":" + path } ?? path
    return Location(target: target, path: repository, member: member)
  }

  /// A message, a tag, a version of a file whose name is not known.
  func object(_ name: String) -> Location {
    Location(target: target, path: repository, member: name)
  }

  static func short(_ id: [UInt8]) -> String {
    String(decoding: id.prefix(idLength), as: UTF8.self)
  }
}

/// Ids that were met before: half of each, which is enough to tell them apart.
struct GitIDs: Sendable {
  struct Half: Hashable {
    var high: UInt64
    var low: UInt64
  }

  private var all: Set<Half> = []

  /// - Returns: whether it is new.
  mutating func insert(_ id: [UInt8]) -> Bool { all.insert(GitIDs.half(id)).inserted }
  func contains(_ id: [UInt8]) -> Bool { all.contains(GitIDs.half(id)) }

  static func half(_ id: [UInt8]) -> Half {
    var half = Half(high: 0, low: 0)
    for (index, digit) in id.prefix(32).enumerated() {
      let value = UInt64(digit < 0x40 ? digit & 0x0F : (digit & 0x0F) + 9)
      if index < 16 { half.high = half.high << 4 | value } else { half.low = half.low << 4 | value }
    }
    return half
  }
}

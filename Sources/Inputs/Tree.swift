import Core
import Native
import Synchronization

/// A directory with all below it, walked lazily, depth first, in the order of the names' bytes.
///
/// Hidden and ignored files are part of it: this is an audit. Links are listed, not followed; what is
/// neither file nor directory is listed. Objects of git repositories are read through git, where git
/// reads them; what else lies beside them is read as it is.
package final class TreeSource: Source {
  package let target: String
  private let path: [UInt8]
  private let options: InputOptions
  private let state: Mutex<Walk>

  /// - Throws: `SystemError` when the directory itself cannot be opened or listed.
  init(target: String, path: [UInt8], options: InputOptions) throws(SystemError) {
    self.target = target
    self.path = path
    self.options = options
    let root = try Level(
      Descriptor.openDirectory(path, followsLinks: true), path: path, relativePath: [])
    let notes =
      root.listing.isComplete ? [] : [TreeSource.overfull(Escaping.text(fromFileName: path))]
    state = Mutex(Walk(levels: [root], notes: notes))
  }

  private struct Walk: Sendable {
    var levels: [Level]
    /// What there is to say of directories that were begun.
    var notes: [Coverage.Entry]
    /// Files with several names that were handed out already.
    var seen: Set<FileStatus.Identity> = []
    /// The history of the repository whose objects were come upon.
    var history: (any Source)?
  }

  /// One directory on the way down.
  private struct Level: Sendable {
    var directory: OpenDirectory
    var listing: DirectoryListing
    var identity: FileStatus.Identity
    var index = 0
    /// Databases whose log is yet to come in the listing; it is read with the database.
    var databases: Set<[UInt8]> = []
    /// A git repository's own directory.
    var isRepository: Bool
    /// A directory of objects that git reads.
    var storage: GitStorage?
    /// Ends with a slash.
    var prefix: [UInt8]
    /// As `prefix`, from the target on; empty for the target itself.
    var relativePrefix: [UInt8]

    init(
      _ descriptor: consuming Descriptor, path: [UInt8], relativePath: [UInt8]
    ) throws(SystemError) {
      directory = OpenDirectory(descriptor)
      identity = try directory.descriptor.status().identity
      let names = try DirectoryListing(of: directory.descriptor)
      listing = names
      isRepository = ["HEAD", "objects", "refs"].allSatisfy { names.contains(Array($0.utf8)) }
      prefix = path
      if prefix.last != slash { prefix.append(slash) }
      relativePrefix = relativePath
      if !relativePath.isEmpty { relativePrefix.append(slash) }
    }
  }

  package func next() -> ItemEvent? {
    state.withLock { walk in
      while true {
        if let note = walk.notes.popLast() { return .notExamined(note) }
        if let event = walk.history?.next() { return event }
        walk.history = nil
        guard var level = walk.levels.popLast() else { return nil }
        guard level.index < level.listing.count else { continue }
        let name = level.listing[level.index]
        level.index += 1
        walk.levels.append(level)
        if let event = visit(name, in: level, &walk) { return event }
      }
    }
  }

  private static func overfull(_ place: String) -> Coverage.Entry {
    Coverage.Entry(
      place: place, reason: .unsupported, detail: "It has more entries than can be listed.")
  }

  /// - Returns: `nil` for a directory that was entered, and for what is told elsewhere.
  private func visit(_ name: [UInt8], in level: Level, _ walk: inout Walk) -> ItemEvent? {
    let path = level.prefix + name
    let place = Escaping.text(fromFileName: path)
    let status: FileStatus
    do throws(SystemError) {
      status = try level.directory.descriptor.status(ofEntry: name)
    } catch {
      return .notExamined(InputError(place, error).entry)
    }
    if let own = options.ownFiles[status.identity] {
      // Until it is whole its name has an end that is another one in every run.
      let final = OutputDescriptor.finalName(of: name)
      return .excluded(own.entry(Escaping.text(fromFileName: level.prefix + final)))
    }
    let relativePath = level.relativePrefix + name
    let isDirectory = status.kind == .directory
    if options.excludes.contains(where: {
      $0.matches(path: relativePath, isDirectory: isDirectory)
    }) {
      return .excluded(Coverage.Entry(place: place, reason: .excludedByPattern))
    }
    switch status.kind {
    case .directory:
      return enter(name, path, relativePath, place, status, level, &walk)
    case .regular:
      if let storage = level.storage, storage.holds(name, isBeside: level.listing.contains) {
        return nil
      }
      return file(name, path, place, status, level, &walk)
    case .symbolicLink: return .excluded(Coverage.Entry(place: place, reason: .symbolicLink))
    case .fifo: return .excluded(Coverage.Entry(place: place, reason: .fifo))
    case .socket: return .excluded(Coverage.Entry(place: place, reason: .socket))
    case .device: return .excluded(Coverage.Entry(place: place, reason: .device))
    case .unknown: return .notExamined(Coverage.Entry(place: place, reason: .unsupported))
    }
  }

  private func enter(
    _ name: [UInt8], _ path: [UInt8], _ relativePath: [UInt8], _ place: String,
    _ status: FileStatus, _ level: Level, _ walk: inout Walk
  ) -> ItemEvent? {
    if walk.levels.contains(where: { $0.identity == status.identity }) {
      return .excluded(
        Coverage.Entry(
          place: place, reason: .mountLoop, detail: "It is a directory above itself."))
    }
    if walk.levels.count >= Limits.directoryDepthMax {
      return .notExamined(
        Coverage.Entry(
          place: place, reason: .unsupported,
          detail: "It lies \(Limits.directoryDepthMax) directories deep. Scan it as a target."))
    }
    do throws(SystemError) {
      let descriptor = try level.directory.descriptor.openDirectory(entry: name)
      var inner = try Level(descriptor, path: path, relativePath: relativePath)
      inner.storage = level.storage?.directory(name)
      var event: ItemEvent?
      if level.isRepository, name.elementsEqual("objects".utf8) {
        event = beginHistory(place, level, &inner, &walk)
      }
      walk.levels.append(inner)
      if !inner.listing.isComplete { walk.notes.append(TreeSource.overfull(place)) }
      return event
    } catch {
      return .notExamined(InputError(place, error).entry)
    }
  }

  /// Lets git read a repository's objects; where it cannot, they are files like others.
  private func beginHistory(
    _ place: String, _ level: Level, _ objects: inout Level, _ walk: inout Walk
  ) -> ItemEvent? {
    if options.isForecast {
      objects.storage = .objects
      return nil
    }
    do throws(InputError) {
      walk.history = try makeGitSource(
        target: target, gitDirectory: Array(level.prefix.dropLast()),
        relativePath: Array(level.relativePrefix.dropLast()), options)
    } catch {
      return .notExamined(error.entry)
    }
    objects.storage = .objects
    return .excluded(
      Coverage.Entry(
        place: place, reason: .alreadyExamined, detail: "git reads it: the repository's history."))
  }

  private func file(
    _ name: [UInt8], _ path: [UInt8], _ place: String, _ status: FileStatus, _ level: Level,
    _ walk: inout Walk
  ) -> ItemEvent? {
    if let largest = options.fileBytesMax, status.size > largest {
      return .excluded(
        Coverage.Entry(place: place, reason: .largerThanLimit, bytes: status.size))
    }
    if status.linkCount > 1 {
      if walk.seen.contains(status.identity) {
        return .excluded(
          Coverage.Entry(
            place: place, reason: .alreadyExamined, detail: "Another name of a file read before."))
      }
      // Past the bound a file with two names is read twice, which costs time and nothing else.
      if walk.seen.count < TreeSource.seenMax { walk.seen.insert(status.identity) }
    }
    if name.ends(with: logSuffix), let depth = walk.levels.indices.last,
      walk.levels[depth].databases.remove(Array(name.dropLast(logSuffix.count))) != nil
    {
      // A log that cannot be opened is told by the database.
      guard isReadable(name, level) else { return nil }
      return .excluded(
        Coverage.Entry(
          place: place, reason: .alreadyExamined, detail: "It was read with its database."))
    }
    noteDatabase(name, level, &walk)
    return .item(
      FileItem(
        target: target, path: path, bytes: status.size,
        origin: .entry(of: level.directory, name: name),
        options: options))
  }

  private func isReadable(_ name: [UInt8], _ level: Level) -> Bool {
    do throws(SystemError) {
      _ = try level.directory.descriptor.open(entry: name)
      return true
    } catch {
      return false
    }
  }

  /// Looks whether a file with a log beside it is a database. This must happen before the database is
  /// handed out: closing a descriptor later would drop the locks of whoever reads it.
  private func noteDatabase(_ name: [UInt8], _ level: Level, _ walk: inout Walk) {
    guard level.listing.contains(name + logSuffix), let depth = walk.levels.indices.last else {
      return
    }
    do throws(SystemError) {
      let file = OpenFile(try level.directory.descriptor.open(entry: name))
      if try file.head(bytes: DatabaseContent.magic.count) == DatabaseContent.magic {
        walk.levels[depth].databases.insert(name)
      }
    } catch {
      // The item itself will tell; its log is then read as a file.
      return
    }
  }

  /// Files with several names remembered.
  private static let seenMax = 100_000
}

private let logSuffix = Array("-wal".utf8)

extension [UInt8] {
  fileprivate func ends(with suffix: [UInt8]) -> Bool { self.suffix(suffix.count) == suffix[...] }
}

private let slash = UInt8(ascii: "/")

import Core
import Native
import Synchronization

/// One file of a tree or named by the user. What it holds (plain bytes, a database) is decided when
/// it is opened.
package final class FileItem: Item {
  package let location: Location
  package let expectedBytes: Int
  private let path: [UInt8]
  private let isNamedDatabase: Bool
  private let options: InputOptions
  private let state: Mutex<State>

  private struct State: Sendable {
    /// Gone once opened, so that the directory can be closed.
    var origin: FileOrigin?
    /// Outlasts the opening, but not the item's end; `nil` when nobody asks for stamps.
    var stampOrigin: FileOrigin?
    var content: (any ItemContent)?
    var modified: Int?
  }

  /// - Parameters:
  ///   - path: raw, as reached from the target.
  ///   - bytes: how large it was when it was seen.
  ///   - isNamedDatabase: the user says it is a database; if it is none, that is told.
  init(
    target: String, path: [UInt8], bytes: Int, origin: FileOrigin, isNamedDatabase: Bool = false,
    options: InputOptions
  ) {
    location = Location(target: target, path: Escaping.text(fromFileName: path))
    self.path = path
    expectedBytes = bytes
    self.isNamedDatabase = isNamedDatabase
    self.options = options
    state = Mutex(State(origin: origin, stampOrigin: options.keepsStamps ? origin : nil))
  }

  /// Of the file and, in case it is a database, of its logs.
  package func stamp() -> ItemStamp? {
    guard let origin = state.withLock({ $0.stampOrigin }) else { return nil }
    do throws(SystemError) {
      let file = try origin.status()
      guard file.kind == .regular else { return nil }
      return ItemStamp(
        file,
        try ["-wal", "-journal"].map { suffix throws(SystemError) in
          do throws(SystemError) {
            return try origin.beside(suffix: Array(suffix.utf8)).status()
          } catch .notFound {
            return nil
          }
        })
    } catch {
      // What cannot be looked at is read, and then it is told why it cannot be.
      return nil
    }
  }

  package var head: [UInt8] { state.withLock { $0.content }?.head ?? [] }

  package func open() throws(InputError) {
    let place = location.path ?? ""
    guard let origin = state.withLock({ state in state.origin.take() }) else {
      throw InputError(place, .readError, "It was opened twice.")
    }
    do throws(InputError) {
      let content = try makeContent(place, origin)
      state.withLock { $0.content = content }
    } catch {
      state.withLock { $0.stampOrigin = nil }
      throw error
    }
  }

  private func makeContent(
    _ place: String, _ origin: FileOrigin
  ) throws(InputError) -> any ItemContent {
    let file: OpenFile
    let status: FileStatus
    var head: [UInt8] = []
    do throws(SystemError) {
      file = OpenFile(try origin.open())
      status = try file.descriptor.status()
      guard status.kind == .regular else { throw .notFound }
      // A file of the kernel's says that it is empty.
      let context = options.sizes.context
      head = try file.head(bytes: status.size > 0 ? min(context, status.size) : context)
    } catch {
      throw InputError(place, error)
    }
    if status.size > options.sizes.block { file.descriptor.adviseSequential() }
    state.withLock { $0.modified = status.modified }
    let kind = ContentKind(head, name: path)
    var field = Chunk.Field.none
    if case .unreadable(let kind) = kind { field = kind.field }
    let content = FileContent(
      file: file, size: status.size, head: head, place: place, sizes: options.sizes, field: field,
      isSparse: status.allocatedBytes < status.size)
    switch kind {
    case .plain:
      if Documents.kind(head) == nil, !isLateArchive(head, file, status.size) { break }
      return ContainerContent.file(file, size: status.size, place: place, options: options)
    case .database: return makeDatabase(place, origin, content)
    case .unreadable(let kind):
      content.tell(Coverage.Entry(place: place, reason: kind.reason, detail: kind.detail))
      return content
    case .compressed, .archive:
      return ContainerContent.file(file, size: status.size, place: place, options: options)
    }
    if isNamedDatabase && !head.isEmpty {
      content.tell(
        Coverage.Entry(
          place: place, reason: .encrypted,
          detail: "It is no SQLite database, or it is encrypted. Its bytes were read as they are."))
    } else if EncryptedDatabase.isLikely(name: path, head: head, size: status.size) {
      content.tell(
        Coverage.Entry(
          place: place, reason: .encrypted,
          detail: "It is named like a database and looks encrypted. Scan it decrypted."))
    }
    return content
  }

  /// Whether the file is an archive, though it does not begin as one.
  private func isLateArchive(_ head: [UInt8], _ file: OpenFile, _ size: Int) -> Bool {
    guard LateArchive.isLikely(head) || ZipDirectory.isEnd(last(head, file, size)) else {
      return false
    }
    return LateArchive.format(
      head, of: FileStream(file, size: size, budget: ExpansionBudget(options.containers))) != nil
  }

  private func last(_ head: [UInt8], _ file: OpenFile, _ size: Int) -> [UInt8] {
    let count = ZipDirectory.recordBytes
    guard size > head.count else { return Array(head.suffix(count)) }
    do throws(SystemError) {
      return try file.head(bytes: count, at: max(0, size - count))
    } catch {
      // Whoever reads the file meets the same error, and tells it.
      return []
    }
  }

  private func makeDatabase(
    _ place: String, _ origin: FileOrigin, _ plain: FileContent
  ) -> DatabaseContent {
    // No page lies in two shares.
    var pageSizes = options.sizes
    pageSizes.segment = (pageSizes.segment + 0xFFFF) & ~0xFFFF
    let main = FileContent(
      file: plain.file, size: plain.size, head: plain.head, place: place, sizes: pageSizes,
      field: .pages)
    var databasePath = path
    if case .named(let resolved) = origin { databasePath = resolved }
    var log: FileContent?
    do throws(SystemError) {
      let file = OpenFile(try origin.beside(suffix: Array("-wal".utf8)).open())
      let status = try file.descriptor.status()
      if status.kind == .regular {
        log = FileContent(
          file: file, size: status.size, head: [], place: place + "-wal", sizes: options.sizes,
          field: .pages, member: FileItem.name(of: databasePath) + "-wal")
      }
    } catch .notFound {
      log = nil
    } catch {
      main.tell(InputError(place + "-wal", error).entry)
    }
    return DatabaseContent(
      path: databasePath, place: place, header: plain.head, main: main, log: log,
      opener: ValueOpener(options.containers, options.sizes))
  }

  private static func name(of path: [UInt8]) -> String {
    Escaping.text(fromFileName: path.split(separator: UInt8(ascii: "/")).last ?? [])
  }

  package func nextPart() -> (any Part)? { state.withLock { $0.content }?.nextPart() }

  package func close() -> PartOutcome {
    let (content, modified) = state.withLock { state in
      state.stampOrigin = nil
      return (state.content.take(), state.modified)
    }
    var outcome = content?.close() ?? PartOutcome()
    outcome.modified = modified
    return outcome
  }
}

extension OpenFile {
  /// Bytes of the file from its beginning or another place on, at most `bytes`.
  func head(bytes: Int, at offset: Int = 0) throws(SystemError) -> [UInt8] {
    var head = [UInt8](repeating: 0, count: bytes)
    let read: Swift.Result<Int, SystemError> = head.withUnsafeMutableBytes { buffer in
      Swift.Result { () throws(SystemError) in try descriptor.read(into: buffer, at: offset) }
    }
    head.removeLast(bytes - (try read.get()))
    return head
  }
}

import Core
import Native

/// Apache Parquet: tables stored column by column. Every value is read, as text, with its column's name
/// and its row.
struct ParquetDocument: DocumentKind {
  static let magic = Array("PAR1".utf8)
  private static let encryptedMagic = Array("PARE".utf8)

  static func begins(_ head: [UInt8]) -> Bool {
    head.starts(with: magic) || head.starts(with: encryptedMagic)
  }

  func recognises(_ head: [UInt8], name: Substring) -> Bool { ParquetDocument.begins(head) }

  func open(_ member: ContainerMember, head: [UInt8], _ walk: ContainerWalk) -> any ContainerLevel {
    var member = member
    // Where its columns lie stands at the end.
    member.stream = walk.hold(member.stream)
    guard let size = member.stream.seekableBytes else {
      walk.tell(
        member, .overLimit,
        "It is too large to be read inside another container. Unpack it, then scan it.")
      return RawLevel(member)
    }
    if head.starts(with: ParquetDocument.encryptedMagic) {
      walk.tell(member, .encrypted, "It is encrypted. Scan it decrypted.")
      return RawLevel(member)
    }
    guard let footer = ParquetDocument.footer(of: member.stream, size: size, walk) else {
      walk.tell(member, .corrupt, "Its list of columns cannot be read. Its bytes were.")
      return RawLevel(member)
    }
    return ParquetLevel(member, footer, size: size)
  }

  private static func footer(
    of stream: ByteStream, size: Int, _ walk: ContainerWalk
  ) -> ParquetFooter? {
    guard size >= 12 else { return nil }
    let tail = bytes(of: stream, from: size - 8, count: 8)
    guard tail.count == 8, tail.suffix(4).elementsEqual(magic) else { return nil }
    let length = tail.withUnsafeBytes { Int($0.loadUnaligned(as: UInt32.self)) }
    guard length <= size - 12, length <= walk.budget.scratchLeft else { return nil }
    return bytes(of: stream, from: size - 8 - length, count: length)
      .withUnsafeBytes { ParquetFooter($0) }
  }

  private static func bytes(of stream: ByteStream, from offset: Int, count: Int) -> [UInt8] {
    var bytes: [UInt8] = []
    stream.seek(to: offset)
    while bytes.count < count, let block = stream.nextBlock(), !block.isEmpty {
      bytes += block.prefix(count - bytes.count)
    }
    return bytes
  }
}

/// Gives the columns of a file, one after the other.
final class ParquetLevel: ContainerLevel {
  private let member: ContainerMember
  private let footer: ParquetFooter
  private let size: Int
  private var column = 0
  /// Packages that were told to be missing.
  fileprivate var missing: Set<String> = []

  init(_ member: ContainerMember, _ footer: ParquetFooter, size: Int) {
    self.member = member
    self.footer = footer
    self.size = size
  }

  func next(_ walk: ContainerWalk) -> ContainerEvent {
    guard column < footer.columns.count else {
      var outcome = PartOutcome()
      outcome.examined.rows = max(0, footer.rowCount)
      walk.add(outcome)
      return .end
    }
    defer { column += 1 }
    switch footer.columns[column].type {
    // Neither truth values nor old time stamps hold digits that could be a number.
    case .boolean, .int96: return .nothing
    default: return .part(ParquetColumnPart(self, member, footer, column, size: size, in: walk))
    }
  }
}

/// One column of all rows.
///
/// Unchecked because one thread at a time goes through a container: the one that reads its parts.
final class ParquetColumnPart: Part, @unchecked Sendable {
  let table: String?
  let columns: [String]
  let member: String?
  let encoding: [String]
  let head: [UInt8]? = []
  let group: Int
  let expectedBytes = 0
  private(set) var rowKey: String?
  private let level: ParquetLevel
  private let source: ContainerMember
  private let footer: ParquetFooter
  private let index: Int
  private let size: Int
  private let walk: ContainerWalk

  init(
    _ level: ParquetLevel, _ source: ContainerMember, _ footer: ParquetFooter, _ index: Int,
    size: Int, in walk: ContainerWalk
  ) {
    self.level = level
    self.source = source
    self.footer = footer
    self.index = index
    self.size = size
    self.walk = walk
    table = footer.name
    columns = [footer.columns[index].name]
    member = source.chain
    encoding = source.encoding
    group = source.group
  }

  func read(into _: WorkBuffer, _ body: (Chunk) -> Bool) -> PartOutcome {
    var outcome = PartOutcome()
    var firstRow = 1
    do throws(ParquetPages.Failure) {
      for group in footer.groups {
        let chunk = group.chunks[index]
        try check(chunk)
        let pages = ParquetPages(
          chunk, footer.columns[index], source.stream, walk.budget, depth: walk.depth)
        let rows = try pages.read { row, value in
          rowKey = "row=\(firstRow + row)"
          return body(Chunk(bytes: value, owned: 0..<value.count, field: .column(0)))
        }
        guard rows == group.rowCount else { throw .damaged }
        firstRow += rows
        outcome.examined.bytes += chunk.byteCount
      }
    } catch {
      tell(error)
    }
    return outcome
  }

  private func check(_ chunk: ParquetFooter.Chunk) throws(ParquetPages.Failure) {
    if chunk.isEncrypted { throw .notHere(.encrypted, "The column is encrypted.") }
    if chunk.isElsewhere { throw .notHere(.unsupported, "The column lies in another file.") }
    guard chunk.start >= 0, chunk.byteCount >= 0, chunk.start <= size,
      chunk.byteCount <= size - chunk.start
    else { throw .damaged }
  }

  private func tell(_ failure: ParquetPages.Failure) {
    let name = columns[0]
    var member = source
    member.chain = source.chain.map { $0 + "!" + name } ?? name
    switch failure {
    case .damaged:
      walk.tell(
        member, .corrupt, "The column cannot be read to its end. What came before was read.")
    case .tooLarge:
      walk.tell(member, .overLimit, "The column has pages too large to be held in memory.")
    case .codec(let codec):
      walk.tell(member, .unsupported, "The column is compressed with \(codec), which is not read.")
    case .missing(let package):
      guard level.missing.insert(package).inserted else { return }
      walk.tell(
        source, .missingHelper,
        "The library that unpacks its columns is missing. On Debian: apt-get install \(package).")
    case .notHere(let reason, let detail): walk.tell(member, reason, detail)
    case .stream: if let trouble = source.stream.trouble { walk.tell(member, trouble) }
    case .stopped: walk.stop()
    }
  }
}

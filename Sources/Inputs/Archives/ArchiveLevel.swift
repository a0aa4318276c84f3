import Core
import Native

/// A compressed stream that is open: it holds one thing, under the same name.
final class CompressedLevel: ContainerLevel {
  private let member: ContainerMember
  private var inner: ContainerMember?
  private var isGiven = false

  /// - Throws: when the bytes are not what their beginning says.
  init(
    _ filter: LibArchive.Filter, _ member: ContainerMember, budget: ExpansionBudget, depth: Int
  ) throws(ArchiveError) {
    self.member = member
    let stream: ByteStream
    if filter == .gzip {
      let inflated = InflatedStream(
        try Inflater(member.stream), source: member.stream, budget: budget, depth: depth)
      // What only begins like gzip is told apart by the first bytes.
      try inflated.start()
      stream = inflated
    } else {
      let reader = try ArchiveReader(.compressed(filter), member.stream)
      guard try reader.nextEntry() != nil else { return }
      stream = MemberStream(reader, source: member.stream, budget: budget, depth: depth)
    }
    inner = ContainerMember(
      chain: member.chain, encoding: member.encoding + [filter.rawValue], stream: stream)
  }

  func next(_ walk: ContainerWalk) -> ContainerEvent {
    guard !isGiven, let inner else { return .end }
    isGiven = true
    return .member(inner)
  }
}

/// An archive that is open.
final class ArchiveLevel: ContainerLevel {
  private let reader: ArchiveReader
  private let member: ContainerMember
  private let format: LibArchive.Format
  private let budget: ExpansionBudget
  private let depth: Int
  private var first: ArchiveReader.Entry?
  private var current: ContainerMember?
  private var count = 0
  /// Strings of a workbook, looked up once.
  private var strings: SharedStrings?
  /// Of a workbook's members.
  let group: Int

  /// - Throws: when the bytes are not what their beginning says.
  init(
    _ format: LibArchive.Format, _ member: ContainerMember, budget: ExpansionBudget, depth: Int
  ) throws(ArchiveError) {
    self.format = format
    self.member = member
    self.budget = budget
    self.depth = depth
    group = budget.newGroup()
    reader = try ArchiveReader(.members(format), member.stream)
    first = try reader.nextEntry()
  }

  func next(_ walk: ContainerWalk) -> ContainerEvent {
    if let trouble = current?.stream.trouble, !trouble.isLocal {
      // Told by whoever read the member; if nobody did, here.
      if let current { walk.tell(current, trouble) }
      return .end
    }
    let entry: ArchiveReader.Entry
    do throws(ArchiveError) {
      if let first {
        self.first = nil
        entry = first
      } else {
        guard count > 0, let next = try reader.nextEntry() else { return .end }
        entry = next
      }
    } catch {
      let trouble = member.stream.takeTrouble(or: error)
      walk.tell(member, trouble)
      count += 1
      // A header that cannot be read is not tried again for ever: each failure is a member.
      return trouble.isLocal && walk.budget.countMember() == nil ? .nothing : .end
    }
    count += 1
    return take(entry, walk)
  }

  private func take(_ entry: ArchiveReader.Entry, _ walk: ContainerWalk) -> ContainerEvent {
    let name =
      entry.name.isEmpty ? "member \(count)" : Escaping.text(fromFileName: entry.name)
    var inner = member.appending(
      name, MemberStream(reader, source: member.stream, budget: budget, depth: depth))
    inner.archive = self
    current = inner
    if let trouble = budget.countMember() {
      walk.tell(member, trouble)
      return .end
    }
    guard entry.isFile else { return .nothing }
    if entry.isEncrypted {
      walk.tell(inner, .encrypted, "It is encrypted. Scan it decrypted.")
      return .nothing
    }
    walk.countExamined()
    return .member(inner)
  }

  /// Opens another member of the same archive, where it can be read from any place.
  /// - Returns: `nil` when there is none, or it cannot be reached.
  func other(_ suffix: String) -> ByteStream? {
    guard format == .zip, let copy = member.stream.secondReader() else { return nil }
    do throws(ArchiveError) {
      let reader = try ArchiveReader(.members(format), copy)
      while let entry = try reader.nextEntry() {
        let name = String(decoding: entry.name, as: UTF8.self)
        guard name == suffix || name.hasSuffix("/" + suffix), !entry.isEncrypted else { continue }
        return MemberStream(reader, source: copy, budget: budget, depth: depth)
      }
    } catch {
      // The walk itself meets the same trouble and tells it.
      return nil
    }
    return nil
  }

  /// The workbook's strings; empty when they cannot be had ahead of the sheets.
  func sharedStrings() -> SharedStrings {
    if let strings { return strings }
    let made = SharedStrings(other("xl/sharedStrings.xml"))
    strings = made
    return made
  }
}

/// What the directory at the end of a zip file says.
enum ZipDirectory {
  /// Whether the directory may be held in memory; the library keeps some 200 bytes a member.
  static func isModest(_ stream: ByteStream) -> Bool {
    guard let size = stream.seekableBytes else { return false }
    let tailBytes = min(size, 22 + 0xFFFF)
    stream.seek(to: size - tailBytes)
    var tail: [UInt8] = []
    while tail.count < tailBytes, let block = stream.nextBlock(), !block.isEmpty { tail += block }
    stream.seek(to: 0)
    guard tail.count >= 22 else { return true }
    var at = tail.count - 22
    while at >= 0 {
      if tail[at] == 0x50, tail[at + 1] == 0x4B, tail[at + 2] == 5, tail[at + 3] == 6 {
        // All ones: more than the field holds.
        return tail[at + 10] != 0xFF || tail[at + 11] != 0xFF
      }
      at -= 1
    }
    return true
  }
}

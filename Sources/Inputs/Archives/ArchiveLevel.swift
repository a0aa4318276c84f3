import Core
import Native

/// A compressed stream that is open: it holds one thing, under the same name.
final class CompressedLevel: ContainerLevel {
  private let member: ContainerMember
  private var inner: ContainerMember?
  private var isGiven = false
  private var isEnded = false
  private let stream: any UnpackedStream
  /// Of gzip.
  private var fields: GzipFields?

  /// - Throws: when the bytes are not what their beginning says.
  init(
    _ filter: LibArchive.Filter, _ member: ContainerMember, budget: ExpansionBudget, depth: Int
  ) throws(ArchiveError) {
    self.member = member
    if filter == .gzip || filter == .zlib {
      let inflater = try Inflater(member.stream, filter == .gzip ? .gzip : .zlib)
      let inflated = InflatedStream(
        inflater, source: member.stream, budget: budget, depth: depth)
      try inflated.start()
      stream = inflated
      fields = inflater.fields
    } else {
      let reader = try ArchiveReader(.compressed(filter), member.stream)
      let unpacked = MemberStream(reader, source: member.stream, budget: budget, depth: depth)
      stream = unpacked
      guard try reader.nextEntry() != nil else { return }
    }
    var inner = ContainerMember(
      chain: member.chain, encoding: member.encoding + [filter.rawValue], stream: stream)
    if filter == .zlib, let count = GitStorage.headerCount(inner.peek(GitStorage.headerBytesMax)) {
      // What an object of git holds is told by its own first bytes.
      let first = inner.stream.nextBlock().map { Array($0.dropFirst(count)) } ?? []
      inner.stream = PeekedStream(inner.stream, taken: first)
    }
    self.inner = inner
  }

  func next(_ walk: ContainerWalk) -> ContainerEvent {
    if let inner, !isGiven {
      isGiven = true
      return .member(inner)
    }
    if let part = fieldsPart(walk) { return part }
    // One that was not read to its end was told.
    guard !isEnded, stream.isAtEnd else { return .end }
    isEnded = true
    return walk.openBehind(member, taken: stream.bytesBehind)
  }

  /// What its headers held, once, when that may be something.
  private func fieldsPart(_ walk: ContainerWalk) -> ContainerEvent? {
    guard let fields else { return nil }
    self.fields = nil
    if fields.isCut {
      walk.tell(
        member, .overLimit,
        "Names and comments in its headers were not all read: one of them is too long.")
    }
    let text = fields.takeText()
    return Asides.mayHold(text[...]) ? walk.textPart("in its headers", text, of: member) : nil
  }
}

/// An archive that is open.
final class ArchiveLevel: ContainerLevel {
  private let reader: ArchiveReader
  private let member: ContainerMember
  /// Of a tar.
  private let headers: TarHeaders?
  /// Of a rar.
  private var comment: RARComment?
  private var isEnded = false
  private let format: LibArchive.Format
  private let budget: ExpansionBudget
  private let depth: Int
  /// Whether it is read from its beginning on, so that the reader stands at its end when all is read.
  private let isReadThrough: Bool
  private var first: ArchiveReader.Entry?
  private var current: ContainerMember?
  private var count = 0
  /// What is still to come behind the last entry.
  private var unlisted: [UnlistedBytes]?
  /// Enough to be given before the end.
  private static let headersBytes = 64 << 10
  /// Strings of a workbook, looked up once.
  private var strings: SharedStrings?
  /// Names of a workbook's sheets, looked up once.
  private var names: WorkbookNames?
  /// Of a workbook's members.
  let group: Int

  /// - Throws: when the bytes are not what their beginning says.
  init(
    _ format: LibArchive.Format, _ member: ContainerMember, budget: ExpansionBudget, depth: Int
  ) throws(ArchiveError) {
    var member = member
    headers = format == .tar ? TarHeaders(member.stream) : nil
    if let headers { member.stream = headers }
    if format == .rar { comment = RARComment(member.peek(RARComment.bytesMax)) }
    self.format = format
    self.member = member
    self.budget = budget
    self.depth = depth
    group = budget.newGroup()
    let isZip = format == .zip || format == .zipStream
    isReadThrough = format.isReadThrough || isZip && ZipDirectory(member.stream) == nil
    reader = try ArchiveReader(.members(format), member.stream)
    first = try reader.nextEntry()
  }

  func next(_ walk: ContainerWalk) -> ContainerEvent {
    if !isEnded {
      if let part = headersPart(walk, from: ArchiveLevel.headersBytes) { return part }
      let event = nextMember(walk)
      guard case .end = event else { return event }
      isEnded = true
    }
    // However it ended, what was in the headers up to there.
    return headersPart(walk, from: 1) ?? commentPart(walk) ?? .end
  }

  private func commentPart(_ walk: ContainerWalk) -> ContainerEvent? {
    guard let comment else { return nil }
    self.comment = nil
    switch comment {
    case .text(let text): return walk.textPart("in its comment", text, of: member)
    case .packed:
      walk.tell(
        member, .unsupported, "Its comment is packed and was not read. See what is in it: unrar l.")
      return nil
    }
  }

  /// What the headers held so far, when there is so much of it.
  private func headersPart(_ walk: ContainerWalk, from count: Int) -> ContainerEvent? {
    guard let headers, headers.text.count >= count else { return nil }
    return walk.textPart("in its headers", headers.takeText(), of: member)
  }

  private func nextMember(_ walk: ContainerWalk) -> ContainerEvent {
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
        guard unlisted == nil, count > 0, let next = try reader.nextEntry() else {
          return atEnd(walk)
        }
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

  /// What no entry of the archive has: before its beginning, between its members, behind its end.
  private func atEnd(_ walk: ContainerWalk) -> ContainerEvent {
    guard unlisted != nil else {
      // To look for them would move the stream.
      let found = isReadThrough ? nil : UnlistedBytes.find(in: member.stream, format)
      unlisted = found ?? []
      if found == nil { tellUnlisted(walk) }
      if headers?.isLost == true {
        walk.tell(
          member, .unsupported,
          "Owners, comments and attributes in its headers were not all read: one is damaged or too "
            + "long.")
      }
      return isReadThrough ? behind(walk) : .nothing
    }
    guard let next = unlisted?.popLast() else {
      // What was taken into memory may be less than there should be.
      if let trouble = member.stream.trouble { walk.tell(member, trouble) }
      return .end
    }
    guard let copy = walk.secondReader(of: member) else { return .end }
    return .member(member.appending(next.name, SliceStream(copy, next.range)))
  }

  /// Says of a zip why what lies between its members is not known.
  private func tellUnlisted(_ walk: ContainerWalk) {
    guard member.stream.trouble == nil, !format.isReadThrough else { return }
    if member.stream.seekableBytes == nil {
      walk.tell(
        member, .overLimit,
        "What lies between its members was not looked for: it is too large to be held in memory. "
          + "Unpack it, then scan it.")
    } else if isReadThrough {
      walk.tell(
        member, .truncated,
        "It has no directory at its end and may have been cut short. Its members were read.")
    } else {
      walk.tell(
        member, .unsupported,
        "What lies between its members was not looked for: its directory is too large or damaged.")
    }
  }

  private func behind(_ walk: ContainerWalk) -> ContainerEvent {
    if format == .tar, count > 0, !reader.endsWithZeros(512) {
      walk.tell(
        member, .truncated,
        "It has no mark of its end and may have been cut short. All that is there was read.")
      return .end
    }
    var taken = reader.bytesBehind()
    // The library leaves the name of the entry that marks the end.
    let mark = Array("TRAILER!!!\0".utf8)
    if format == .cpio, taken?.starts(with: mark) == true { taken?.removeFirst(mark.count) }
    return walk.openBehind(member, taken: taken)
  }

  private func take(_ entry: ArchiveReader.Entry, _ walk: ContainerWalk) -> ContainerEvent {
    let name =
      entry.name.isEmpty ? "member \(count)" : Escaping.text(fromFileName: entry.name)
    var inner = member.appending(
      name, MemberStream(reader, source: member.stream, budget: budget, depth: depth))
    inner.archive = self
    if format == .iso { inner.group = member.group }
    current = inner
    if let trouble = budget.countMember() {
      walk.tell(member, trouble)
      return .end
    }
    if !entry.link.isEmpty {
      budget.takeScratch(entry.link.count)
      inner.stream = MemoryStream(entry.link, budget: budget)
      return .part(MemberPart(inner, head: entry.link, in: walk))
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

  /// What the workbook's sheets are called; nothing when that cannot be had ahead of them.
  func sheetNames() -> WorkbookNames {
    if let names { return names }
    let made = WorkbookNames(other("xl/workbook.xml"), other("xl/_rels/workbook.xml.rels"))
    names = made
    return made
  }

  /// The workbook's strings; empty when they cannot be had ahead of the sheets.
  func sharedStrings() -> SharedStrings {
    if let strings { return strings }
    let made = SharedStrings(other("xl/sharedStrings.xml"))
    strings = made
    return made
  }
}

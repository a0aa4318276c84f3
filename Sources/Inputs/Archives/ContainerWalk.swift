import Core
import Native

/// Goes through a file's containers, whatever is nested in what, and gives a part for each member that
/// is to be scanned. Nothing is written anywhere.
///
/// Used by one thread at a time; a part is read before the next is asked for.
final class ContainerWalk {
  /// The file's place in the coverage.
  let place: String
  let budget: ExpansionBudget
  let sizes: ReadSizes
  /// What the walk has to say at its end.
  private(set) var outcome = PartOutcome()
  private var levels: [any ContainerLevel] = []
  private var root: ContainerMember?
  private var isStopped = false

  /// - Parameter root: the file itself.
  init(_ root: ContainerMember, place: String, budget: ExpansionBudget, sizes: ReadSizes) {
    self.root = root
    self.place = place
    self.budget = budget
    self.sizes = sizes
  }

  var depth: Int { levels.count }

  /// The next part, or `nil` when all is read or no more is to be.
  func next() -> (any Part)? {
    if let root, !isStopped {
      self.root = nil
      if let part = open(root) { return part }
    }
    while let level = levels.last {
      switch level.next(self) {
      case .part(let part): return part
      case .member(let member):
        if !isStopped, let part = open(member) { return part }
      case .nothing: break
      // A level may have been told to stop all.
      case .end: if !isStopped { levels.removeLast() }
      }
      if isStopped { levels.removeAll() }
    }
    return nil
  }

  /// Opens a container, or gives the part that reads the bytes as they are.
  private func open(_ member: ContainerMember) -> (any Part)? {
    var member = member
    let head = member.peek(sizes.context)
    switch ContentKind(head, name: Array(member.name.utf8)) {
    case .compressed(let filter):
      push(member) { member, depth throws(ArchiveError) in
        try CompressedLevel(filter, member, budget: self.budget, depth: depth)
      }
    case .archive(let format):
      openArchive(format, member, head)
    case .database:
      push(member) { member, _ throws(ArchiveError) in try MemberDatabase(member, self) }
    case .unreadable(let kind):
      tell(member, kind.reason, kind.detail)
      return MemberPart(member, head: head, in: self, field: kind.field)
    case .plain:
      if LateArchive.isLikely(head), !levels.isEmpty { member.stream = hold(member.stream) }
      if let format = LateArchive.format(head, of: member.stream) {
        if format == .iso { openDisc(member) } else { openArchive(format, member, head) }
        return nil
      }
      if member.name == "META-INF/manifest.xml", head.holds("encryption-data") {
        tell(member, .encrypted, "It says that its document is encrypted. Scan it decrypted.")
      }
      if member.name.hasSuffix(".iwa"), head.first == 0 {
        tell(
          member, .unsupported,
          "It is a part of a document of Numbers, Pages or Keynote, which is not read. Export the "
            + "document as xlsx or docx.")
      }
      if let level = Documents.open(member, head: head, self) {
        if depth < budget.limits.depth { levels.append(level) } else { tellDepth(member) }
        return nil
      }
      if head.isEmpty {
        if let trouble = member.stream.trouble { tell(member, trouble) }
        return nil
      }
      return MemberPart(member, head: head, in: self)
    }
    return nil
  }

  private func openArchive(
    _ format: LibArchive.Format, _ member: ContainerMember, _ head: [UInt8]
  ) {
    var member = member
    var format = format
    if format == .tar, PostgreSQLDump.isTar(head), LimitedChild.isInstalled("pg_restore") {
      // Without the program, and where it was cut short, the rows are read as the members they are.
      member.stream = hold(member.stream)
      if depth < budget.limits.depth, PostgreSQLDump.isWhole(member.stream) {
        levels.append(PostgreSQLDumpLevel(member, self))
        return
      }
    }
    if member.stream.seekableBytes == nil, format == .zip || format == .sevenZip {
      // Both have their directory at the end; zip can be read without it, as far as it goes.
      member.stream = hold(member.stream)
      if member.stream.seekableBytes == nil, format == .sevenZip {
        tell(
          member, .overLimit,
          "It is too large to be read inside another container. Unpack it, then scan it.")
        return
      }
    }
    if format == .zip,
      member.stream.seekableBytes == nil
        || ZipDirectory(member.stream)?.isModest == false
    {
      format = .zipStream
    }
    push(member) { member, depth throws(ArchiveError) in
      try ArchiveLevel(format, member, budget: self.budget, depth: depth)
    }
  }

  /// Opens the image of a disc: its files, then its bytes, which say again what a file says.
  private func openDisc(_ member: ContainerMember) {
    var member = member
    member.group = budget.newGroup()
    var raw = member
    raw.isDerived = true
    guard let copy = secondReader(of: member) else { return }
    raw.stream = copy
    let count = levels.count
    push(member) { member, depth throws(ArchiveError) in
      try ArchiveLevel(.iso, member, budget: self.budget, depth: depth)
    }
    let isRawOnly = levels.count > count && levels[count] is RawLevel
    if !isRawOnly { levels.insert(RawLevel(raw), at: count) }
  }

  /// Puts a level on top, or says why it cannot be opened.
  private func push(
    _ member: ContainerMember,
    _ make: (ContainerMember, Int) throws(ArchiveError) -> any ContainerLevel
  ) {
    guard depth < budget.limits.depth else {
      tellDepth(member)
      return
    }
    do throws(ArchiveError) {
      levels.append(try make(member, depth + 1))
    } catch {
      tell(member, member.stream.takeTrouble(or: error))
      // What only looks like an archive is scanned as it is, where it can be read again.
      if !error.isEncryption, error.kind != .noLibrary, member.stream.seekableBytes != nil {
        levels.append(RawLevel(member))
      }
    }
  }

  /// Opens what stands behind a container's own end.
  /// - Parameter taken: what was read of it already; `nil`: nobody can tell what.
  func openBehind(_ member: ContainerMember, taken: [UInt8]?) -> ContainerEvent {
    guard var taken else {
      tell(member, .corrupt, "Bytes follow its end that were not read.")
      return .end
    }
    // Zeros fill the last block, as on tapes.
    while taken.allSatisfy({ $0 == 0 }) {
      guard let block = member.stream.nextBlock(), !block.isEmpty else {
        if let trouble = member.stream.trouble { tell(member, trouble) }
        return .end
      }
      taken = Array(block)
    }
    taken.removeFirst(taken.firstIndex { $0 != 0 } ?? 0)
    return .member(
      member.appending(
        UnlistedBytes.behindName, PeekedStream(member.stream, taken: taken)))
  }

  /// Takes a stream into memory, as far as there is room: then it can be read from any place, else it
  /// goes on from its beginning.
  func hold(_ stream: ByteStream) -> ByteStream {
    if stream.seekableBytes != nil { return stream }
    let room = budget.scratchLeft / 2
    var bytes: [UInt8] = []
    while bytes.count <= room {
      guard let block = stream.nextBlock(), !block.isEmpty else {
        budget.takeScratch(bytes.count)
        let held = MemoryStream(bytes, budget: budget)
        // What there is can be read although it was cut short.
        held.trouble = stream.trouble
        return held
      }
      bytes += block
    }
    return PeekedStream(stream, taken: bytes)
  }

  /// A member's bytes once more from their beginning. That they cannot be had is told.
  func secondReader(of member: ContainerMember) -> ByteStream? {
    let copy = member.stream.secondReader()
    if copy == nil {
      tell(
        member,
        member.stream.trouble
          ?? ByteStream.Trouble(reason: .readError, detail: "It cannot be read a second time."))
    }
    return copy
  }

  /// What a container says beside its members, as a part of its own.
  func textPart(_ name: String, _ text: [UInt8], of member: ContainerMember) -> ContainerEvent {
    budget.takeScratch(text.count)
    var inner = member.appending(name, MemoryStream(text, budget: budget))
    return .part(MemberPart(inner, head: inner.peek(sizes.context), in: self, isText: true))
  }

  // MARK: - Coverage

  /// Puts what could not be read into the coverage.
  func tell(_ member: ContainerMember, _ reason: Coverage.Reason, _ detail: String?) {
    note(Coverage.Entry(place: member.place(in: place), reason: reason, detail: detail))
  }

  /// Puts a stream's trouble into the coverage, once.
  func tell(_ member: ContainerMember, _ trouble: ByteStream.Trouble) {
    if !trouble.told.isTold {
      var detail = trouble.detail
      if trouble.endsWalk, trouble.reason == .overLimit,
        levels.contains(where: { $0 is ArchiveLevel })
      {
        detail = (detail.map { $0 + " " } ?? "") + "What follows in the file was not read."
      }
      tell(member, trouble.reason, detail)
    }
    trouble.told.isTold = true
    if trouble.endsWalk { stop() }
  }

  /// Adds what a level knows of its whole.
  func add(_ inner: PartOutcome) {
    outcome.examined += inner.examined
    outcome.excluded += inner.excluded
    outcome.tables += inner.tables
    for entry in inner.notExamined { note(entry) }
  }

  /// Notes a member that is read.
  func countExamined() { outcome.examined.objects += 1 }

  /// No more is read.
  func stop() { isStopped = true }

  private func tellDepth(_ member: ContainerMember) {
    tell(
      member, .overLimit,
      "It lies \(budget.limits.depth) containers deep (--max-depth). Unpack it, then scan it.")
  }

  private func note(_ entry: Coverage.Entry) {
    if outcome.notExamined.count < Limits.coverageEntriesMax {
      outcome.notExamined.append(entry)
    } else {
      outcome.notExaminedUnlisted += 1
    }
  }
}

/// One thing inside a container, or the file itself.
struct ContainerMember {
  /// The chain of names from the file on, joined by `!`; `nil` for the file itself.
  var chain: String?
  /// The compressions between the chain's last name and the bytes.
  var encoding: [String] = []
  var stream: ByteStream
  /// See `Part.group`.
  var group = 0
  /// The bytes around it were scanned already, as part of the same group.
  var isDerived = false
  /// What is said of it, as in the headers of a mail; its bytes come first.
  var declared: (any DocumentKind)?
  /// What the members of one archive can ask about each other.
  weak var archive: ArchiveLevel?

  init(chain: String?, encoding: [String] = [], stream: ByteStream) {
    self.chain = chain
    self.encoding = encoding
    self.stream = stream
  }

  /// A member of this one.
  func appending(_ name: String, _ stream: ByteStream) -> ContainerMember {
    ContainerMember(chain: chain.map { $0 + "!" + name } ?? name, stream: stream)
  }

  func place(in file: String) -> String { chain.map { file + "!" + $0 } ?? file }

  /// The last name of the chain.
  var name: Substring { chain?.split(separator: "!", omittingEmptySubsequences: false).last ?? "" }

  /// The first bytes, which come again.
  mutating func peek(_ count: Int) -> [UInt8] {
    if stream.seekableBytes != nil {
      var head: [UInt8] = []
      stream.seek(to: 0)
      while head.count < count, let block = stream.nextBlock(), !block.isEmpty { head += block }
      stream.seek(to: 0)
      return Array(head.prefix(count))
    }
    let peeked = PeekedStream(stream, bytes: count)
    stream = peeked
    return peeked.head(count)
  }
}

/// One container that is open.
protocol ContainerLevel: AnyObject {
  /// What comes next. A member's stream is read, or given up, before the next call.
  func next(_ walk: ContainerWalk) -> ContainerEvent
}

/// What a container gives.
enum ContainerEvent {
  /// To be opened if it is a container itself.
  case member(ContainerMember)
  /// To be scanned.
  case part(any Part)
  /// A directory, a link, something that was told.
  case nothing
  case end
}

/// The bytes of something that could not be opened, as they are.
final class RawLevel: ContainerLevel {
  private var member: ContainerMember?

  init(_ member: ContainerMember) { self.member = member }

  func next(_ walk: ContainerWalk) -> ContainerEvent {
    guard var member else { return .end }
    self.member = nil
    return .part(MemberPart(member, head: member.peek(walk.sizes.context), in: walk))
  }
}

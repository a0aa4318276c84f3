import Core
import Native

/// One kind of document: text that is not simply there as bytes. One file a kind.
protocol DocumentKind: Sendable {
  /// Told by the first bytes; the name only helps where members of an archive have fixed names.
  func recognises(_ head: [UInt8], name: Substring) -> Bool
  /// Opens it. Whatever goes wrong is told to `walk`.
  func open(_ member: ContainerMember, head: [UInt8], _ walk: ContainerWalk) -> any ContainerLevel
}

/// Every kind of document that is read; a new one is one file and one line here.
enum Documents {
  private static let kinds: [any DocumentKind] = [
    RTFDocument(), ParquetDocument(), Mailbox(), MailMessage(), WordDocument(),
    Presentation(),
    WorkbookSheet(), WorkbookStrings(), OpenDocumentSheets(), OpenDocumentText(), HTMLPage(),
    PostgreSQLDump(),
  ]

  /// The kinds that something else may stand before.
  private static let late: [any DocumentKind] = [PDFDocument(), PackedBody()]

  /// The kind of what begins so, if it is a document.
  static func kind(_ head: [UInt8], name: Substring = "") -> (any DocumentKind)? {
    early(head, name) ?? late.first { $0.recognises(head, name: name) }
  }

  private static func early(_ head: [UInt8], _ name: Substring) -> (any DocumentKind)? {
    if let mail = MailMessage.behindLength(head) { return mail }
    // Nearly everything is none of them, and is told by its first letter.
    guard let first = head.first(where: { !isSpace($0) && $0 != 0xEF && $0 != 0xBB && $0 != 0xBF }),
      first == UInt8(ascii: "<") || first == UInt8(ascii: "{") || first == UInt8(ascii: "%")
        || first == UInt8(ascii: ">") || (0x41...0x5A).contains(first & 0xDF)
    else { return nil }
    let isWord = first & 0xDF >= 0x41 && first & 0xDF <= 0x5A
    if isWord, !ParquetDocument.begins(head), !head.starts(with: PostgreSQLDump.magic),
      !head.prefix(80).contains(UInt8(ascii: ":")), !head.starts(with: "From ".utf8)
    {
      return nil
    }
    return kinds.first { $0.recognises(head, name: name) }
  }

  static func open(
    _ member: ContainerMember, head: [UInt8], _ walk: ContainerWalk
  ) -> (any ContainerLevel)? {
    member.documentKind(head)?.open(member, head: head, walk)
  }

  static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }
}

extension ContainerMember {
  /// What it is by its bytes, or else by what is said of it.
  func documentKind(_ head: [UInt8]) -> (any DocumentKind)? {
    Documents.kind(head, name: name) ?? (head.isEmpty ? nil : declared)
  }
}

extension [UInt8] {
  /// Whether `text` stands somewhere in the first `count` bytes.
  func holds(_ text: StaticString, within count: Int = .max) -> Bool {
    let limit = Swift.min(self.count, count)
    return text.withUTF8Buffer { text in
      withUnsafeBytes { bytes in
        firstOffset(of: Array(text), in: UnsafeRawBufferPointer(rebasing: bytes[..<limit]), from: 0)
          != nil
      }
    }
  }

  /// The first bytes in lower case, without what may stand before the first letter.
  func lowercasedStart(_ count: Int) -> [UInt8] {
    let body = drop { Documents.isSpace($0) || $0 == 0xEF || $0 == 0xBB || $0 == 0xBF }
    return body.prefix(count).map { (0x41...0x5A).contains($0) ? $0 | 0x20 : $0 }
  }
}

/// Turns bytes into text as they come.
protocol TextFilter: AnyObject {
  func feed(_ bytes: UnsafeRawBufferPointer, into text: inout [UInt8])
  /// What was held back.
  func finish(into text: inout [UInt8])
  /// What the text has at a place and is no text, each once; at the end.
  func takeObjects() -> [[UInt8]]
  /// There were more objects, or larger ones, than were taken.
  var isCut: Bool { get }
}

extension TextFilter {
  var isCut: Bool { false }
  func takeObjects() -> [[UInt8]] { [] }
}

/// What a filter makes of a stream.
final class FilteredStream: ByteStream {
  private let base: ByteStream
  private let filter: any TextFilter
  private var text: [UInt8] = []
  private var isFinished = false

  init(_ base: ByteStream, _ filter: any TextFilter) {
    self.base = base
    self.filter = filter
  }

  deinit { text.wipe() }

  override func nextBlock() -> UnsafeRawBufferPointer? {
    text.removeAll(keepingCapacity: true)
    while text.isEmpty, !isFinished {
      if let block = base.nextBlock(), !block.isEmpty {
        filter.feed(block, into: &text)
      } else {
        isFinished = true
        filter.finish(into: &text)
      }
    }
    if text.isEmpty {
      trouble = base.trouble
      return trouble == nil ? UnsafeRawBufferPointer(start: nil, count: 0) : nil
    }
    // Not changed before the next call.
    return text.withUnsafeBytes { UnsafeRawBufferPointer($0) }
  }
}

/// A document whose text takes the place of its bytes.
final class TextLevel: ContainerLevel {
  private let source: ContainerMember
  private var member: ContainerMember?
  private let isDerived: Bool
  private let asides = Asides()

  init(_ member: ContainerMember, _ handler: any XMLHandler, isDerived: Bool = false) {
    source = member
    let filter = XMLScanner(handler, asides)
    var member = member
    member.stream = FilteredStream(member.stream, filter)
    self.member = member
    self.isDerived = isDerived
  }

  func next(_ walk: ContainerWalk) -> ContainerEvent {
    guard var member else { return asides.part(of: source, walk) ?? .end }
    self.member = nil
    let head = member.peek(walk.sizes.context)
    return .part(MemberPart(member, head: head, in: walk, isText: true, isDerived: isDerived))
  }
}

/// A document whose bytes are text already: scanned as they are, then once more without the markup.
final class MarkupLevel: ContainerLevel {
  private var member: ContainerMember
  private let head: [UInt8]
  private let filter: any TextFilter
  private var text: [UInt8] = []
  private var step = 0
  private var isCut = false
  /// What is to come behind the text, the last first.
  private var objects: [ContainerEvent] = []

  init(
    _ member: ContainerMember, head: [UInt8], _ filter: any TextFilter, _ walk: ContainerWalk
  ) {
    self.member = member
    self.head = head
    self.filter = filter
    if member.group == 0 { self.member.group = walk.budget.newGroup() }
  }

  func next(_ walk: ContainerWalk) -> ContainerEvent {
    step += 1
    switch step {
    case 1:
      return .part(
        MemberPart(member, head: head, in: walk) { [self] bytes in
          guard text.count < Limits.documentTextBytes else {
            isCut = true
            return
          }
          filter.feed(bytes, into: &text)
        })
    case 2:
      filter.finish(into: &text)
      objects = filter.takeObjects().enumerated().flatMap { open($1, $0 + 1, walk) }.reversed()
      if filter.isCut {
        walk.tell(
          member, .overLimit,
          "Of the objects in it, the first \(Limits.documentTextBytes) bytes were opened.")
      }
      if isCut {
        walk.tell(
          member, .overLimit,
          "Its text was read with its markup; past \(Limits.documentTextBytes) bytes, a number that "
            + "markup splits is not found.")
      }
      walk.budget.takeScratch(text.count)
      member.stream = MemoryStream(text, budget: walk.budget)
      text = []
      let head = member.peek(walk.sizes.context)
      return .part(MemberPart(member, head: head, in: walk, isText: true, isDerived: true))
    default: return objects.popLast() ?? .end
    }
  }

  /// An object's bytes, and what is packed in them.
  private func open(_ bytes: [UInt8], _ number: Int, _ walk: ContainerWalk) -> [ContainerEvent] {
    walk.budget.takeScratch(bytes.count)
    walk.countExamined()
    let start = PackedBody.embedded(in: Array(bytes.prefix(walk.sizes.context)))
    let stream = MemoryStream(bytes, budget: walk.budget)
    var object = member.appending("object \(number)", stream)
    object.group = member.group
    var events = [
      ContainerEvent.part(
        MemberPart(object, head: object.peek(walk.sizes.context), in: walk, isDerived: true))
    ]
    if let start, let copy = stream.secondReader() {
      events.append(
        .member(member.appending("object \(number)", SliceStream(copy, start..<bytes.count))))
    }
    return events
  }
}

/// A document that is text as it stands and holds encoded parts besides: scanned as it is, so that
/// lines are those of the file, then what is encoded in it.
final class RawFirstLevel: ContainerLevel {
  private var raw: ContainerMember?
  private let head: [UInt8]
  private let encoded: any ContainerLevel

  private init(_ raw: ContainerMember, head: [UInt8], _ encoded: any ContainerLevel) {
    self.raw = raw
    self.head = head
    self.encoded = encoded
  }

  /// - Parameter make: opens the document; told whether its bytes are scanned already.
  static func make(
    _ member: ContainerMember, head: [UInt8], _ walk: ContainerWalk,
    _ make: (ContainerMember, _ isScanned: Bool) -> any ContainerLevel
  ) -> any ContainerLevel {
    if member.isDerived { return make(member, true) }
    var member = member
    member.stream = walk.hold(member.stream)
    // Too large to be held, it is read once: place by place.
    guard let second = member.stream.secondReader() else { return make(member, false) }
    if member.group == 0 { member.group = walk.budget.newGroup() }
    var inner = member
    inner.stream = second
    inner.isDerived = true
    return RawFirstLevel(member, head: head, make(inner, true))
  }

  func next(_ walk: ContainerWalk) -> ContainerEvent {
    guard let raw else { return encoded.next(walk) }
    self.raw = nil
    return .part(MemberPart(raw, head: head, in: walk))
  }
}

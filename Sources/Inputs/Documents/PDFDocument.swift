import Core
import Native

/// PDF: its pages through `pdftotext` as a child with bounds on its time, memory and output, then what is
/// packed in it besides, then its bytes.
struct PDFDocument: DocumentKind {
  func recognises(_ head: [UInt8], name: Substring) -> Bool {
    head.starts(with: Array("%PDF-".utf8)) || PDFDocument.start(in: head) != nil
  }

  /// Where a file begins that has something else before it: its readers look for it in the first
  /// 1,024 bytes. The version ends a line and an object follows, or a text only speaks of such files.
  private static func start(in head: [UInt8]) -> Int? {
    guard head.holds("%PDF-", within: 1024), head.holds(" obj") else { return nil }
    let magic = Array("%PDF-".utf8)
    return (0..<min(head.count, 1024) - 9).first { at in
      head[at...].starts(with: magic) && (0x31...0x32).contains(head[at + 5])
        && head[at + 6] == 0x2E && (0x30...0x39).contains(head[at + 7])
        && (head[at + 8] == 0x0A || head[at + 8] == 0x0D)
    }
  }

  func open(_ member: ContainerMember, head: [UInt8], _ walk: ContainerWalk) -> any ContainerLevel {
    if head.starts(with: Array("%PDF-".utf8)) {
      return PDFLevel(member, walk, isScanned: false)
    }
    return RawFirstLevel.make(member, head: head, walk) {
      PDFLevel($0, walk, isScanned: $1)
    }
  }
}

/// A PDF file that is open; each page is a member.
private final class PDFLevel: ContainerLevel {
  private var member: ContainerMember
  private var lines: LineStream?
  private let output: HelperStream?
  private var page: PageStream?
  private var pageCount = 0
  private var hasText = false
  private let isScanned: Bool
  /// What is to come behind the pages, the last first.
  private var rest: [PDFStreams.Stream]?

  /// - Parameter isScanned: its bytes are scanned already.
  init(_ member: ContainerMember, _ walk: ContainerWalk, isScanned: Bool) {
    var member = member
    member.stream = walk.hold(member.stream)
    if member.group == 0 { member.group = walk.budget.newGroup() }
    self.member = member
    self.isScanned = isScanned
    let helper = HelperStream.Helper(
      program: "pdftotext", arguments: ["-q", "-enc", "UTF-8", "-layout", "/dev/stdin", "-"],
      package: "poppler-utils")
    output = HelperStream.start(helper, on: member, walk)
    lines = output.map { LineStream($0) }
  }

  func next(_ walk: ContainerWalk) -> ContainerEvent {
    if let lines { return nextPage(lines, walk) }
    guard var rest = rest ?? streams(walk) else { return .end }
    guard let next = rest.popLast(), let copy = walk.secondReader(of: member) else { return .end }
    self.rest = rest
    if next.name.isEmpty {
      var raw = member
      raw.stream = copy
      return .part(MemberPart(raw, head: raw.peek(walk.sizes.context), in: walk, isDerived: true))
    }
    if let trouble = walk.budget.countMember() {
      walk.tell(member, trouble)
      return .end
    }
    var inner = member.appending(next.name, SliceStream(copy, next.range))
    inner.group = member.group
    if next.isText { return text(inner, next, walk) }
    if next.hasFilter, ContentKind(inner.peek(walk.sizes.context)) != .compressed(.zlib) {
      walk.tell(inner, .unsupported, "It is encoded in a way that is not read.")
      return .nothing
    }
    walk.countExamined()
    return .member(inner)
  }

  /// What a content stream shows: pages show it again, unless an older version of one had it.
  private func text(
    _ member: ContainerMember, _ stream: PDFStreams.Stream, _ walk: ContainerWalk
  ) -> ContainerEvent {
    var inner = member
    if stream.hasFilter {
      // Encoded otherwise, it is left to whoever reads the pages.
      guard ContentKind(inner.peek(walk.sizes.context)) == .compressed(.zlib) else {
        return .nothing
      }
      do throws(ArchiveError) {
        inner.stream = InflatedStream(
          try Inflater(inner.stream, .zlib), source: inner.stream, budget: walk.budget,
          depth: walk.depth + 1)
      } catch {
        return .nothing
      }
      inner.encoding.append("zlib")
    }
    inner.stream = FilteredStream(inner.stream, PDFText())
    let head = inner.peek(walk.sizes.context)
    if head.isEmpty { return .nothing }
    return .part(MemberPart(inner, head: head, in: walk, isText: true, isDerived: true))
  }

  private func nextPage(_ lines: LineStream, _ walk: ContainerWalk) -> ContainerEvent {
    if let page {
      while let block = page.nextBlock(), !block.isEmpty { continue }
      hasText = hasText || page.hasText
      if page.isLast {
        self.lines = nil
        if let output { finish(output, walk) }
        return .nothing
      }
    }
    pageCount += 1
    let page = PageStream(lines)
    self.page = page
    var inner = member.appending("page \(pageCount)", page)
    inner.group = member.group
    let head = inner.peek(walk.sizes.context)
    if head.isEmpty { return .nothing }
    return .part(MemberPart(inner, head: head, in: walk, isText: true))
  }

  /// What comes behind the pages; `nil` when nothing does, or it cannot be read.
  private func streams(_ walk: ContainerWalk) -> [PDFStreams.Stream]? {
    guard let copy = member.stream.secondReader(), let size = copy.seekableBytes else {
      if member.stream.trouble == nil {
        walk.tell(
          member, .overLimit,
          "Its notes, attachments and document information were not read. Unpack it, then scan it.")
      }
      return nil
    }
    let streams = PDFStreams(copy)
    var rest: [PDFStreams.Stream] = []
    if streams.isEncrypted {
      walk.tell(
        member, .encrypted,
        "Its notes, attachments and document information are encrypted. Scan it decrypted: "
          + "qpdf --decrypt.")
    } else {
      rest = streams.found + streams.texts
    }
    if streams.isCut {
      walk.tell(
        member, .overLimit,
        "Of its attachments, objects, metadata and texts, the first \(PDFStreams.streamsMax) were "
          + "read.")
    }
    if let trouble = copy.trouble { walk.tell(member, trouble) }
    let behind = copy.bytes((streams.end ?? size)..<min((streams.end ?? size) + 4096, size))
    let blanks = behind.prefix { Documents.isSpace($0) }.count
    if let end = streams.end.map({ $0 + blanks }),
      PDFLevel.isContainer(Array(behind.dropFirst(blanks)))
    {
      rest.append(
        PDFStreams.Stream(
          name: UnlistedBytes.behindName, range: end..<size, hasFilter: false))
    }
    // Its own bytes come last: they say again what a page says.
    if !isScanned { rest.append(PDFStreams.Stream(name: "", range: 0..<size, hasFilter: false)) }
    return rest.reversed()
  }

  /// Whether what stands behind the end is more than bytes, which are scanned anyway.
  private static func isContainer(_ head: [UInt8]) -> Bool {
    ContentKind(head) != .plain || Documents.kind(head) != nil
  }

  private func finish(_ output: HelperStream, _ walk: ContainerWalk) {
    switch output.end {
    case .exited(0):
      if !hasText {
        walk.tell(
          member, .unsupported, "It holds no text. Images of text are not read.")
      }
    case .exited(3): walk.tell(member, .encrypted, "It does not allow its text to be read.")
    case .timedOut, .tooLong, .signalled:
      walk.tell(
        member, .overLimit, "pdftotext was stopped by a bound on its time, memory or output.")
    case .exited:
      walk.tell(
        member, .corrupt, "pdftotext cannot read it: it is damaged, or encrypted.")
    case nil: break
    }
  }
}

/// The text of one page, up to a form feed.
private final class PageStream: ByteStream {
  private(set) var isLast = false
  private(set) var hasText = false
  private let lines: LineStream
  private var text: [UInt8] = []
  private var isAtEnd = false

  init(_ lines: LineStream) { self.lines = lines }

  deinit { text.wipe() }

  override func nextBlock() -> UnsafeRawBufferPointer? {
    text.removeAll(keepingCapacity: true)
    while text.count < 64 << 10, !isAtEnd {
      guard let line = lines.next() else {
        isAtEnd = true
        isLast = true
        break
      }
      if let feed = line.firstIndex(of: 0x0C) {
        // What follows on the line is the next page's.
        text += line[..<feed]
        lines.putBack(line[(feed + 1)...])
        isAtEnd = true
        break
      }
      text += line
    }
    if !hasText { hasText = text.contains { !Documents.isSpace($0) } }
    return text.withUnsafeBytes { UnsafeRawBufferPointer($0) }
  }
}

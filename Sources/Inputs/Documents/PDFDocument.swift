import Core
import Native

/// PDF, through `pdftotext` as a child with bounds on its time, memory and output.
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
    if head.starts(with: Array("%PDF-".utf8)) { return PDFLevel(member, walk) }
    return RawFirstLevel.make(member, head: head, walk) { member, _ in PDFLevel(member, walk) }
  }
}

/// The pages of a PDF file, as text; each is a member.
private final class PDFLevel: ContainerLevel {
  private let member: ContainerMember
  private let lines: LineStream?
  private let output: HelperStream?
  private var page: PageStream?
  private var pageCount = 0
  private var hasText = false

  init(_ member: ContainerMember, _ walk: ContainerWalk) {
    self.member = member
    let helper = HelperStream.Helper(
      program: "pdftotext", arguments: ["-q", "-enc", "UTF-8", "-layout", "/dev/stdin", "-"],
      package: "poppler-utils")
    output = HelperStream.start(helper, on: member, walk)
    lines = output.map { LineStream($0) }
  }

  func next(_ walk: ContainerWalk) -> ContainerEvent {
    guard let lines, let output else { return .end }
    if let page {
      while let block = page.nextBlock(), !block.isEmpty { continue }
      hasText = hasText || page.hasText
      if page.isLast {
        finish(output, walk)
        return .end
      }
    }
    pageCount += 1
    let page = PageStream(lines)
    self.page = page
    var inner = member.appending("page \(pageCount)", page)
    let head = inner.peek(walk.sizes.context)
    if head.isEmpty { return .nothing }
    return .part(MemberPart(inner, head: head, in: walk, isText: true))
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

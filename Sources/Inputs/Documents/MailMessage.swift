import Core

/// One mail (RFC 5322, MIME by RFC 2045 and 2046): headers, then each part decoded and opened as if it
/// were a file.
struct MailMessage: DocumentKind {
  private static let usual: Set<String> = [
    "received", "return-path", "delivered-to", "from", "to", "date", "message-id", "mime-version",
    "subject", "content-type", "reply-to", "dkim-signature", "authentication-results", "cc",
    "envelope-to", "x-original-to", "x-mailer", "content-transfer-encoding", "content-disposition",
    "sender", "in-reply-to", "references",
  ]
  /// How a first line begins that is no header, as programs that store mails leave it.
  private static let openings = ["From ", ">From ", "Microsoft Mail Internet Headers"]

  func recognises(_ head: [UInt8], name: Substring) -> Bool { MailMessage.begins(head[...]) }

  /// The mail behind its length in a line of its own, as Apple Mail keeps it (.emlx).
  static func behindLength(_ head: [UInt8]) -> MailMessage? {
    let rest = head.drop { (0x30...0x39).contains($0) }
    guard rest.startIndex > 0 else { return nil }
    let line = rest.drop { $0 == 0x20 }
    return line.first == 0x0A && begins(line.dropFirst()) ? MailMessage() : nil
  }

  /// Whether a block of headers comes first, whatever the first of them is, some of them known.
  /// - Parameter known: so few would be found in a list of settings, too.
  static func begins(_ head: ArraySlice<UInt8>, known knownMin: Int = 2) -> Bool {
    let head = head.drop { Documents.isSpace($0) || $0 == 0xEF || $0 == 0xBB || $0 == 0xBF }
    // Nearly every text is told apart by its first word.
    guard
      let end = head.prefix(80).firstIndex(where: { $0 == 0x3A || $0 <= 0x20 || $0 >= 0x7F }),
      head[end] == UInt8(ascii: ":") || openings.contains(where: { head.starts(with: $0.utf8) })
    else { return false }
    var known: Set<String> = []
    for (index, line) in head.split(
      separator: 0x0A, maxSplits: 200, omittingEmptySubsequences: false
    ).enumerated() {
      if line.isEmpty || line.first == 0x0D { break }
      if line.first == 0x20 || line.first == 0x09 { continue }
      guard let field = field(line) else {
        if index == 0, openings.contains(where: { line.starts(with: $0.utf8) }) { continue }
        break
      }
      if usual.contains(field) { known.insert(field) }
    }
    return known.count >= knownMin
  }

  /// The name of a header, in small letters.
  private static func field(_ line: ArraySlice<UInt8>) -> String? {
    guard let colon = line.prefix(80).firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
      line[..<colon].allSatisfy({ $0 > 0x20 && $0 < 0x7F })
    else { return nil }
    return String(decoding: line[..<colon], as: UTF8.self).lowercased()
  }

  func open(_ member: ContainerMember, head: [UInt8], _ walk: ContainerWalk) -> any ContainerLevel {
    RawFirstLevel.make(member, head: head, walk) { MailLevel($0, isScanned: $1) }
  }
}

/// A mail that is open.
private final class MailLevel: ContainerLevel {
  private let member: ContainerMember
  private let lines: LineStream
  /// Of the multiparts around the place that is read, outermost first.
  private var boundaries: [[UInt8]] = []
  private var state = State.headers
  private var current: MailBody?
  private var pendingBody: MailHeaders?
  private var partCount = 0
  private static let boundariesMax = 64

  private enum State {
    case headers, body, between, end
  }

  /// Its bytes are scanned already; only what is encoded in them is of interest.
  private let isScanned: Bool

  init(_ member: ContainerMember, isScanned: Bool) {
    self.member = member
    self.isScanned = isScanned
    lines = LineStream(member.stream)
    lines.skipBlank()
  }

  func next(_ walk: ContainerWalk) -> ContainerEvent {
    switch state {
    case .headers:
      let headers = MailHeaders(lines)
      if headers.isCut, !isScanned {
        walk.tell(member, .overLimit, "Of the headers of a mail, the first megabyte is read.")
      }
      if headers.boundary != nil, boundaries.count >= MailLevel.boundariesMax {
        walk.tell(
          member, .overLimit,
          "Its parts lie more than \(MailLevel.boundariesMax) deep in each other: those were read "
            + "as they are, not decoded.")
      }
      if let boundary = headers.boundary, boundaries.count < MailLevel.boundariesMax {
        boundaries.append(boundary)
        // What comes before the first boundary is text that nobody is shown.
        pendingBody = MailHeaders()
      } else {
        pendingBody = headers
      }
      state = .body
      partCount += headers.boundary == nil ? 1 : 0
      let text = headers.text
      guard !text.isEmpty, !isScanned else { return .nothing }
      walk.budget.takeScratch(text.count)
      var inner = member.appending(
        boundaries.isEmpty || partCount == 0 ? "headers" : "headers of part \(max(1, partCount))",
        MemoryStream(text, budget: walk.budget))
      let head = inner.peek(walk.sizes.context)
      return .part(MemberPart(inner, head: head, in: walk, isText: true))
    case .body:
      guard let headers = pendingBody else { return .end }
      let body = MailBody(lines, boundaries, headers.coding)
      current = body
      state = .between
      var inner = member.appending(headers.fileName ?? "part \(partCount)", body)
      if let name = headers.coding.name { inner.encoding.append(name) }
      if headers.isPreamble { inner.chain = member.appending("preamble", body).chain }
      if let trouble = walk.budget.countMember() {
        walk.tell(member, trouble)
        return .end
      }
      walk.countExamined()
      inner.declared = headers.declared
      if isScanned {
        inner.group = member.group
        inner.isDerived = true
        let head = inner.peek(walk.sizes.context)
        let isPlain = ContentKind(head) == .plain && inner.documentKind(head) == nil
        if isPlain, headers.coding.name == nil { return .nothing }
      }
      return .member(inner)
    case .between:
      while let block = current?.nextBlock(), !block.isEmpty { continue }
      let trouble = current?.trouble ?? lines.trouble
      guard trouble == nil, let found = current?.foundBoundary else {
        state = .end
        if let trouble { walk.tell(member, trouble) }
        return .end
      }
      // A boundary of an outer multipart ends the inner ones.
      boundaries.removeLast(max(0, boundaries.count - found.depth - 1))
      if found.isLast {
        boundaries.removeLast()
        pendingBody = MailHeaders()
        state = boundaries.isEmpty ? .body : .body
      } else {
        state = .headers
      }
      return .nothing
    case .end: return .end
    }
  }
}

/// The headers of a mail or a part of one.
struct MailHeaders {
  /// As they stand, folded lines joined.
  private(set) var text: [UInt8] = []
  /// There is more than `text`.
  private(set) var isCut = false
  private(set) var boundary: [UInt8]?
  private(set) var fileName: String?
  private(set) var coding = MailCoding.none
  /// What the part is said to be.
  private(set) var declared: (any DocumentKind)?
  /// What stands outside all parts.
  let isPreamble: Bool
  private static let textMax = 1 << 20

  /// Of text outside all parts.
  init() { isPreamble = true }

  /// Reads up to the empty line.
  init(_ lines: LineStream) {
    isPreamble = false
    var field: [UInt8] = []
    while let line = lines.next() {
      let isFolded = line.first == 0x20 || line.first == 0x09
      if !isFolded { take(field) }
      let body = line.trimmedEnd
      if body.isEmpty { break }
      if isFolded { field += body } else { field = Array(body) }
      if text.count < MailHeaders.textMax, field.count < MailHeaders.textMax {
        text += line
        if line.last != 0x0A { text.append(0x0A) }
      } else {
        field.removeAll()
        isCut = true
      }
    }
    take(field)
  }

  private mutating func take(_ field: [UInt8]) {
    guard let colon = field.firstIndex(of: UInt8(ascii: ":")) else { return }
    let name = String(decoding: field[..<colon], as: UTF8.self).lowercased()
    let value = field[(colon + 1)...]
    switch name {
    case "content-type":
      let type = MailHeaders.lower(value)
      if type.contains("multipart/") { boundary = MailHeaders.parameter("boundary", value) }
      if type.contains("text/html") { declared = HTMLPage() }
      if type.contains("message/rfc822") { declared = MailMessage() }
      if fileName == nil {
        fileName = MailHeaders.parameter("name", value).flatMap(MailHeaders.name)
      }
    case "content-disposition":
      fileName =
        MailHeaders.parameter("filename", value).flatMap(MailHeaders.name) ?? fileName
    case "content-transfer-encoding":
      let text = MailHeaders.lower(value)
      if text.contains("base64") { coding = .base64 }
      if text.contains("quoted-printable") { coding = .quotedPrintable }
    default: break
    }
  }

  private static func lower(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes.prefix(1024), as: UTF8.self).lowercased()
  }

  private static func name(_ bytes: [UInt8]) -> String? {
    bytes.isEmpty ? nil : Escaping.text(fromFileName: bytes.prefix(255))
  }

  /// The value of `; name=value` or `; name="value"`.
  private static func parameter(_ name: String, _ value: ArraySlice<UInt8>) -> [UInt8]? {
    for piece in value.split(separator: UInt8(ascii: ";")).dropFirst() {
      let piece = piece.drop { Documents.isSpace($0) }
      guard let equals = piece.firstIndex(of: UInt8(ascii: "=")),
        lower(piece[..<equals]) == name
      else { continue }
      var text = piece[(equals + 1)...].drop { Documents.isSpace($0) }
      while let last = text.last, Documents.isSpace(last) { text.removeLast() }
      if text.first == UInt8(ascii: "\""), text.count >= 2 {
        text = text.dropFirst()
        if let end = text.firstIndex(of: UInt8(ascii: "\"")) { text = text[..<end] }
      }
      return text.isEmpty ? nil : Array(text)
    }
    return nil
  }
}

/// The body of one part, decoded, up to the boundary that ends it.
final class MailBody: ByteStream {
  /// Which boundary ended it.
  private(set) var foundBoundary: (depth: Int, isLast: Bool)?
  private let lines: LineStream
  private let boundaries: [[UInt8]]
  private var decoder: MailDecoder
  private var text: [UInt8] = []
  private var isAtEnd = false
  private static let blockBytes = 64 << 10

  init(_ lines: LineStream, _ boundaries: [[UInt8]], _ coding: MailCoding) {
    self.lines = lines
    self.boundaries = boundaries
    decoder = MailDecoder(coding)
  }

  deinit { text.wipe() }

  override func nextBlock() -> UnsafeRawBufferPointer? {
    text.removeAll(keepingCapacity: true)
    while text.count < MailBody.blockBytes, !isAtEnd {
      guard let line = lines.next() else {
        isAtEnd = true
        trouble = lines.trouble
        decoder.finish(into: &text)
        break
      }
      if let found = boundary(line) {
        foundBoundary = found
        isAtEnd = true
        decoder.finish(into: &text)
        break
      }
      decoder.feed(line, into: &text)
    }
    if text.isEmpty, trouble != nil { return nil }
    return text.withUnsafeBytes { UnsafeRawBufferPointer($0) }
  }

  private func boundary(_ line: ArraySlice<UInt8>) -> (depth: Int, isLast: Bool)? {
    guard line.count > 2, line[line.startIndex] == 0x2D, line[line.startIndex + 1] == 0x2D else {
      return nil
    }
    let rest = line.dropFirst(2).trimmedEnd
    for depth in boundaries.indices.reversed() {
      let name = boundaries[depth]
      if rest.elementsEqual(name) { return (depth, false) }
      if rest.count == name.count + 2, rest.starts(with: name), rest.suffix(2) == [0x2D, 0x2D] {
        return (depth, true)
      }
    }
    return nil
  }
}

/// How the bytes of a mail's part are written (RFC 2045, section 6).
enum MailCoding {
  case none, base64, quotedPrintable

  /// How `Finding.encoding` spells it.
  var name: String? {
    switch self {
    case .none: nil
    case .base64: "base64"
    case .quotedPrintable: "quoted-printable"
    }
  }
}

/// Decodes a body line by line; what is not of the code is left out.
struct MailDecoder {
  private let coding: MailCoding
  private var bits: UInt32 = 0
  private var count = 0

  init(_ coding: MailCoding) { self.coding = coding }

  mutating func feed(_ line: ArraySlice<UInt8>, into out: inout [UInt8]) {
    switch coding {
    case .none: out += line
    case .base64: for byte in line { take(byte, &out) }
    case .quotedPrintable: MailDecoder.unquote(line, into: &out)
    }
  }

  mutating func finish(into out: inout [UInt8]) {
    // Two or three characters without padding still hold a byte or two.
    if count == 2 { out.append(UInt8(truncatingIfNeeded: bits >> 4)) }
    if count == 3 {
      out.append(UInt8(truncatingIfNeeded: bits >> 10))
      out.append(UInt8(truncatingIfNeeded: bits >> 2))
    }
    count = 0
  }

  private mutating func take(_ byte: UInt8, _ out: inout [UInt8]) {
    let value: UInt32
    switch byte {
    case 0x41...0x5A: value = UInt32(byte - 0x41)
    case 0x61...0x7A: value = UInt32(byte - 0x61) + 26
    case 0x30...0x39: value = UInt32(byte - 0x30) + 52
    case 0x2B, 0x2D: value = 62
    case 0x2F, 0x5F: value = 63
    case 0x3D:
      finish(into: &out)
      return
    default: return
    }
    bits = bits << 6 | value
    count += 1
    if count == 4 {
      out.append(UInt8(truncatingIfNeeded: bits >> 16))
      out.append(UInt8(truncatingIfNeeded: bits >> 8))
      out.append(UInt8(truncatingIfNeeded: bits))
      count = 0
      bits = 0
    }
  }

  private static func unquote(_ line: ArraySlice<UInt8>, into out: inout [UInt8]) {
    var body = line.trimmedEnd
    let isSoft = body.last == 0x3D
    if isSoft { body = body.dropLast() }
    var at = body.startIndex
    while at < body.endIndex {
      if body[at] == 0x3D, at + 2 < body.endIndex, let high = nibble(body[at + 1]),
        let low = nibble(body[at + 2])
      {
        out.append(high << 4 | low)
        at += 3
      } else {
        out.append(body[at])
        at += 1
      }
    }
    if !isSoft, line.last == 0x0A { out.append(0x0A) }
  }

  private static func nibble(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x37
    case 0x61...0x66: byte - 0x57
    default: nil
    }
  }
}

/// The lines of a stream, with their line feeds. A very long one comes in pieces.
final class LineStream {
  private let base: ByteStream
  private var buffer: [UInt8] = []
  private var start = 0
  private var isAtEnd = false
  private static let lineBytesMax = 64 << 10

  init(_ base: ByteStream) { self.base = base }

  deinit { buffer.wipe() }

  var trouble: ByteStream.Trouble? { base.trouble }

  /// Passes over empty lines and a mark of the byte order.
  func skipBlank() {
    while let line = next() {
      let text = line.drop { Documents.isSpace($0) || $0 == 0xEF || $0 == 0xBB || $0 == 0xBF }
      if text.isEmpty { continue }
      putBack(text)
      return
    }
  }

  /// A line that was taken comes again.
  func putBack(_ line: ArraySlice<UInt8>) { start -= line.count }

  func next() -> ArraySlice<UInt8>? {
    while true {
      let rest = buffer[start...]
      if let feed = rest.prefix(LineStream.lineBytesMax).firstIndex(of: 0x0A) {
        defer { start = feed + 1 }
        return buffer[start...feed]
      }
      if rest.count >= LineStream.lineBytesMax || (isAtEnd && !rest.isEmpty) {
        let line = rest.prefix(LineStream.lineBytesMax)
        start = line.endIndex
        return line
      }
      if isAtEnd { return nil }
      buffer.removeFirst(start)
      start = 0
      if let block = base.nextBlock(), !block.isEmpty { buffer += block } else { isAtEnd = true }
    }
  }
}

extension ArraySlice<UInt8> {
  /// Without white space at the end.
  var trimmedEnd: ArraySlice<UInt8> {
    var slice = self
    while let last = slice.last, Documents.isSpace(last) { slice = slice.dropLast() }
    return slice
  }
}

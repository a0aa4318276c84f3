import Glibc

/// What an `XMLScanner` meets.
protocol XMLHandler: AnyObject {
  func start(_ tag: XMLTag, into text: inout [UInt8])
  func end(_ name: String, into text: inout [UInt8])
  func characters(_ bytes: ArraySlice<UInt8>, into text: inout [UInt8])
  /// Gives what was held back.
  func finish(into text: inout [UInt8])
}

extension XMLHandler {
  func finish(into text: inout [UInt8]) {}
}

/// One tag, as it stands between `<` and `>`.
struct XMLTag {
  let bytes: ArraySlice<UInt8>
  /// Without the prefix.
  let name: String
  var isEmpty: Bool { bytes.last == UInt8(ascii: "/") }

  init(_ bytes: ArraySlice<UInt8>) {
    self.bytes = bytes
    name = XMLTag.localName(bytes)
  }

  static func localName(_ bytes: ArraySlice<UInt8>) -> String {
    var start = bytes.startIndex
    var end = start
    while end < bytes.endIndex, !Documents.isSpace(bytes[end]), bytes[end] != UInt8(ascii: "/") {
      if bytes[end] == UInt8(ascii: ":") { start = end + 1 }
      end += 1
    }
    return String(decoding: bytes[start..<end].prefix(64), as: UTF8.self)
  }

  /// The value of an attribute, prefix and all, with its entities resolved.
  func attribute(_ name: StaticString) -> [UInt8]? {
    name.withUTF8Buffer { name in
      var at = bytes.startIndex
      while at + name.count + 2 < bytes.endIndex {
        let after = at + name.count
        if Documents.isSpace(bytes[at]), bytes[at + 1..<after + 1].elementsEqual(name),
          bytes[after + 1] == UInt8(ascii: "="), after + 2 < bytes.endIndex
        {
          let quote = bytes[after + 2]
          // HTML needs none.
          let isQuoted = quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'")
          let start = isQuoted ? after + 3 : after + 2
          let end =
            isQuoted
            ? bytes[start...].firstIndex(of: quote)
            : bytes[start...].firstIndex(where: Documents.isSpace) ?? bytes.endIndex
          guard let end else { return nil }
          var value: [UInt8] = []
          XMLText.resolve(bytes[start..<end], into: &value)
          return value
        }
        at += 1
      }
      return nil
    }
  }

  func integer(_ name: StaticString) -> Int? {
    attribute(name).flatMap { Int(String(decoding: $0, as: UTF8.self)) }
  }
}

/// Cuts XML, and what HTML makes of it, into tags and text as the bytes come. Knows nothing of
/// nesting, so nothing can be too deep for it.
final class XMLScanner: TextFilter {
  private let handler: any XMLHandler
  /// The start of something whose end has not come.
  private var pending: [UInt8] = []
  private static let pendingMax = 1 << 20

  private let asides: Asides?

  /// - Parameter asides: gets what is no text, where that is not read otherwise.
  init(_ handler: any XMLHandler, _ asides: Asides? = nil) {
    self.handler = handler
    self.asides = asides
  }

  deinit { pending.wipe() }

  func feed(_ bytes: UnsafeRawBufferPointer, into text: inout [UInt8]) {
    pending += bytes
    let used = scan(isLast: false, into: &text)
    pending.removeFirst(used)
    if pending.count > XMLScanner.pendingMax {
      // A tag of a megabyte is none.
      handler.characters(pending[...], into: &text)
      pending.removeAll(keepingCapacity: true)
    }
  }

  func finish(into text: inout [UInt8]) {
    let used = scan(isLast: true, into: &text)
    if used < pending.count { handler.characters(pending[used...], into: &text) }
    pending.removeAll()
    handler.finish(into: &text)
  }

  /// - Returns: how many bytes are done with.
  private func scan(isLast: Bool, into text: inout [UInt8]) -> Int {
    let bytes = pending
    var at = 0
    while at < bytes.count {
      if bytes[at] != UInt8(ascii: "<") {
        var end = XMLScanner.find(UInt8(ascii: "<"), bytes, from: at) ?? bytes.count
        if end == bytes.count, !isLast {
          // An entity may be cut in two.
          let tail = bytes[max(at, end - 12)..<end]
          if let entity = tail.lastIndex(of: UInt8(ascii: "&")) { end = entity }
          if end == at { return at }
        }
        emit(bytes[at..<end], into: &text)
        at = end
        continue
      }
      guard at + 1 < bytes.count else { return at }
      guard let end = tag(bytes, at, into: &text) else { return at }
      at = end
    }
    return at
  }

  /// - Returns: where it ends; `nil` when its end has not come.
  private func tag(_ bytes: [UInt8], _ at: Int, into text: inout [UInt8]) -> Int? {
    switch bytes[at + 1] {
    case UInt8(ascii: "!"):
      if bytes[at...].starts(with: Array("<!--".utf8)) {
        guard let end = XMLScanner.find(Array("-->".utf8), bytes, from: at + 4) else { return nil }
        asides?.add(bytes[at + 4..<end - 3])
        return end
      }
      if bytes[at...].starts(with: Array("<![CDATA[".utf8)) {
        let start = at + 9
        guard let end = XMLScanner.find(Array("]]>".utf8), bytes, from: start) else { return nil }
        handler.characters(bytes[start..<end - 3], into: &text)
        return end
      }
      // The start of either may have come in part.
      if bytes.count - at < 9 { return nil }
      return XMLScanner.find(UInt8(ascii: ">"), bytes, from: at).map { $0 + 1 }
    case UInt8(ascii: "?"): return XMLScanner.find(Array("?>".utf8), bytes, from: at + 2)
    case UInt8(ascii: "/"):
      guard let end = XMLScanner.find(UInt8(ascii: ">"), bytes, from: at) else { return nil }
      let name = XMLTag.localName(bytes[at + 2..<end])
      handler.end(name, into: &text)
      return end + 1
    case 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "_"):
      var end = at + 1
      var quote: UInt8 = 0
      while end < bytes.count {
        let byte = bytes[end]
        if quote != 0 {
          if byte == quote { quote = 0 }
        } else if byte == UInt8(ascii: ">") {
          let tag = XMLTag(bytes[at + 1..<end])
          asides?.add(tag)
          handler.start(tag, into: &text)
          return end + 1
        } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
          quote = byte
        }
        end += 1
      }
      return nil
    default:
      // A lone sign.
      handler.characters(bytes[at..<at + 1], into: &text)
      return at + 1
    }
  }

  private func emit(_ bytes: ArraySlice<UInt8>, into text: inout [UInt8]) {
    guard bytes.contains(UInt8(ascii: "&")) else {
      handler.characters(bytes, into: &text)
      return
    }
    var resolved: [UInt8] = []
    XMLText.resolve(bytes, into: &resolved)
    handler.characters(resolved[...], into: &text)
  }

  private static func find(_ byte: UInt8, _ bytes: [UInt8], from: Int) -> Int? {
    bytes.withUnsafeBytes { memory in
      guard from < memory.count, let base = memory.baseAddress,
        let found = memchr(base + from, Int32(byte), memory.count - from)
      else { return nil }
      return UnsafeRawPointer(found) - base
    }
  }

  /// - Returns: where the text found ends.
  private static func find(_ text: [UInt8], _ bytes: [UInt8], from: Int) -> Int? {
    var at = from
    while let start = find(text[0], bytes, from: at) {
      if bytes[start...].starts(with: text) { return start + text.count }
      at = start + 1
    }
    return nil
  }
}

/// Entities of XML and the few of HTML that stand between digits.
enum XMLText {
  static func resolve(_ bytes: ArraySlice<UInt8>, into out: inout [UInt8]) {
    var at = bytes.startIndex
    while at < bytes.endIndex {
      let byte = bytes[at]
      guard byte == UInt8(ascii: "&"),
        let end = bytes[at...].prefix(12).firstIndex(of: UInt8(ascii: ";")),
        let scalar = scalar(bytes[(at + 1)..<end])
      else {
        out.append(byte)
        at += 1
        continue
      }
      out += Array(String(Character(scalar)).utf8)
      at = end + 1
    }
  }

  private static func scalar(_ name: ArraySlice<UInt8>) -> Unicode.Scalar? {
    let text = String(decoding: name, as: UTF8.self)
    switch text {
    case "amp": return "&"
    case "lt": return "<"
    case "gt": return ">"
    case "quot": return "\""
    case "apos": return "'"
    case "nbsp": return "\u{A0}"
    case "ndash": return "\u{2013}"
    case "shy": return "\u{AD}"
    default:
      guard text.hasPrefix("#") else { return nil }
      let digits = text.dropFirst()
      let number =
        digits.first == "x" || digits.first == "X"
        ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
      return number.flatMap { $0 == 0 ? nil : Unicode.Scalar($0) }
    }
  }
}

/// JSON (RFC 8259) that is held as a whole: what a search server answers. Numbers stay as they are
/// written, since a card number may be one.
indirect enum JSONValue: Sendable {
  case object([(key: String, value: JSONValue)])
  case array([JSONValue])
  case text([UInt8])
  case number([UInt8])
  case bool(Bool)
  case null

  /// The member of an object; the last one where several have the key.
  subscript(_ key: String) -> JSONValue? {
    if case .object(let members) = self { return members.last { $0.key == key }?.value }
    return nil
  }

  var members: [(key: String, value: JSONValue)] {
    if case .object(let members) = self { return members }
    return []
  }

  var elements: [JSONValue] {
    if case .array(let elements) = self { return elements }
    return []
  }

  var string: String? {
    if case .text(let bytes) = self { return String(decoding: bytes, as: UTF8.self) }
    return nil
  }

  /// Also of a number that is written as a text, as the tables of `_cat` have them.
  var integer: Int? {
    switch self {
    case .number(let bytes), .text(let bytes): Int(String(decoding: bytes, as: UTF8.self))
    default: nil
    }
  }

  var bool: Bool? {
    if case .bool(let value) = self { return value }
    return nil
  }

  /// - Returns: `nil` for what is no JSON, or nested deeper than any answer is.
  static func parse(_ bytes: [UInt8]) -> JSONValue? {
    bytes.withUnsafeBufferPointer { buffer in
      var parser = JSONParser(bytes: buffer)
      guard let value = parser.value(depth: 0), parser.isAtEnd else { return nil }
      return value
    }
  }

  /// As JSON again.
  func write(into out: inout [UInt8]) {
    switch self {
    case .object(let members):
      out.append(UInt8(ascii: "{"))
      for (index, member) in members.enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        JSONValue.quote(Array(member.key.utf8), into: &out)
        out.append(UInt8(ascii: ":"))
        member.value.write(into: &out)
      }
      out.append(UInt8(ascii: "}"))
    case .array(let elements):
      out.append(UInt8(ascii: "["))
      for (index, element) in elements.enumerated() {
        if index > 0 { out.append(UInt8(ascii: ",")) }
        element.write(into: &out)
      }
      out.append(UInt8(ascii: "]"))
    case .text(let bytes): JSONValue.quote(bytes, into: &out)
    case .number(let bytes): out += bytes
    case .bool(let value): out += Array((value ? "true" : "false").utf8)
    case .null: out += Array("null".utf8)
    }
  }

  static func quote(_ bytes: [UInt8], into out: inout [UInt8]) {
    let digits = Array("0123456789abcdef".utf8)
    out.append(UInt8(ascii: "\""))
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): out += [UInt8(ascii: "\\"), byte]
      case 0..<0x20: out += Array("\\u00".utf8) + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      default: out.append(byte)
      }
    }
    out.append(UInt8(ascii: "\""))
  }
}

/// Reads one text of JSON.
private struct JSONParser {
  let bytes: UnsafeBufferPointer<UInt8>
  var at = 0

  private static let depthMax = 256

  init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  var isAtEnd: Bool {
    mutating get {
      skipBlanks()
      return at == bytes.count
    }
  }

  private mutating func skipBlanks() {
    while at < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[at]) { at += 1 }
  }

  /// Passes over a sign that must come next.
  private mutating func take(_ byte: UInt8) -> Bool {
    skipBlanks()
    guard at < bytes.count, bytes[at] == byte else { return false }
    at += 1
    return true
  }

  mutating func value(depth: Int) -> JSONValue? {
    skipBlanks()
    guard depth <= JSONParser.depthMax, at < bytes.count else { return nil }
    switch bytes[at] {
    case UInt8(ascii: "{"): return object(depth)
    case UInt8(ascii: "["): return array(depth)
    case UInt8(ascii: "\""): return string().map { .text($0) }
    default: return word()
    }
  }

  private mutating func object(_ depth: Int) -> JSONValue? {
    at += 1
    var members: [(key: String, value: JSONValue)] = []
    if take(UInt8(ascii: "}")) { return .object([]) }
    while true {
      skipBlanks()
      guard let key = string(), take(UInt8(ascii: ":")), let value = value(depth: depth + 1) else {
        return nil
      }
      members.append((String(decoding: key, as: UTF8.self), value))
      if take(UInt8(ascii: "}")) { return .object(members) }
      guard take(UInt8(ascii: ",")) else { return nil }
    }
  }

  private mutating func array(_ depth: Int) -> JSONValue? {
    at += 1
    var elements: [JSONValue] = []
    if take(UInt8(ascii: "]")) { return .array([]) }
    while true {
      guard let value = value(depth: depth + 1) else { return nil }
      elements.append(value)
      if take(UInt8(ascii: "]")) { return .array(elements) }
      guard take(UInt8(ascii: ",")) else { return nil }
    }
  }

  private mutating func word() -> JSONValue? {
    let start = at
    while at < bytes.count {
      let byte = bytes[at]
      let isOfWord =
        byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 26 || byte == 0x2D || byte == 0x2B
        || byte == 0x2E
      if !isOfWord { break }
      at += 1
    }
    let word = Array(bytes[start..<at])
    if word.elementsEqual("null".utf8) { return .null }
    if word.elementsEqual("true".utf8) { return .bool(true) }
    if word.elementsEqual("false".utf8) { return .bool(false) }
    guard let first = word.first, first &- 0x30 < 10 || first == 0x2D else { return nil }
    return .number(word)
  }

  private mutating func string() -> [UInt8]? {
    guard at < bytes.count, bytes[at] == UInt8(ascii: "\"") else { return nil }
    at += 1
    var out: [UInt8] = []
    while at < bytes.count {
      let start = at
      while at < bytes.count, bytes[at] != 0x22, bytes[at] != 0x5C, bytes[at] >= 0x20 { at += 1 }
      out += bytes[start..<at]
      guard at < bytes.count else { return nil }
      let byte = bytes[at]
      at += 1
      if byte == 0x22 { return out }
      guard byte == 0x5C, escape(into: &out) else { return nil }
    }
    return nil
  }

  private mutating func escape(into out: inout [UInt8]) -> Bool {
    guard at < bytes.count else { return false }
    let byte = bytes[at]
    at += 1
    switch byte {
    case 0x22, 0x5C, 0x2F: out.append(byte)
    case UInt8(ascii: "b"): out.append(0x08)
    case UInt8(ascii: "f"): out.append(0x0C)
    case UInt8(ascii: "n"): out.append(0x0A)
    case UInt8(ascii: "r"): out.append(0x0D)
    case UInt8(ascii: "t"): out.append(0x09)
    case UInt8(ascii: "u"):
      guard var value = unit() else { return false }
      if value >> 10 == 0x36, at + 1 < bytes.count, bytes[at] == 0x5C, bytes[at + 1] == 0x75 {
        at += 2
        guard let low = unit() else { return false }
        // Half a pair stands for nothing.
        value = low >> 10 == 0x37 ? 0x10000 + (value & 0x3FF) << 10 + low & 0x3FF : 0xFFFD
      }
      out += Array(String(Unicode.Scalar(value) ?? "\u{FFFD}").utf8)
    default: return false
    }
    return true
  }

  private mutating func unit() -> UInt32? {
    guard at + 4 <= bytes.count else { return nil }
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let digit = Character(Unicode.Scalar(bytes[at])).hexDigitValue else { return nil }
      value = value << 4 + UInt32(digit)
      at += 1
    }
    return value
  }
}

/// A JSON5 text, told apart into its values without reading them.
///
/// Values lie in the order of the text, each before what it holds; a key lies before its value.
/// Source: https://spec.json5.org. It does not say where a text is wrong: `RuleOutline` does.
struct JSON5Text {
  enum Kind {
    case object, array, key, string, word
  }

  struct Value {
    var kind: Kind
    /// Its bytes; of strings what stands between the quotes.
    var bytes: Range<Int>
    var isEscaped = false
    /// The value behind it and all that it holds.
    var next = 0
  }

  struct SyntaxError: Error {}

  let bytes: [UInt8]
  private(set) var values: [Value] = []
  private var at = 0

  private static let depthMax = 64

  init(_ bytes: [UInt8]) throws(SyntaxError) {
    self.bytes = bytes
    values.reserveCapacity(bytes.count / 16)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3 }
    try readValue(depth: 0)
    try skipSpace()
    guard at == bytes.count else { throw SyntaxError() }
  }

  private var byte: UInt8 { at < bytes.count ? bytes[at] : 0 }

  private mutating func skipSpace() throws(SyntaxError) {
    while at < bytes.count {
      switch bytes[at] {
      case 0x20, 0x09...0x0D: at += 1
      case 0xC2 where at + 1 < bytes.count && bytes[at + 1] == 0xA0: at += 2
      case UInt8(ascii: "/"):
        let sign = at + 1 < bytes.count ? bytes[at + 1] : 0
        if sign == UInt8(ascii: "/") {
          while at < bytes.count, bytes[at] != 0x0A { at += 1 }
        } else if sign == UInt8(ascii: "*") {
          at += 2
          while at + 1 < bytes.count, bytes[at] != UInt8(ascii: "*") || bytes[at + 1] != 0x2F {
            at += 1
          }
          guard at + 1 < bytes.count else { throw SyntaxError() }
          at += 2
        } else {
          throw SyntaxError()
        }
      default: return
      }
    }
  }

  private mutating func readValue(depth: Int) throws(SyntaxError) {
    try skipSpace()
    guard depth < JSON5Text.depthMax else { throw SyntaxError() }
    let index = values.count
    switch byte {
    case UInt8(ascii: "{"): try readMembers(.object, until: UInt8(ascii: "}"), depth)
    case UInt8(ascii: "["): try readMembers(.array, until: UInt8(ascii: "]"), depth)
    case UInt8(ascii: "\""), UInt8(ascii: "'"): try readString(.string)
    default: try readWord(.word)
    }
    values[index].next = values.count
  }

  private mutating func readMembers(
    _ kind: Kind, until end: UInt8, _ depth: Int
  ) throws(SyntaxError) {
    let index = values.count
    values.append(Value(kind: kind, bytes: at..<at))
    at += 1
    while true {
      try skipSpace()
      if byte == end { break }
      if kind == .object {
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
          try readString(.key)
        } else {
          try readWord(.key)
        }
        values[values.count - 1].next = values.count
        try skipSpace()
        guard byte == UInt8(ascii: ":") else { throw SyntaxError() }
        at += 1
      }
      try readValue(depth: depth + 1)
      try skipSpace()
      if byte == UInt8(ascii: ",") {
        at += 1
      } else if byte != end {
        throw SyntaxError()
      }
    }
    at += 1
    values[index].bytes = values[index].bytes.lowerBound..<at
  }

  private mutating func readString(_ kind: Kind) throws(SyntaxError) {
    let quote = byte
    at += 1
    let start = at
    var isEscaped = false
    while at < bytes.count, bytes[at] != quote {
      guard bytes[at] != 0x0A else { throw SyntaxError() }
      if bytes[at] == UInt8(ascii: "\\") {
        isEscaped = true
        at += 1
        if byte == 0x0D, at + 1 < bytes.count, bytes[at + 1] == 0x0A { at += 1 }
      }
      at += 1
    }
    guard at < bytes.count else { throw SyntaxError() }
    values.append(Value(kind: kind, bytes: start..<at, isEscaped: isEscaped))
    at += 1
  }

  private mutating func readWord(_ kind: Kind) throws(SyntaxError) {
    let start = at
    while at < bytes.count, JSON5Text.isWord(bytes[at]) { at += 1 }
    guard at > start else { throw SyntaxError() }
    values.append(Value(kind: kind, bytes: start..<at))
  }

  /// Of keys without quotes, numbers, `true`, `false` and `null`.
  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"),
      UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."), 0x80...:
      true
    default: false
    }
  }
}

extension JSON5Text {
  /// The text of a string, key or word; `nil` for what is no text at all.
  func string(_ index: Int) -> String? {
    let value = values[index]
    if value.isEscaped { return unescaped(bytes[value.bytes]) }
    return bytes.withUnsafeBufferPointer {
      String(validating: UnsafeBufferPointer(rebasing: $0[value.bytes]), as: UTF8.self)
    }
  }

  /// A whole number, decimal or in hex.
  func integer(_ index: Int) -> Int? {
    guard values[index].kind == .word, let word = string(index) else { return nil }
    let digits = word.drop { $0 == "+" || $0 == "-" }
    guard digits.hasPrefix("0x") || digits.hasPrefix("0X") else { return Int(word) }
    guard let value = Int(digits.dropFirst(2), radix: 16) else { return nil }
    return word.hasPrefix("-") ? -value : value
  }

  func isWord(_ index: Int, _ word: StaticString) -> Bool {
    let value = values[index]
    guard value.kind == .word, value.bytes.count == word.utf8CodeUnitCount else { return false }
    return word.withUTF8Buffer { bytes[value.bytes].elementsEqual($0) }
  }

  private func unescaped(_ escaped: ArraySlice<UInt8>) -> String? {
    var out: [UInt8] = []
    var at = escaped.startIndex
    /// As many hex digits; `nil` for other characters.
    func hex(_ count: Int) -> UInt32? {
      guard at + count <= escaped.endIndex else { return nil }
      var code: UInt32 = 0
      for byte in escaped[at..<at + count] {
        guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
        code = code << 4 | UInt32(digit)
      }
      at += count
      return code
    }
    while at < escaped.endIndex {
      let byte = escaped[at]
      at += 1
      guard byte == UInt8(ascii: "\\") else {
        out.append(byte)
        continue
      }
      guard at < escaped.endIndex else { return nil }
      let sign = escaped[at]
      at += 1
      switch sign {
      case UInt8(ascii: "n"): out.append(0x0A)
      case UInt8(ascii: "r"): out.append(0x0D)
      case UInt8(ascii: "t"): out.append(0x09)
      case UInt8(ascii: "b"): out.append(0x08)
      case UInt8(ascii: "f"): out.append(0x0C)
      case UInt8(ascii: "v"): out.append(0x0B)
      case UInt8(ascii: "0"): out.append(0)
      case 0x0A: break
      case 0x0D: if at < escaped.endIndex, escaped[at] == 0x0A { at += 1 }
      case UInt8(ascii: "x"), UInt8(ascii: "u"):
        guard var code = hex(sign == UInt8(ascii: "x") ? 2 : 4) else { return nil }
        if code & 0xFC00 == 0xD800 {
          guard escaped[at...].starts(with: [0x5C, 0x75]) else { return nil }
          at += 2
          guard let low = hex(4), low & 0xFC00 == 0xDC00 else { return nil }
          code = 0x10000 + (code & 0x3FF) << 10 + low & 0x3FF
        }
        guard let scalar = Unicode.Scalar(code) else { return nil }
        out += UTF8.encode(scalar)!
      default: out.append(sign)
      }
    }
    return String(validating: out, as: UTF8.self)
  }

  /// The way to a value: its keys and indices from the outside in, each with its value.
  func path(to index: Int) -> [JSON5Key] {
    var path: [JSON5Key] = []
    var holder = 0
    while holder != index, values[holder].kind == .object || values[holder].kind == .array {
      var at = holder + 1
      var count = 0
      var step: JSON5Key?
      while at < values[holder].next {
        if values[at].kind == .key {
          step = JSON5Key(stringValue: string(at) ?? "")
          at += 1
        } else {
          step = JSON5Key(intValue: count)
        }
        if index < values[at].next { break }
        count += 1
        at = values[at].next
      }
      guard let step, at < values[holder].next else { break }
      path.append(step)
      holder = at
    }
    return path
  }
}

/// A step of a path.
struct JSON5Key: CodingKey {
  var stringValue: String
  var intValue: Int?

  init(stringValue: String) { self.stringValue = stringValue }

  init(intValue: Int) {
    stringValue = "\(intValue)"
    self.intValue = intValue
  }
}

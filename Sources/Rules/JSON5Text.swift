/// A JSON5 text, told apart into its values without reading them.
///
/// Values lie in the order of the text, each before what it holds; a key lies before its value.
/// Source: https://spec.json5.org.
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

  let bytes: [UInt8]
  private(set) var values: [Value] = []
  private var at = 0
  /// The way to what is being read: in every object the last key, in every array how many came before.
  private var way: [Step] = []

  private enum Step {
    case key(Int)
    case element(Int)
  }

  /// Rule files nest five levels; a bound keeps a hostile one from using up the stack.
  private static let depthMax = 32

  /// - Throws: what is no JSON5, and where.
  init(_ bytes: [UInt8]) throws(RuleOutline.Trouble) {
    self.bytes = bytes
    values.reserveCapacity(bytes.count / 16)
    if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { at = 3 }
    try readValue()
    try skipSpace()
    guard atEnd else { throw trouble("the end of the file") }
  }

  private var atEnd: Bool { at >= bytes.count }
  private var byte: UInt8 { at < bytes.count ? bytes[at] : 0 }

  /// - Parameters:
  ///   - offset: where it is wrong, if not where is being read.
  ///   - outside: what is wrong is around the value or key last read.
  private func trouble(
    _ expected: String, at offset: Int? = nil, outside: Bool = false
  ) -> RuleOutline.Trouble {
    var path = ""
    for step in outside ? way.dropLast() : way[...] {
      switch step {
      case .key(let index): path = RuleOutline.join(path, string(index) ?? "")
      case .element(let count): path += "[\(count)]"
      }
    }
    return RuleOutline.Trouble(line: line(at: offset ?? at), path: path, expected: expected)
  }

  private func line(at offset: Int) -> Int {
    1 + bytes[..<min(offset, bytes.count)].count { $0 == 0x0A }
  }

  private mutating func skipSpace(outside: Bool = false) throws(RuleOutline.Trouble) {
    while !atEnd {
      switch byte {
      case 0x20, 0x09...0x0D: at += 1
      case 0xC2 where at + 1 < bytes.count && bytes[at + 1] == 0xA0: at += 2
      case UInt8(ascii: "/"):
        let start = at
        at += 2
        switch start + 1 < bytes.count ? bytes[start + 1] : 0 {
        case UInt8(ascii: "/"):
          while !atEnd, byte != 0x0A { at += 1 }
        case UInt8(ascii: "*"):
          while !(byte == UInt8(ascii: "*") && at + 1 < bytes.count && bytes[at + 1] == 0x2F) {
            guard !atEnd else {
              throw trouble(
                "*/ at the end of the comment that begins here", at: start, outside: outside)
            }
            at += 1
          }
          at += 2
        default: throw trouble("// or /* to begin a comment", at: start, outside: outside)
        }
      default: return
      }
    }
  }

  private mutating func readValue() throws(RuleOutline.Trouble) {
    try skipSpace()
    guard way.count < JSON5Text.depthMax else {
      throw trouble("at most \(JSON5Text.depthMax) levels")
    }
    let index = values.count
    switch byte {
    case _ where atEnd: throw trouble("a value, not the end of the file")
    case UInt8(ascii: "{"): try readObject()
    case UInt8(ascii: "["): try readArray()
    case UInt8(ascii: "\""), UInt8(ascii: "'"): try readString(.string)
    default: try readWord()
    }
    values[index].next = values.count
  }

  private mutating func readObject() throws(RuleOutline.Trouble) {
    let (index, opening) = open(.object, .key(values.count))
    while try !closes("}", opening) {
      way[way.count - 1] = .key(values.count)
      try readKey()
      try skipSpace()
      guard byte == UInt8(ascii: ":") else { throw trouble("a colon after the key") }
      at += 1
      try readValue()
      try readComma("}", opening)
    }
    close(index)
  }

  private mutating func readArray() throws(RuleOutline.Trouble) {
    let (index, opening) = open(.array, .element(0))
    var count = 0
    while try !closes("]", opening) {
      way[way.count - 1] = .element(count)
      try readValue()
      try readComma("]", opening)
      count += 1
    }
    close(index)
  }

  private mutating func open(_ kind: Kind, _ step: Step) -> (index: Int, opening: Int) {
    values.append(Value(kind: kind, bytes: at..<at))
    way.append(step)
    at += 1
    return (values.count - 1, at - 1)
  }

  private mutating func close(_ index: Int) {
    way.removeLast()
    at += 1
    values[index].bytes = values[index].bytes.lowerBound..<at
  }

  private mutating func closes(
    _ bracket: Unicode.Scalar, _ opening: Int
  ) throws(RuleOutline.Trouble) -> Bool {
    try skipSpace(outside: true)
    guard !atEnd else { throw unclosed(bracket, opening) }
    return byte == UInt8(ascii: bracket)
  }

  private mutating func readComma(
    _ bracket: Unicode.Scalar, _ opening: Int
  ) throws(RuleOutline.Trouble) {
    try skipSpace(outside: true)
    if byte == UInt8(ascii: ",") {
      at += 1
    } else if byte != UInt8(ascii: bracket) {
      throw atEnd
        ? unclosed(bracket, opening) : trouble("a comma or \(bracket) after the value")
    }
  }

  private func unclosed(_ bracket: Unicode.Scalar, _ opening: Int) -> RuleOutline.Trouble {
    trouble(
      "\(bracket) for the bracket opened in line \(line(at: opening))", outside: true)
  }

  private mutating func readKey() throws(RuleOutline.Trouble) {
    if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
      try readString(.key)
    } else {
      let start = at
      while !atEnd, JSON5Text.isLetterOrDigit(byte) { at += 1 }
      guard at > start else { throw trouble("a key", outside: true) }
      values.append(Value(kind: .key, bytes: start..<at))
    }
    values[values.count - 1].next = values.count
  }

  private mutating func readString(_ kind: Kind) throws(RuleOutline.Trouble) {
    let quote = byte
    let start = at + 1
    var isEscaped = false
    at += 1
    while byte != quote || atEnd {
      guard !atEnd, byte != 0x0A else {
        throw trouble(
          "a closing quote on the same line", at: start - 1, outside: kind == .key)
      }
      if byte == UInt8(ascii: "\\") {
        isEscaped = true
        at += 1
        if byte == 0x0D, at + 1 < bytes.count, bytes[at + 1] == 0x0A { at += 1 }
      }
      at += 1
    }
    values.append(Value(kind: kind, bytes: start..<at, isEscaped: isEscaped))
    at += 1
  }

  /// A number, `true`, `false` or `null`.
  private mutating func readWord() throws(RuleOutline.Trouble) {
    let start = at
    while !atEnd, JSON5Text.isLetterOrDigit(byte) || JSON5Text.isSign(byte) { at += 1 }
    let word = bytes[start..<at]
    let isNumber = word.first.map { $0 &- 0x30 < 10 || JSON5Text.isSign($0) } ?? false
    values.append(Value(kind: .word, bytes: start..<at))
    if !isNumber, !isName(values.count - 1) {
      throw trouble(word.isEmpty ? "a value" : "quotes around a text", at: start)
    }
  }

  private static func isSign(_ byte: UInt8) -> Bool { byte == 0x2B || byte == 0x2D || byte == 0x2E }

  private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"), 0x80...:
      true
    default: false
    }
  }
}

extension JSON5Text {
  /// The text of a string, key or word; `nil` for what is no UTF-8, a broken escape and NUL, at which the
  /// system would cut a path.
  func string(_ index: Int) -> String? {
    let value = values[index]
    if value.isEscaped { return unescaped(bytes[value.bytes]) }
    return bytes.withUnsafeBufferPointer {
      let text = UnsafeBufferPointer(rebasing: $0[value.bytes])
      return text.contains(0) ? nil : String(validating: text, as: UTF8.self)
    }
  }

  /// A whole number: decimal, in hex, or with a point or an exponent that leave it whole.
  func integer(_ index: Int) -> Int? {
    guard let (isNegative, digits) = number(index) else { return nil }
    if let hex = JSON5Text.hex(digits) {
      return Int(hex, radix: 16).map { isNegative ? -$0 : $0 }
    }
    return Int(isNegative ? "-" + digits : digits) ?? double(index).flatMap { Int(exactly: $0) }
  }

  /// Any number.
  func double(_ index: Int) -> Double? {
    guard let (isNegative, digits) = number(index) else { return nil }
    let value = JSON5Text.hex(digits).map { Int($0, radix: 16).map(Double.init) } ?? Double(digits)
    return value.map { isNegative ? -$0 : $0 }
  }

  /// A number's sign and the rest of it; `nil` for what is none.
  private func number(_ index: Int) -> (isNegative: Bool, digits: Substring)? {
    guard values[index].kind == .word, let word = string(index) else { return nil }
    let digits = word.hasPrefix("-") || word.hasPrefix("+") ? word.dropFirst() : word[...]
    let first = digits.utf8.first ?? 0
    guard first &- 0x30 < 10 || first == 0x2E || digits == "Infinity" || digits == "NaN" else {
      return nil
    }
    if first == 0x30, let second = digits.utf8.dropFirst().first, second &- 0x30 < 10 { return nil }
    return (word.hasPrefix("-"), digits)
  }

  private static func hex(_ digits: Substring) -> Substring? {
    guard digits.hasPrefix("0x") || digits.hasPrefix("0X") else { return nil }
    // A sign would be taken for part of the number.
    return digits.dropFirst(2).allSatisfy(\.isHexDigit) ? digits.dropFirst(2) : ""
  }

  /// Whether a word is one of those that are no digits.
  func isName(_ index: Int) -> Bool {
    isWord(index, "true") || isWord(index, "false") || isWord(index, "null")
      || isWord(index, "Infinity") || isWord(index, "NaN")
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
      case 0x30...0x39: return nil
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
    return out.contains(0) ? nil : String(validating: out, as: UTF8.self)
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

/// Where everything stands in a JSON5 file: the line of every key and element.
///
/// The decoder knows what is wrong but not where; this reads the same bytes only for places. It also
/// finds syntax errors, which the decoder reports without a line that can be relied on.
package struct RuleOutline {
  /// Line of every value, by its path (`[3].ranges[0].base`).
  package private(set) var lines: [String: Int] = [:]
  /// Every key with its path and line, in the order of the file.
  package private(set) var keys: [Key] = []

  package struct Key {
    package var name: String
    package var path: String
    package var line: Int
  }

  /// What a syntax error looks like.
  package struct Trouble: Error {
    package var line: Int
    package var path: String
    package var expected: String
    package var isDuplicateKey = false
  }

  package init(_ bytes: some Sequence<UInt8>) throws(Trouble) {
    var reader = Reader(bytes: Array(bytes))
    if reader.bytes.starts(with: [0xEF, 0xBB, 0xBF]) { reader.index = 3 }
    try reader.readValue(path: "", depth: 0)
    try reader.skipSpace(path: "")
    guard reader.atEnd else { throw reader.trouble("", "the end of the file") }
    lines = reader.lines
    keys = reader.keys
  }

  /// The line of `path`, or of the nearest thing around it.
  package func line(of path: String) -> Int {
    var path = path
    while true {
      if let line = lines[path] { return line }
      guard let cut = path.lastIndex(where: { $0 == "." || $0 == "[" }) else { break }
      path = String(path[..<cut])
    }
    return lines[""] ?? 1
  }

  /// Joins a path and a key as `line(of:)` expects it.
  package static func join(_ path: String, _ key: String) -> String {
    path.isEmpty ? key : path + "." + key
  }
}

/// Walks the bytes once, left to right.
private struct Reader {
  let bytes: [UInt8]
  var index = 0
  var line = 1
  var lines: [String: Int] = [:]
  var keys: [RuleOutline.Key] = []

  /// Rule files nest five levels; a bound keeps a hostile one from using up the stack.
  static let depthMax = 32

  init(bytes: [UInt8]) { self.bytes = bytes }

  var atEnd: Bool { index >= bytes.count }
  var byte: UInt8 { index < bytes.count ? bytes[index] : 0 }

  func trouble(_ path: String, _ expected: String) -> RuleOutline.Trouble {
    RuleOutline.Trouble(line: line, path: path, expected: expected)
  }

  mutating func advance() {
    if byte == UInt8(ascii: "\n") { line += 1 }
    index += 1
  }

  mutating func skipSpace(path: String) throws(RuleOutline.Trouble) {
    while !atEnd {
      switch byte {
      case 0x20, 0x09...0x0D: advance()
      case 0xC2 where index + 1 < bytes.count && bytes[index + 1] == 0xA0: index += 2
      case UInt8(ascii: "/"): try skipComment(path: path)
      default: return
      }
    }
  }

  private mutating func skipComment(path: String) throws(RuleOutline.Trouble) {
    let next = index + 1 < bytes.count ? bytes[index + 1] : 0
    if next == UInt8(ascii: "/") {
      while !atEnd && byte != UInt8(ascii: "\n") { index += 1 }
    } else if next == UInt8(ascii: "*") {
      let start = line
      index += 2
      while !(byte == UInt8(ascii: "*") && index + 1 < bytes.count
        && bytes[index + 1] == UInt8(ascii: "/"))
      {
        guard !atEnd else {
          line = start
          throw trouble(path, "*/ at the end of the comment that begins here")
        }
        advance()
      }
      index += 2
    } else {
      throw trouble(path, "// or /* to begin a comment")
    }
  }

  mutating func readValue(path: String, depth: Int) throws(RuleOutline.Trouble) {
    try skipSpace(path: path)
    lines[path] = line
    guard depth < Reader.depthMax else { throw trouble(path, "at most \(Reader.depthMax) levels") }
    switch byte {
    case _ where atEnd: throw trouble(path, "a value, not the end of the file")
    case UInt8(ascii: "{"): try readObject(path: path, depth: depth)
    case UInt8(ascii: "["): try readArray(path: path, depth: depth)
    case UInt8(ascii: "\""), UInt8(ascii: "'"): _ = try readString(path: path)
    default: try readWord(path: path)
    }
  }

  private mutating func readObject(path: String, depth: Int) throws(RuleOutline.Trouble) {
    let opening = line
    advance()
    var seen: Set<String> = []
    while true {
      try skipSpace(path: path)
      if byte == UInt8(ascii: "}") { break }
      guard !atEnd else { throw unclosed(path, "}", opening) }
      let keyLine = line
      let key = try readKey(path: path)
      let keyPath = RuleOutline.join(path, key)
      guard seen.insert(key).inserted else {
        var trouble = trouble(keyPath, "every key once")
        trouble.isDuplicateKey = true
        throw trouble
      }
      keys.append(RuleOutline.Key(name: key, path: keyPath, line: keyLine))
      try skipSpace(path: keyPath)
      guard byte == UInt8(ascii: ":") else { throw trouble(keyPath, "a colon after the key") }
      advance()
      try readValue(path: keyPath, depth: depth + 1)
      try skipSpace(path: path)
      if byte == UInt8(ascii: ",") {
        advance()
      } else if byte != UInt8(ascii: "}") {
        throw atEnd
          ? unclosed(path, "}", opening) : trouble(keyPath, "a comma or } after the value")
      }
    }
    advance()
  }

  private mutating func readArray(path: String, depth: Int) throws(RuleOutline.Trouble) {
    let opening = line
    advance()
    var count = 0
    while true {
      try skipSpace(path: path)
      if byte == UInt8(ascii: "]") { break }
      guard !atEnd else { throw unclosed(path, "]", opening) }
      let elementPath = "\(path)[\(count)]"
      try readValue(path: elementPath, depth: depth + 1)
      count += 1
      try skipSpace(path: path)
      if byte == UInt8(ascii: ",") {
        advance()
      } else if byte != UInt8(ascii: "]") {
        throw atEnd
          ? unclosed(path, "]", opening) : trouble(elementPath, "a comma or ] after the value")
      }
    }
    advance()
  }

  private func unclosed(_ path: String, _ bracket: String, _ opening: Int) -> RuleOutline.Trouble {
    trouble(path, "\(bracket) for the bracket opened in line \(opening)")
  }

  private mutating func readKey(path: String) throws(RuleOutline.Trouble) -> String {
    if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") { return try readString(path: path) }
    let start = index
    while !atEnd, Reader.isWord(byte) { index += 1 }
    guard index > start else { throw trouble(path, "a key") }
    return String(decoding: bytes[start..<index], as: UTF8.self)
  }

  /// - Returns: the text with escapes as they are written; enough to tell keys apart.
  private mutating func readString(path: String) throws(RuleOutline.Trouble) -> String {
    let quote = byte
    let opening = line
    advance()
    let start = index
    while byte != quote || atEnd {
      guard !atEnd, byte != UInt8(ascii: "\n") else {
        line = opening
        throw trouble(path, "a closing quote on the same line")
      }
      if byte == UInt8(ascii: "\\") {
        advance()
        if byte == 0x0D, index + 1 < bytes.count, bytes[index + 1] == 0x0A { advance() }
      }
      advance()
    }
    let text = String(decoding: bytes[start..<index], as: UTF8.self)
    advance()
    return text
  }

  /// A number, `true`, `false` or `null`.
  private mutating func readWord(path: String) throws(RuleOutline.Trouble) {
    let start = index
    while !atEnd, Reader.isWord(byte) || [0x2B, 0x2D, 0x2E].contains(byte) { index += 1 }
    let word = String(decoding: bytes[start..<index], as: UTF8.self)
    let first = word.utf8.first ?? 0
    let isNumber = (0x30...0x39).contains(first) || [0x2B, 0x2D, 0x2E].contains(first)
    guard isNumber || ["true", "false", "null", "Infinity", "NaN"].contains(word) else {
      throw trouble(path, word.isEmpty ? "a value" : "quotes around a text")
    }
    // The decoder would only ask for a whole number, which it is.
    let digits = word.utf8.drop { $0 == 0x2B || $0 == 0x2D }
    if digits.count > 18, digits.allSatisfy({ (0x30...0x39).contains($0) }), Int(word) == nil {
      throw trouble(path, "a whole number of at most 18 digits")
    }
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "$"), 0x80...:
      true
    default: false
    }
  }
}

/// Where everything stands in a JSON5 file: the line of every key and element.
///
/// The decoder knows what is wrong and the way to it, but no lines. What it would pass over is refused here:
/// a key that is no text, a word that is no number where nobody asks for one.
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
    let text = try JSON5Text(Array(bytes))
    var reader = Reader(text: text)
    _ = try reader.read(0, path: "")
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

  /// The same of what the decoder names.
  package static func path(_ way: [any CodingKey]) -> String {
    way.reduce(into: "") { path, key in
      path = key.intValue.map { "\(path)[\($0)]" } ?? join(path, key.stringValue)
    }
  }

  /// Joins a path and a key as `line(of:)` expects it.
  package static func join(_ path: String, _ key: String) -> String {
    path.isEmpty ? key : path + "." + key
  }
}

/// Walks the values once, in the order of the text.
private struct Reader {
  let text: JSON5Text
  var lines: [String: Int] = [:]
  var keys: [RuleOutline.Key] = []
  private var line = 1
  private var counted = 0

  init(text: JSON5Text) { self.text = text }

  private mutating func line(of index: Int) -> Int {
    let start = text.values[index].bytes.lowerBound
    line += text.bytes[counted..<start].count { $0 == 0x0A }
    counted = start
    return line
  }

  private mutating func trouble(
    _ index: Int, _ path: String, _ expected: String
  ) -> RuleOutline.Trouble {
    RuleOutline.Trouble(line: line(of: index), path: path, expected: expected)
  }

  private static let text = "a text in UTF-8, with neither NUL nor broken escapes"

  /// - Returns: the value behind it.
  mutating func read(_ index: Int, path: String) throws(RuleOutline.Trouble) -> Int {
    let value = text.values[index]
    lines[path] = line(of: index)
    var at = index + 1
    switch value.kind {
    case .object:
      var seen: Set<String> = []
      while at < value.next {
        guard let name = text.string(at) else { throw trouble(at, path, "as a key " + Reader.text) }
        let keyPath = RuleOutline.join(path, name)
        guard seen.insert(name).inserted else {
          var trouble = trouble(at, keyPath, "every key once")
          trouble.isDuplicateKey = true
          throw trouble
        }
        keys.append(RuleOutline.Key(name: name, path: keyPath, line: line(of: at)))
        at = try read(at + 1, path: keyPath)
      }
    case .array:
      var count = 0
      while at < value.next {
        at = try read(at, path: "\(path)[\(count)]")
        count += 1
      }
    case .word:
      // "A whole number" would say nothing of what is wrong with it.
      let digits = text.bytes[value.bytes].drop { $0 == 0x2B || $0 == 0x2D }
      if digits.count > 18, digits.allSatisfy({ $0 &- 0x30 < 10 }), text.integer(index) == nil {
        throw trouble(index, path, "a whole number of at most 18 digits")
      }
      guard text.isName(index) || text.double(index) != nil else {
        throw trouble(index, path, "a number as JSON5 writes it")
      }
    case .string:
      guard text.string(index) != nil else { throw trouble(index, path, Reader.text) }
    case .key: break
    }
    return value.next
  }
}

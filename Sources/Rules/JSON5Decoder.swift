/// Decodes JSON5 into `Decodable` types.
///
/// Every start reads 130 KB of rules; with Foundation's decoder that was half of what a scan of a small file
/// takes (`make bench`, "scan of a 1 KB file").
package enum JSON5Decoder {
  /// - Parameter bytes: a whole text.
  /// - Throws: `DecodingError`, with the way to the value in its context.
  package static func decode<T: Decodable>(
    _ type: T.Type, from bytes: some Sequence<UInt8>
  ) throws -> T {
    let text: JSON5Text
    do {
      text = try JSON5Text(Array(bytes))
    } catch {
      throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "not JSON5"))
    }
    return try ValueDecoder(text: text, index: 0).decode(type)
  }
}

/// One value of a text.
private struct ValueDecoder: Decoder, SingleValueDecodingContainer {
  let text: JSON5Text
  let index: Int

  var codingPath: [any CodingKey] { text.path(to: index) }
  var userInfo: [CodingUserInfoKey: Any] { [:] }

  var value: JSON5Text.Value { text.values[index] }

  func container<Key>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
    guard value.kind == .object else { throw mismatch([String: Any].self) }
    return KeyedDecodingContainer(ObjectDecoder(value: self))
  }

  func unkeyedContainer() throws -> any UnkeyedDecodingContainer { try array() }

  func singleValueContainer() throws -> any SingleValueDecodingContainer { self }

  private func array() throws -> ArrayDecoder {
    guard value.kind == .array else { throw mismatch([Any].self) }
    return ArrayDecoder(value: self, at: index + 1)
  }

  func mismatch(_ type: Any.Type) -> DecodingError {
    let context = DecodingError.Context(codingPath: codingPath, debugDescription: "")
    return text.isWord(index, "null")
      ? .valueNotFound(type, context) : .typeMismatch(type, context)
  }

  func decodeNil() -> Bool { text.isWord(index, "null") }

  func decode(_ type: Bool.Type) throws -> Bool {
    if text.isWord(index, "true") { return true }
    guard text.isWord(index, "false") else { throw mismatch(type) }
    return false
  }

  func decode(_ type: String.Type) throws -> String {
    guard value.kind == .string else { throw mismatch(type) }
    guard let string = text.string(index) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: codingPath, debugDescription: "no text"))
    }
    return string
  }

  func decode(_ type: Double.Type) throws -> Double {
    guard let value = text.double(index) else { throw mismatch(type) }
    return value
  }

  func decode(_ type: Float.Type) throws -> Float { Float(try decode(Double.self)) }
  func decode(_ type: Int.Type) throws -> Int { try integer(type) }
  func decode(_ type: Int8.Type) throws -> Int8 { try integer(type) }
  func decode(_ type: Int16.Type) throws -> Int16 { try integer(type) }
  func decode(_ type: Int32.Type) throws -> Int32 { try integer(type) }
  func decode(_ type: Int64.Type) throws -> Int64 { try integer(type) }
  func decode(_ type: UInt.Type) throws -> UInt { try integer(type) }
  func decode(_ type: UInt8.Type) throws -> UInt8 { try integer(type) }
  func decode(_ type: UInt16.Type) throws -> UInt16 { try integer(type) }
  func decode(_ type: UInt32.Type) throws -> UInt32 { try integer(type) }
  func decode(_ type: UInt64.Type) throws -> UInt64 { try integer(type) }

  private func integer<T: FixedWidthInteger>(_ type: T.Type) throws -> T {
    guard let value = text.integer(index).flatMap(T.init(exactly:)) else { throw mismatch(type) }
    return value
  }

  func decode<T: Decodable>(_ type: T.Type) throws -> T {
    // Most of what rule files hold.
    if type == [String].self {
      var strings: [String] = []
      var array = try array()
      while let element = array.next() { strings.append(try element.decode(String.self)) }
      return strings as! T
    }
    return try T(from: self)
  }
}

private struct ObjectDecoder<Key: CodingKey>: KeyedDecodingContainerProtocol {
  let value: ValueDecoder
  /// Where the next key is looked for first: nearly all are asked for in the order of the text.
  private let cursor: Cursor

  private final class Cursor {
    var at: Int
    init(_ at: Int) { self.at = at }
  }

  init(value: ValueDecoder) {
    self.value = value
    cursor = Cursor(value.index + 1)
  }

  var codingPath: [any CodingKey] { value.codingPath }

  var allKeys: [Key] {
    var keys: [Key] = []
    var at = value.index + 1
    while at < value.value.next {
      if let key = value.text.string(at).flatMap(Key.init(stringValue:)) { keys.append(key) }
      at = value.text.values[at + 1].next
    }
    return keys
  }

  private func find(_ key: Key) -> ValueDecoder? {
    let start = cursor.at
    guard
      let at = find(key, from: start, to: value.value.next)
        ?? find(key, from: value.index + 1, to: start)
    else { return nil }
    cursor.at = at
    return ValueDecoder(text: value.text, index: at + 1)
  }

  private func find(_ key: Key, from start: Int, to end: Int) -> Int? {
    let (text, name) = (value.text, key.stringValue.utf8)
    var at = start
    while at < end {
      let entry = text.values[at]
      let isKey =
        entry.isEscaped
        ? text.string(at) == key.stringValue
        : entry.bytes.count == name.count && text.bytes[entry.bytes].elementsEqual(name)
      if isKey { return at }
      at = text.values[at + 1].next
    }
    return nil
  }

  private func require(_ key: Key) throws -> ValueDecoder {
    if let value = find(key) { return value }
    throw DecodingError.keyNotFound(key, .init(codingPath: codingPath, debugDescription: ""))
  }

  func contains(_ key: Key) -> Bool { find(key) != nil }
  func decodeNil(forKey key: Key) throws -> Bool { try require(key).decodeNil() }

  func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try require(key).decode(type) }
  func decode(_ type: String.Type, forKey key: Key) throws -> String {
    try require(key).decode(type)
  }
  func decode(_ type: Double.Type, forKey key: Key) throws -> Double {
    try require(key).decode(type)
  }
  func decode(_ type: Float.Type, forKey key: Key) throws -> Float { try require(key).decode(type) }
  func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try require(key).decode(type) }
  func decode(_ type: Int8.Type, forKey key: Key) throws -> Int8 { try require(key).decode(type) }
  func decode(_ type: Int16.Type, forKey key: Key) throws -> Int16 { try require(key).decode(type) }
  func decode(_ type: Int32.Type, forKey key: Key) throws -> Int32 { try require(key).decode(type) }
  func decode(_ type: Int64.Type, forKey key: Key) throws -> Int64 { try require(key).decode(type) }
  func decode(_ type: UInt.Type, forKey key: Key) throws -> UInt { try require(key).decode(type) }
  func decode(_ type: UInt8.Type, forKey key: Key) throws -> UInt8 { try require(key).decode(type) }
  func decode(_ type: UInt16.Type, forKey key: Key) throws -> UInt16 {
    try require(key).decode(type)
  }
  func decode(_ type: UInt32.Type, forKey key: Key) throws -> UInt32 {
    try require(key).decode(type)
  }
  func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 {
    try require(key).decode(type)
  }
  func decode<T: Decodable>(_ type: T.Type, forKey key: Key) throws -> T {
    try require(key).decode(type)
  }

  func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type, forKey key: Key
  ) throws -> KeyedDecodingContainer<Nested> {
    try require(key).container(keyedBy: type)
  }

  func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer {
    try require(key).unkeyedContainer()
  }

  func superDecoder() throws -> any Decoder { value }
  func superDecoder(forKey key: Key) throws -> any Decoder { try require(key) }
}

private struct ArrayDecoder: UnkeyedDecodingContainer {
  let value: ValueDecoder
  var at: Int
  var currentIndex = 0

  var codingPath: [any CodingKey] { value.codingPath }
  var count: Int? { nil }
  var isAtEnd: Bool { at >= value.value.next }

  mutating func next() -> ValueDecoder? {
    guard !isAtEnd else { return nil }
    let element = ValueDecoder(text: value.text, index: at)
    at = element.value.next
    currentIndex += 1
    return element
  }

  private mutating func require(_ type: Any.Type) throws -> ValueDecoder {
    if let element = next() { return element }
    throw DecodingError.valueNotFound(type, .init(codingPath: codingPath, debugDescription: ""))
  }

  mutating func decodeNil() throws -> Bool {
    guard !isAtEnd, ValueDecoder(text: value.text, index: at).decodeNil() else { return false }
    _ = next()
    return true
  }

  mutating func decode(_ type: Bool.Type) throws -> Bool { try require(type).decode(type) }
  mutating func decode(_ type: String.Type) throws -> String { try require(type).decode(type) }
  mutating func decode(_ type: Double.Type) throws -> Double { try require(type).decode(type) }
  mutating func decode(_ type: Float.Type) throws -> Float { try require(type).decode(type) }
  mutating func decode(_ type: Int.Type) throws -> Int { try require(type).decode(type) }
  mutating func decode(_ type: Int8.Type) throws -> Int8 { try require(type).decode(type) }
  mutating func decode(_ type: Int16.Type) throws -> Int16 { try require(type).decode(type) }
  mutating func decode(_ type: Int32.Type) throws -> Int32 { try require(type).decode(type) }
  mutating func decode(_ type: Int64.Type) throws -> Int64 { try require(type).decode(type) }
  mutating func decode(_ type: UInt.Type) throws -> UInt { try require(type).decode(type) }
  mutating func decode(_ type: UInt8.Type) throws -> UInt8 { try require(type).decode(type) }
  mutating func decode(_ type: UInt16.Type) throws -> UInt16 { try require(type).decode(type) }
  mutating func decode(_ type: UInt32.Type) throws -> UInt32 { try require(type).decode(type) }
  mutating func decode(_ type: UInt64.Type) throws -> UInt64 { try require(type).decode(type) }
  mutating func decode<T: Decodable>(_ type: T.Type) throws -> T { try require(type).decode(type) }

  mutating func nestedContainer<Nested: CodingKey>(
    keyedBy type: Nested.Type
  ) throws -> KeyedDecodingContainer<Nested> {
    try require([String: Any].self).container(keyedBy: type)
  }

  mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer {
    try require([Any].self).unkeyedContainer()
  }

  mutating func superDecoder() throws -> any Decoder { value }
}

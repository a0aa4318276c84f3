/// Words and marks that stand between a name and its value and name neither: types, as source code, dumps
/// of memory and typed JSON write them, and verbs.
extension LabelReader {
  static let typeWords = [
    "some", "value", "string", "str", "text", "int", "integer", "long", "val", "valueof", "content",
    "defaultvalue", "var", "n", "u16", "u32", "u64", "i16", "i32", "i64", "uint16", "uint32",
    "uint64", "int16", "int32", "int64", "number", "any", "bigint", "s",
  ]
  private static let types = hashes(typeWords)
  private static let passThrough = hashes(
    typeWords + ["is", "was", "are", "ist", "est", "es", "on", "the", "back", "equals", "to"])
  /// Words that may end a name and add nothing to it.
  private static let carriers = hashes(typeWords + ["field", "nbr"])

  /// Whether the name is one of such words, as `value`, or all of such, as `integerValue`, and has no
  /// meaning of its own.
  func saysNothing(_ bytes: Bytes, _ name: Range<Int>) -> Bool {
    isPassThrough(bytes, name) && meanings(bytes, name).isEmpty
  }

  private func isPassThrough(_ bytes: Bytes, _ name: Range<Int>) -> Bool {
    let word = lastWordStart(bytes, name)..<name.upperBound
    return LabelReader.passThrough.contains(squeeze(bytes, word)) || isTypeName(bytes, word)
  }

  /// `integerValue` of Firestore, `numberLong` of MongoDB, `string_value` of Protocol Buffers.
  private func isTypeName(_ bytes: Bytes, _ name: Range<Int>) -> Bool {
    guard name.count <= 16 else { return false }
    var end = name.upperBound
    var at = end
    while at > name.lowerBound {
      at -= 1
      guard isWordStart(bytes, at, floor: name.lowerBound) else { continue }
      guard LabelReader.types.contains(squeeze(bytes, at..<end)) else { return false }
      end = at
    }
    return end == name.lowerBound && end < name.upperBound
  }

  /// Whether the word is joined to those before it and leaves what they say as it is: `cvv_field`.
  func isCarrier(_ bytes: Bytes, _ word: Range<Int>, of name: Range<Int>) -> Bool {
    lastWordStart(bytes, name.lowerBound..<word.upperBound) < word.lowerBound
      && LabelReader.carriers.contains(squeeze(bytes, word))
  }

  /// Whether a name that has a meaning tells the type of a value here: `cvv: number = 737`,
  /// `cvv = Number(737)`.
  func isType(_ bytes: Bytes, _ range: Range<Int>, floor: Int) -> Bool {
    guard isPassThrough(bytes, range) else { return false }
    var after = range.upperBound
    while bytes[after] == 0x20 { after += 1 }
    var before = range.lowerBound - 1
    while before > floor, bytes[before] == 0x20 { before -= 1 }
    return bytes[before] == 0x3A && bytes[after] == 0x3D
      || bytes[before] == 0x3D && bytes[after] == 0x28
  }

  /// The name that a value has through the objects it is wrapped in: `{"cvv":{"integerValue":"737"}}`,
  /// `{"key":"cvv","value":{"stringValue":"737"}}`.
  ///
  /// - Parameters:
  ///   - valueName: where the word begins that stands before the value.
  ///   - value: where the value begins.
  func wrapperKey(_ bytes: Bytes, valueName: Int, value: Int, floor: Int) -> Range<Int>? {
    var at = valueName
    for depth in 0..<LabelReader.wrappersMax {
      guard let key = pairedKey(bytes, valueName: at, value: value, depth: depth, floor: floor)
      else { return nil }
      guard saysNothing(bytes, key) else { return key }
      at = key.lowerBound
    }
    return nil
  }

  private static let wrappersMax = 3

  // MARK: - PHP

  /// `;s:16:` and `;i:` of serialised PHP, with the quote before the semicolon left to the caller.
  func phpMark(_ bytes: Bytes, end: Int, floor: Int) -> Int? {
    var at = end - 1
    while at > floor, isDigit(bytes[at - 1]), end - at < 6 { at -= 1 }
    if at < end - 1 {
      guard bytes[at - 1] == 0x3A else { return nil }
      at -= 1
    }
    let mark = bytes[at - 1]
    guard mark == 0x73 || mark == 0x69 || mark == 0x64, bytes[at - 2] == 0x3B else { return nil }
    return at - 2
  }

  /// What a printed property has behind its name: `cvv:protected]`, `cvv:Card:private]` and
  /// `"cvv":"Card":private]`.
  ///
  /// - Parameter end: where the bracket stands.
  /// - Returns: where the mark begins.
  func visibilityMark(_ bytes: Bytes, end: Int, floor: Int) -> Int? {
    if bytes.has(":protected", at: end - 10) { return end - 10 }
    guard bytes.has(":private", at: end - 8) else { return nil }
    var at = end - 8
    while at > floor, isName(bytes[at - 1]) || bytes[at - 1] == 0x5C || bytes[at - 1] == 0x22 {
      at -= 1
    }
    return at > floor && bytes[at - 1] == 0x3A ? at - 1 : end - 8
  }

  /// Where the `=>` ends that ends a line, below which `var_dump` writes the value.
  func arrowEnd(_ bytes: Bytes, before newline: Int, floor: Int) -> Int? {
    var at = newline
    while at > floor, isBlank(bytes[at - 1]) || bytes[at - 1] == 0x0D { at -= 1 }
    return bytes[at - 1] == 0x3E && bytes[at - 2] == 0x3D ? at : nil
  }
}

/// The bytes of one hit and what stands around them.
package struct MaskedPlace {
  private let all: UnsafeRawBufferPointer
  private let range: Range<Int>
  private let isJSON: Bool
  private let filler: Filler

  /// What stands in the place of a digit, in the forms that digits have most often.
  package struct Filler: Sendable {
    let byte: UInt8
    let escape: [UInt8]
    let shortEscape: [UInt8]
    let fullWidth: [UInt8]
    let shiftJIS: [UInt8]

    /// `X`, for text whose shape must stay.
    package static let letter = Filler(
      byte: UInt8(ascii: "X"), escape: Array("\\u0058".utf8),
      shortEscape: Array("\\x58".utf8), fullWidth: [0xEF, 0xBC, 0xB8], shiftJIS: [0x82, 0x77])
    /// `*`, for text that people read.
    package static let star = Filler(
      byte: UInt8(ascii: "*"), escape: Array("\\u002A".utf8),
      shortEscape: Array("\\x2A".utf8), fullWidth: [0xEF, 0xBC, 0x8A], shiftJIS: [0x81, 0x96])
  }

  /// - Parameters:
  ///   - all: the bytes with what stands around the hit.
  ///   - isJSON: whether the document is one, whatever its line begins with.
  package init(
    _ all: UnsafeRawBufferPointer, _ range: Range<Int>, isJSON: Bool, filler: Filler = .letter
  ) {
    self.all = all
    self.range = range
    self.isJSON = isJSON
    self.filler = filler
  }

  /// Where a place ends: with the whole of its last character in wide text, and in a row of a hex dump
  /// behind the text that says the same again.
  package static func end(
    _ all: UnsafeRawBufferPointer, _ end: Int, _ hit: Hit
  ) -> Int {
    guard end > 0, end <= all.count else { return end }
    if hit.encodings.isWide { return end + (hit.endOffset - hit.offset) % 2 }
    if hit.encodings.first == .hexDump || hit.encodings.first == .byteValues {
      return endOfRow(all, end)
    }
    switch all[end - 1] {
    case 0x82 where hit.encodings == .fullWidth: return end + 1
    case 0xEF where hit.encodings == .fullWidth: return end + 2
    default: return end
    }
  }

  /// The end of the line, if it is a row of a dump that begins with its offset or a blank: what is left of
  /// its groups could be read as a number of its own.
  private static func endOfRow(_ all: UnsafeRawBufferPointer, _ end: Int) -> Int {
    guard let base = all.baseAddress else { return end }
    let bytes = Bytes(base: base.assumingMemoryBound(to: UInt8.self), count: all.count)
    guard HexText.isInRow(bytes, end - 1) || ByteForm.isBehindBlank(bytes, end) else { return end }
    return all[end...].firstIndex { $0 == 0x0A || $0 == 0x0D } ?? all.count
  }

  /// What stands there instead: the filler, and the last four digits of a number.
  ///
  /// - Parameter keepsLast4: whether those may stay.
  package func masked(_ hit: Hit, keepsLast4: Bool = true) -> [UInt8] {
    if hit.rule == .splitPAN, hit.encodings.isEmpty {
      return maskedPieces(keeping: keepsLast4 ? 4 : 0)
    }
    let keepsLast4 = keepsLast4 && hit.rule == .pan && hit.encodings.keepsDigits
    if hit.encodings.isEmpty, isBareValue { return keepsLast4 ? bareNumber() : bareZero() }
    var out = Array(all[range])
    switch hit.encodings.first {
    case .ebcdic where !keepsLast4:
      for i in out.indices where out[i] > 0x40 { out[i] = Mark.ebcdicLetter }
      return out
    case .bcd where !keepsLast4: return Array(repeating: 0xFF, count: out.count)
    default: break
    }
    let marks = digitPlaces(out)
    // Digits in a form that is not known here must not stay.
    if keepsLast4, marks.count >= Int(hit.digits) {
      for mark in marks.dropLast(4) { mark.overwrite(&out) }
      return out
    }
    // Nothing of it stays but what makes up wide text, the sequences that colour a terminal's, and a
    // track's first sign, which separates the fields of some tables.
    let isTrack = hit.rule == .track1 || hit.rule == .track2
    var at = isTrack && out.first == UInt8(ascii: ";") ? 1 : 0
    if hit.encodings.isWide {
      return maskedUnits(out, isBigEndian: hit.encodings.first == .utf16be)
    }
    let isBinary = hit.encodings.last == .bcd || hit.encodings.last == .ebcdic
    // Blanks between numbers would tell how many digits each has.
    let printable: UInt8 = hit.encodings.first == .byteValues ? 0x20 : 0x21
    while at < out.count {
      if out[at] == 0x1B, at + 1 < out.count, out[at + 1] == UInt8(ascii: "[") {
        at += 2
        while at < out.count, !(0x40...0x7E).contains(out[at]) { at += 1 }
      } else if out[at] >= printable, out[at] < 0x80 || isBinary {
        out[at] = filler.byte
      }
      at += 1
    }
    // Escapes of what is encoded once more would tell digits from letters.
    let firstMin: UInt8 = hit.encodings.count > 1 ? 0x80 : 0
    for mark in marks where mark.length > 1 && all[range.lowerBound + mark.at] >= firstMin {
      mark.overwrite(&out)
    }
    return out
  }

  /// Fillers for the units of UTF-16, whatever digits they are; the blanks and the first sign of a
  /// track stay.
  private func maskedUnits(_ bytes: [UInt8], isBigEndian: Bool) -> [UInt8] {
    var out = bytes
    for unit in stride(from: 0, to: out.count, by: 2) {
      let (high, low) = isBigEndian ? (unit, unit + 1) : (unit + 1, unit)
      // A file may end in the middle of one.
      let isASCII = high >= out.count || out[high] == 0
      if isASCII, low < out.count, out[low] <= 0x20 || unit == 0 && out[low] == 0x3B { continue }
      if high < out.count { out[high] = 0 }
      if low < out.count { out[low] = filler.byte }
    }
    return out
  }

  /// The pieces of a number without their digits, save the last four; what stands between stays.
  private func maskedPieces(keeping kept: Int) -> [UInt8] {
    var out = Array(all[range])
    // The digit of a numbered name stands alone, those of a percent form behind their sign.
    var places: [Int] = []
    var at = 0
    while at < out.count {
      var end = at
      while end < out.count, isDigit(out[end]) { end += 1 }
      let isForm = at > 0 && out[at - 1] == 0x25
      if end - at > (isForm ? 3 : 1) { places += (isForm ? at + 2 : at)..<end }
      at = max(end, at + 1)
    }
    // A bare number stays one; none of a card begins so.
    let isBare = isJSON || isInLineOfJSON
    for place in places.dropLast(kept) {
      var before = range.lowerBound + place - 1
      while before >= 0, isDigit(all[before]) { before -= 1 }
      let isText = before >= 0 && all[before] == 0x22
      out[place] = isBare && !isText ? UInt8(ascii: "9") : filler.byte
    }
    return out
  }

  private func isDigit(_ c: UInt8) -> Bool { (0x30...0x39).contains(c) }

  /// A digit in one of the forms that detection reads.
  private struct Mark {
    /// The same in code page 1047.
    static let ebcdicLetter: UInt8 = 0xE7
    var at: Int
    var length: Int
    var text: [UInt8]

    func overwrite(_ bytes: inout [UInt8]) {
      for i in 0..<length { bytes[at + i] = text[i] }
    }
  }

  private func digitPlaces(_ bytes: [UInt8]) -> [Mark] {
    var marks: [Mark] = []
    var at = 0
    func has(_ i: Int, _ range: ClosedRange<UInt8>) -> Bool {
      i < bytes.count && range.contains(bytes[i])
    }
    while at < bytes.count {
      if has(at, 0x30...0x39) {
        marks.append(Mark(at: at, length: 1, text: [filler.byte]))
      } else if let (code, width) = MaskedPlace.escape(bytes, at) {
        // Others separate groups; their digits are not the number's.
        guard let code, (0x30...0x39).contains(code) else {
          at += width
          continue
        }
        let text = width == 6 ? filler.escape : filler.shortEscape
        marks.append(Mark(at: at, length: width, text: text))
      } else if has(at, 0xEF...0xEF), has(at + 1, 0xBC...0xBC), has(at + 2, 0x90...0x99) {
        marks.append(Mark(at: at, length: 3, text: filler.fullWidth))
      } else if has(at, 0x82...0x82), has(at + 1, 0x4F...0x58) {
        marks.append(Mark(at: at, length: 2, text: filler.shiftJIS))
      } else if has(at, 0xA3...0xA3), has(at + 1, 0xB0...0xB9) {
        marks.append(Mark(at: at, length: 2, text: [0xA3, 0xD8]))
      } else if bytes[at] >= 0xC2, let mark = MaskedPlace.foreignDigit(bytes, at) {
        marks.append(mark)
      }
      at += marks.last.map { $0.at == at ? $0.length : 1 } ?? 1
    }
    return marks
  }

  private static func escape(_ bytes: [UInt8], _ at: Int) -> (code: UInt32?, width: Int)? {
    bytes.withUnsafeBufferPointer { buffer in
      buffer.baseAddress.flatMap {
        TextEscapes.escape(Bytes(base: $0, count: buffer.count), at)
      }
    }
  }

  /// A digit of another script in UTF-8, such as Arabic or Devanagari.
  private static func foreignDigit(_ bytes: [UInt8], _ at: Int) -> Mark? {
    let length = bytes[at] < 0xE0 ? 2 : bytes[at] < 0xF0 ? 3 : 4
    guard at + length <= bytes.count,
      let text = String(validating: bytes[at..<at + length], as: UTF8.self),
      let scalar = text.unicodeScalars.first, scalar.utf8.count == length,
      scalar.properties.numericType != nil
    else { return nil }
    // As many bytes: a multiplication sign, a letter X in full width, a letter X of mathematics.
    let sign: Unicode.Scalar =
      length == 2 ? "\u{D7}" : length == 3 ? "\u{FF38}" : "\u{1D54F}"
    return Mark(at: at, length: length, text: Array(sign.utf8))
  }

  /// A blank, a tab or the end of a line.
  package static func isBlank(_ c: UInt8) -> Bool {
    c == 0x20 || c == 0x09 || c == 0x0D || c == 0x0A
  }

  private var isPlainRun: Bool { all[range].allSatisfy { (0x30...0x39).contains($0) } }

  /// A number of the same length with the same last four digits that begins like no card and fails
  /// Luhn.
  private func bareNumber() -> [UInt8] {
    var out = Array(all[range])
    guard out.count > 4 else { return out }
    for i in 1..<(out.count - 4) { out[i] = 0x30 }
    for first in [UInt8(ascii: "9"), UInt8(ascii: "8")] {
      out[0] = first
      if !out.withUnsafeBufferPointer({ Luhn.isValid($0.baseAddress!, count: $0.count) }) { break }
    }
    return out
  }

  /// The last four of a number that was masked as a bare one.
  package static func last4(ofBareNumber value: UnsafeRawBufferPointer) -> String? {
    guard value.count >= 12, value[0] == 0x39 || value[0] == 0x38,
      value[1..<(value.count - 4)].allSatisfy({ $0 == 0x30 }),
      value.suffix(4).allSatisfy({ (0x30...0x39).contains($0) })
    else { return nil }
    return String(decoding: value.suffix(4), as: UTF8.self)
  }

  /// Zero, and blanks for the digits that go: a number may not begin with zeros.
  private func bareZero() -> [UInt8] {
    [0x30] + Array(repeating: 0x20, count: range.count - 1)
  }

  /// Whether the place is a number of JSON or SQL without quotes, where letters would break the syntax.
  private var isBareValue: Bool {
    guard isPlainRun else { return false }
    var before = last(before: range.lowerBound)
    if before >= 0, all[before] == 0x2D { before = last(before: before) }
    guard before >= 0 else { return false }
    // The number may go on: `.0`, `e3`.
    var after = range.upperBound
    while after < all.count, isDigit(all[after]) || ".eE+-".utf8.contains(all[after]) { after += 1 }
    while after < all.count, MaskedPlace.isBlank(all[after]) { after += 1 }
    let left = all[before]
    let right = after < all.count ? all[after] : 0x0A
    if [0x2C, 0x7D, 0x5D, 0x0A].contains(right) {
      let key = left == 0x3A ? last(before: before) : -1
      if left == 0x5B || key >= 0 && all[key] == 0x22 { return true }
      if left == 0x2C, isJSON || isInLineOfJSON { return true }
      // An item in a line of its own.
      if left == 0x2C, isAloneInLine(with: after) { return true }
    }
    return (left == 0x28 || left == 0x2C) && (right == 0x29 || right == 0x2C)
      && lineBegins(with: ["(", "INSERT ", "insert ", "VALUES", "values"])
  }

  /// The last place before another that is no blank; -1 for none.
  private func last(before place: Int) -> Int {
    var at = place - 1
    while at >= 0, MaskedPlace.isBlank(all[at]) { at -= 1 }
    return at
  }

  /// Whether nothing stands in the place's line but blanks, and the comma or bracket behind it.
  private func isAloneInLine(with sign: Int) -> Bool {
    let before = last(before: range.lowerBound)
    guard all[(before + 1)..<range.lowerBound].contains(0x0A) else { return false }
    // Of a stream the next line is not here yet.
    if sign == all.count { return all[range.lowerBound - 1] != 0x0A }
    if all[sign] == 0x5D { return true }
    let rest = all[(sign + 1)...].prefix { $0 != 0x0A }
    return all[sign] == 0x2C && rest.count < all.count - sign - 1
      && rest.allSatisfy(MaskedPlace.isBlank)
  }

  private func lineBegins(with texts: [String]) -> Bool {
    texts.contains { all[lineStart...].starts(with: $0.utf8) }
  }

  private var isInLineOfJSON: Bool { MaskedPlace.beginsJSON(all[lineStart...]) }

  /// The first byte of the line that is no blank.
  private var lineStart: Int {
    var low = range.lowerBound
    while low > 0, all[low - 1] != 0x0A { low -= 1 }
    while low < range.lowerBound, MaskedPlace.isBlank(all[low]) { low += 1 }
    return low
  }

  /// Whether bytes begin as an array or object of JSON does: in braces a key in quotes, or nothing.
  /// PostgreSQL writes its arrays in braces.
  package static func beginsJSON(_ bytes: Slice<UnsafeRawBufferPointer>) -> Bool {
    if bytes.first == 0x5B { return true }
    guard bytes.first == 0x7B else { return false }
    var rest = bytes.dropFirst().drop(while: isBlank)
    guard rest.first == 0x22 else { return rest.isEmpty || rest.first == 0x7D }
    rest = rest.dropFirst()
    while let byte = rest.first, byte != 0x22 { rest = rest.dropFirst(byte == 0x5C ? 2 : 1) }
    rest = rest.dropFirst().drop(while: isBlank)
    return rest.isEmpty || rest.first == 0x3A
  }
}

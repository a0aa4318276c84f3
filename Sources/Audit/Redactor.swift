import Core
import Detection
import Native
import Rules

/// Masks what a scan would find in bytes that pass by, line by line.
///
/// Of a number its last four digits stay, of codes, tracks, PIN blocks and keys nothing. What is put in
/// has the same length, save where a bare number of JSON or SQL becomes `null`, and no scan finds it.
package final class Redactor {
  /// What was masked, by kind.
  package private(set) var counts: [Finding.Kind: Int] = [:]
  /// Where, at most `placesMax`.
  package private(set) var places: [Place] = []

  /// One place that was masked.
  package struct Place: Sendable, Equatable {
    package var kind: Finding.Kind
    /// 1-based.
    package var line: Int
    /// 0-based, in the bytes as they were.
    package var byteOffset: Int
  }

  package static let placesMax = 10_000
  /// A line longer than this is let go in pieces.
  private static let lineBytesMax = 64 << 10

  private let scanner: Scanner
  private let maker: FindingMaker
  private let known: ClassTable?
  /// Context that went out already, then what waits for the end of its line.
  private var bytes: [UInt8] = []
  private var contextCount = 0
  private var offset = 0
  private var hasBegun = false
  private var isJSON = false
  private var lastEnd = 0

  /// - Parameters:
  ///   - options: thresholds; how test numbers are treated.
  ///   - classes: what a first pass over the same bytes counted; without, numbers are judged by those
  ///     that passed before.
  package init(
    _ detector: Detector, options: ScanOptions = ScanOptions(), classes: ClassTable? = nil
  ) {
    scanner = Scanner(detector)
    maker = FindingMaker(detector: detector, catalogue: [], options: options)
    known = classes
  }

  deinit { for i in bytes.indices { bytes[i] = 0 } }

  /// Numbers counted so far, for a second pass.
  package var classes: ClassTable { scanner.classes }

  /// Takes the next bytes and hands out what is ready: whole lines, or everything at the end.
  package func take(
    _ input: UnsafeRawBufferPointer, isLast: Bool,
    _ emit: (UnsafeRawBufferPointer) throws(WriteFailure) -> Void
  ) throws(WriteFailure) {
    bytes.append(contentsOf: input)
    var ready = bytes.count
    if !isLast {
      let newline = bytes[contextCount...].lastIndex(of: 0x0A)
      if let newline {
        ready = newline + 1
      } else if bytes.count - contextCount > Redactor.lineBytesMax {
        ready = bytes.count - Limits.contextBytes
      } else {
        return
      }
    }
    guard ready > contextCount else { return }
    begin()
    let hits = scan(contextCount..<ready, isLast: isLast)
    try bytes.withUnsafeBufferPointer { all throws(WriteFailure) in
      try write(UnsafeRawBufferPointer(all), contextCount..<ready, hits, emit)
    }
    // A hit may reach past the last byte that was ready; the rest of it goes out masked as well.
    let sent = max(ready, min(bytes.count, lastEnd - offset))
    let kept = max(0, sent - Limits.contextBytes)
    offset += kept
    bytes.removeSubrange(..<kept)
    contextCount = sent - kept
  }

  /// The file's head is known with its first lines.
  private func begin() {
    guard !hasBegun else { return }
    hasBegun = true
    let first = bytes.first { !isBlankOrBreak($0) }
    isJSON = first == 0x7B || first == 0x5B
    scanner.beginPart(
      head: Array(bytes.prefix(Limits.contextBytes)), columns: [], startsFile: true)
  }

  private func scan(_ owned: Range<Int>, isLast: Bool) -> [Hit] {
    bytes.withUnsafeBytes { all in
      scanner.scan(
        Chunk(
          bytes: all, owned: owned, byteOffset: offset, startsFile: offset == 0, endsFile: isLast))
    }
    scanner.finishBatch()
    defer { scanner.clearHits() }
    let threshold = maker.options.minConfidence
    return scanner.hits.filter { hit in
      var hit = hit
      _ = maker.judge(&hit, in: known ?? scanner.classes)
      if maker.options.testNumbers == .ignore, hit.evidence.contains(.testNumber) { return false }
      return Confidence(score: Int(hit.score)) >= threshold
    }
  }

  private func write(
    _ all: UnsafeRawBufferPointer, _ range: Range<Int>, _ hits: [Hit],
    _ emit: (UnsafeRawBufferPointer) throws(WriteFailure) -> Void
  ) throws(WriteFailure) {
    var at = range.lowerBound
    var out: [UInt8] = []
    for hit in hits {
      let low = max(at, hit.offset - offset)
      let high = min(
        all.count, MaskedPlace.wholeCharacter(all, endingAt: hit.endOffset - offset, hit))
      guard low < high else { continue }
      out.append(contentsOf: all[at..<low])
      let place = MaskedPlace(all, low..<high, isJSON: isJSON)
      out.append(contentsOf: place.masked(hit))
      at = high
      lastEnd = high + offset
      note(hit)
    }
    if at == range.lowerBound {
      try emit(UnsafeRawBufferPointer(rebasing: all[range]))
      return
    }
    if at < range.upperBound { out.append(contentsOf: all[at..<range.upperBound]) }
    try out.withUnsafeBufferPointer { buffer throws(WriteFailure) in
      try emit(UnsafeRawBufferPointer(buffer))
    }
  }

  private func note(_ hit: Hit) {
    counts[hit.rule.kind, default: 0] += 1
    if places.count < Redactor.placesMax {
      places.append(
        Place(kind: hit.rule.kind, line: hit.line + 1, byteOffset: hit.offset))
    }
  }
}

/// The bytes of one hit and what stands around them.
private struct MaskedPlace {
  private let all: UnsafeRawBufferPointer
  private let range: Range<Int>
  private let isJSON: Bool

  init(_ all: UnsafeRawBufferPointer, _ range: Range<Int>, isJSON: Bool) {
    self.all = all
    self.range = range
    self.isJSON = isJSON
  }

  /// Where the character ends whose first byte a hit in wide text ends with.
  static func wholeCharacter(
    _ all: UnsafeRawBufferPointer, endingAt end: Int, _ hit: Hit
  ) -> Int {
    guard end > 0, end <= all.count else { return end }
    switch all[end - 1] {
    case 0x00 where hit.encodings == .utf16be, 0x82 where hit.encodings == .fullWidth:
      return end + 1
    case 0xEF where hit.encodings == .fullWidth: return end + 2
    default: return end
    }
  }

  /// What stands there instead.
  func masked(_ hit: Hit) -> [UInt8] {
    if hit.rule == .splitPAN, hit.encodings.isEmpty { return maskedPieces() }
    let keepsLast4 = hit.rule == .pan && hit.encodings.keepsDigits
    if hit.encodings.isEmpty, let bare = bareSyntax {
      return keepsLast4 && isPlainRun ? bareNumber() : Array(bare.utf8)
    }
    var out = Array(all[range])
    let marks = digitPlaces(out)
    if keepsLast4 {
      for mark in marks.dropLast(4) { mark.overwrite(&out) }
    } else {
      // Nothing of it stays but the bytes that make up wide text.
      for i in out.indices where out[i] > 0x20 && out[i] < 0x80 { out[i] = Mark.letter }
      for mark in marks where mark.length > 1 { mark.overwrite(&out) }
    }
    return out
  }

  /// The pieces of a number without their digits, save the last four; what stands between stays.
  private func maskedPieces() -> [UInt8] {
    var out = Array(all[range])
    // The digit of a numbered name stands alone, those of a percent form behind their sign.
    var places: [Int] = []
    var at = 0
    while at < out.count {
      var end = at
      while end < out.count, isDigitByte(out[end]) { end += 1 }
      let isForm = at > 0 && out[at - 1] == 0x25
      if end - at > (isForm ? 3 : 1) { places += (isForm ? at + 2 : at)..<end }
      at = max(end, at + 1)
    }
    // A bare number stays one; none of a card begins so.
    let isBare = isJSON || lineBegins(with: ["{", "["])
    for place in places.dropLast(4) {
      var before = range.lowerBound + place - 1
      while before >= 0, isDigitByte(all[before]) { before -= 1 }
      let isText = before >= 0 && all[before] == 0x22
      out[place] = isBare && !isText ? UInt8(ascii: "9") : Mark.letter
    }
    return out
  }

  /// A digit in one of the forms that detection reads.
  private struct Mark {
    static let letter = UInt8(ascii: "X")
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
    let escape = Array("\\u003".utf8)
    while at < bytes.count {
      if has(at, 0x30...0x39) {
        marks.append(Mark(at: at, length: 1, text: [Mark.letter]))
      } else if bytes[at...].starts(with: escape), has(at + 5, 0x30...0x39) {
        marks.append(Mark(at: at, length: 6, text: Array("\\u0058".utf8)))
      } else if has(at, 0xEF...0xEF), has(at + 1, 0xBC...0xBC), has(at + 2, 0x90...0x99) {
        marks.append(Mark(at: at, length: 3, text: [0xEF, 0xBC, 0xB8]))
      } else if has(at, 0x82...0x82), has(at + 1, 0x4F...0x58) {
        marks.append(Mark(at: at, length: 2, text: [0x82, 0x77]))
      }
      at += marks.last.map { $0.at == at ? $0.length : 1 } ?? 1
    }
    return marks
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

  /// What nothing is called where the place is a bare number of JSON or SQL; `nil` elsewhere.
  private var bareSyntax: String? {
    guard isPlainRun else { return nil }
    var before = range.lowerBound - 1
    while before >= 0, isBlankOrBreak(all[before]) { before -= 1 }
    var after = range.upperBound
    while after < all.count, isBlankOrBreak(all[after]) { after += 1 }
    guard before >= 0 else { return nil }
    let left = all[before]
    let right = after < all.count ? all[after] : 0x0A
    let isInJSON = isJSON || lineBegins(with: ["{", "["])
    let isKeyed = left == 0x3A && before > 0 && all[before - 1] == 0x22
    if [0x2C, 0x7D, 0x5D, 0x0A].contains(right),
      isKeyed || isInJSON && (left == 0x2C || left == 0x5B)
    {
      return "null"
    }
    if left == 0x28 || left == 0x2C, right == 0x29 || right == 0x2C,
      lineBegins(with: ["(", "INSERT ", "insert ", "VALUES", "values"])
    {
      return "NULL"
    }
    return nil
  }

  private func lineBegins(with texts: [String]) -> Bool {
    var low = range.lowerBound
    while low > 0, all[low - 1] != 0x0A { low -= 1 }
    while low < range.lowerBound, isBlankOrBreak(all[low]) { low += 1 }
    return texts.contains { all[low...].starts(with: $0.utf8) }
  }
}

private func isDigitByte(_ c: UInt8) -> Bool { (0x30...0x39).contains(c) }

private func isBlankOrBreak(_ c: UInt8) -> Bool {
  c == 0x20 || c == 0x09 || c == 0x0D || c == 0x0A
}

import Core
import Detection

/// Takes card data out of texts and leaves the rest of them as it is.
final class Redactor {
  private let scanner: Scanner
  /// From this score on something is taken out: what a scan reports.
  private static let scoreMin: Int16 = 50
  private static let removed = Array("[removed]".utf8)
  private static let roundsMax = 4

  init(_ detector: Detector) { scanner = Scanner(detector) }

  /// - Parameters:
  ///   - value: a text, or bytes that hold text.
  ///   - column: its name counts as context.
  /// - Returns: the value without card data; `nil` when there was none.
  ///
  /// For example `pls charge **** **** **** 4242 exp 11/27`.
  func redacted(_ value: UnsafeRawBufferPointer, column: String) -> [UInt8]? {
    var ranges = find(value, column)
    guard !ranges.isEmpty else { return nil }
    var bytes = Array(value)
    for round in 1...Redactor.roundsMax {
      for hit in ranges.reversed() { replace(hit, in: &bytes, keepsLast4: round == 1) }
      ranges = bytes.withUnsafeBytes { find($0, column) }
      if ranges.isEmpty { return bytes }
    }
    // Nothing helped: better no text than a number.
    return Redactor.removed
  }

  private func find(_ value: UnsafeRawBufferPointer, _ column: String) -> [Hit] {
    scanner.beginPart(head: [], columns: [column], startsFile: true)
    scanner.scan(Chunk(bytes: value, owned: 0..<value.count, field: .column(0)))
    scanner.finishBatch()
    defer { scanner.clearHits() }
    return scanner.hits.filter { $0.score >= Redactor.scoreMin }
      .sorted { $0.offset < $1.offset }
  }

  private func replace(_ hit: Hit, in bytes: inout [UInt8], keepsLast4: Bool) {
    let end = min(hit.endOffset, bytes.count)
    guard hit.offset < end else { return }
    let range = hit.offset..<end
    // Stars take the place of digits byte by byte; what stands for a digit in more bytes goes whole.
    let isPlain =
      hit.encodings.isEmpty || hit.encodings == .utf16le || hit.encodings == .utf16be
    if hit.rule == .secret || !isPlain {
      bytes.replaceSubrange(range, with: Redactor.removed)
      return
    }
    if isBareInJSON(range, bytes) {
      bytes.replaceSubrange(range, with: [UInt8(ascii: "0")])
      return
    }
    var kept = hit.rule == .pan && keepsLast4 && hit.encodings.isEmpty ? 4 : 0
    for index in range.reversed() where bytes[index] &- 0x30 < 10 {
      if kept > 0 {
        kept -= 1
      } else {
        bytes[index] = UInt8(ascii: "*")
      }
    }
  }

  /// A number without quotes in JSON; stars in its place would break the document.
  private func isBareInJSON(_ range: Range<Int>, _ bytes: [UInt8]) -> Bool {
    guard let first = bytes.first(where: { $0 > 0x20 }), first == 0x7B || first == 0x5B,
      range.allSatisfy({ bytes[$0] &- 0x30 < 10 })
    else { return false }
    let before = bytes[..<range.lowerBound].last { $0 > 0x20 }
    let after = bytes[range.upperBound...].first { $0 > 0x20 }
    return [0x3A, 0x2C, 0x5B].contains(before) && [0x2C, 0x5D, 0x7D].contains(after)
  }

  /// Stars and the last four of a number, three stars for anything else.
  static func masked(_ value: UnsafeRawBufferPointer) -> [UInt8] {
    let digits = value.filter { $0 &- 0x30 < 10 }
    guard digits.count >= 12 else { return Array("***".utf8) }
    return [UInt8](repeating: UInt8(ascii: "*"), count: digits.count - 4) + digits.suffix(4)
  }
}

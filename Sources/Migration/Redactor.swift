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

  /// Whether there is card data, as `redacted` would take out.
  func hasCardData(_ value: UnsafeRawBufferPointer, column: String) -> Bool {
    !find(value, column).isEmpty
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
    let end = bytes.withUnsafeBytes { MaskedPlace.end($0, hit.endOffset, hit) }
    guard hit.offset < min(end, bytes.count) else { return }
    let range = hit.offset..<min(end, bytes.count)
    // A key has no digits to put stars for; what is encoded as a whole would be no code any more.
    if hit.rule == .secret || !(hit.encodings.isEmpty || hit.encodings.keepsDigits) {
      bytes.replaceSubrange(range, with: Redactor.removed)
      return
    }
    let masked = bytes.withUnsafeBytes { all in
      let isJSON = MaskedPlace.beginsJSON(all.drop { $0 <= 0x20 })
      return MaskedPlace(all, range, isJSON: isJSON, filler: .star)
        .masked(hit, keepsLast4: keepsLast4)
    }
    bytes.replaceSubrange(range, with: masked)
  }

  /// Stars and the last four of the number that a value stands for, three stars for anything else: the last
  /// digits of more than a number may be a code's.
  /// - Returns: `nil` for what is empty or masked already.
  static func mask(_ value: UnsafeRawBufferPointer, _ detector: Detector) -> [UInt8]? {
    if value.isEmpty || isMasked(value) { return nil }
    return detector.number(in: value) { number in
      [UInt8](repeating: UInt8(ascii: "*"), count: number.digits.count - 4)
        + Array(number.summary.last4.utf8)
    } ?? Array("***".utf8)
  }

  /// Stars and no more digits than may be shown.
  private static func isMasked(_ value: UnsafeRawBufferPointer) -> Bool {
    let digits = value.count { (0x30...0x39).contains($0) }
    return digits <= 10 && value.contains(UInt8(ascii: "*"))
      && value.allSatisfy { $0 == UInt8(ascii: "*") || $0 <= 0x39 }
  }
}

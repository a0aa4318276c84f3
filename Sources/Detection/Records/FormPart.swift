/// The parts of a form (RFC 7578): header fields, an empty line, the value.
enum FormPart {
  private static let headBytesMax = 512

  /// How header fields end that may stand between the name and the value: `text/plain`, UTF-8,
  /// ISO-8859-1, `8bit`, and the length of a code.
  static let endings = ["ain", "f-8", "9-1", "bit", ": 3", ": 4"].map { NameEnding($0.utf8) }

  /// Where the part's name is.
  ///
  /// - Parameter value: where the value begins.
  /// - Returns: `nil` if no part of a form begins there.
  static func name(_ bytes: Bytes, value: Int, _ reader: LabelReader) -> Range<Int>? {
    guard var end = lineEnd(bytes, before: value), end == lineStart(bytes, end) else { return nil }
    let floor = max(0, value - headBytesMax)
    while end > floor, let next = lineEnd(bytes, before: end) {
      end = next
      let start = lineStart(bytes, end)
      if start == end { return nil }
      if bytes.hasFolded("content-disposition:", at: start) {
        guard holdsFormData(bytes, start..<end) else { return nil }
        return reader.attribute("name=", bytes, from: start, to: end)
      }
      end = start
    }
    return nil
  }

  /// Where the line before the one that begins at `start` ends, without its newline.
  private static func lineEnd(_ bytes: Bytes, before start: Int) -> Int? {
    guard start > 0, bytes[start - 1] == 0x0A else { return nil }
    return bytes[start - 2] == 0x0D ? start - 2 : start - 1
  }

  private static func lineStart(_ bytes: Bytes, _ end: Int) -> Int {
    var start = end
    while start > 0, end - start < headBytesMax, bytes[start - 1] != 0x0A { start -= 1 }
    return start
  }

  private static func holdsFormData(_ bytes: Bytes, _ line: Range<Int>) -> Bool {
    line.contains { bytes.hasFolded("form-data;", at: $0) }
  }
}

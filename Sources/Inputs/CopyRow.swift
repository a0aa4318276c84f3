import Glibc

/// A row in PostgreSQL's text form of COPY, taken apart: values end at tabs, `\N` is NULL, a
/// backslash escapes.
struct CopyRow: ~Copyable {
  /// Where the values lie: the line itself when nothing in it is escaped, else a copy.
  private var base: UnsafeMutableRawPointer?
  private var memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
  private let starts = UnsafeMutablePointer<Int32>.allocate(capacity: CopyRow.valuesMax)
  private let counts = UnsafeMutablePointer<Int32>.allocate(capacity: CopyRow.valuesMax)
  /// The number of values of the last row.
  private(set) var count = 0

  /// The server sends 1664 columns at most (`MaxTupleAttributeNumber`).
  private static let valuesMax = 2048

  /// Takes the next row; the last one's values are gone.
  ///
  /// - Parameter line: as the server sent it; has to stay, and may be overwritten, until the next.
  mutating func parse(_ line: UnsafeRawBufferPointer) {
    count = 0
    var end = line.count
    if end > 0, line[end - 1] == UInt8(ascii: "\n") { end -= 1 }
    guard let source = UnsafeMutableRawPointer(mutating: line.baseAddress) else { return }
    if memchr(source, 0x5C, end) == nil {
      base = source
      split(source, end)
    } else {
      if end > memory.count { grow(end) }
      guard let copy = memory.baseAddress else { return }
      copy.copyMemory(from: source, byteCount: end)
      base = copy
      unescape(copy.assumingMemoryBound(to: UInt8.self), end)
    }
  }

  private mutating func split(_ line: UnsafeMutableRawPointer, _ end: Int) {
    var start = 0
    while let tab = memchr(line + start, 0x09, end - start) {
      let at = tab - line
      append(start, at)
      start = at + 1
    }
    append(start, end)
  }

  private mutating func unescape(_ bytes: UnsafeMutablePointer<UInt8>, _ end: Int) {
    var at = 0
    var out = 0
    var start = 0
    while at < end {
      let byte = bytes[at]
      at &+= 1
      if byte == UInt8(ascii: "\t") {
        append(start, out)
        start = at
        out = at
      } else if byte == UInt8(ascii: "\\"), at < end {
        let letter = bytes[at]
        at &+= 1
        if letter == UInt8(ascii: "N"), out == start {
          append(start, -1)
          // Behind NULL there is a tab, or nothing.
          if at == end { return }
          at &+= 1
          start = at
          out = at
        } else {
          bytes[out] = CopyRow.meaning(letter)
          out &+= 1
        }
      } else {
        bytes[out] = byte
        out &+= 1
      }
    }
    append(start, out)
  }

  /// The value's bytes, free to be overwritten; `nil` for NULL.
  @inline(__always)
  func value(_ index: Int) -> UnsafeMutableRawBufferPointer? {
    guard index < count else { return nil }
    let length = Int(counts[index])
    guard length >= 0, let base else { return nil }
    return UnsafeMutableRawBufferPointer(start: base + Int(starts[index]), count: length)
  }

  @inline(__always)
  private mutating func append(_ start: Int, _ end: Int) {
    guard count < CopyRow.valuesMax else { return }
    starts[count] = Int32(truncatingIfNeeded: start)
    counts[count] = end < 0 ? -1 : Int32(truncatingIfNeeded: end - start)
    count &+= 1
  }

  private mutating func grow(_ bytes: Int) {
    memory.initializeMemory(as: UInt8.self, repeating: 0)
    memory.deallocate()
    memory = .allocate(byteCount: bytes, alignment: 16)
  }

  deinit {
    memory.initializeMemory(as: UInt8.self, repeating: 0)
    memory.deallocate()
    starts.deallocate()
    counts.deallocate()
  }

  private static func meaning(_ letter: UInt8) -> UInt8 {
    switch letter {
    case UInt8(ascii: "b"): 8
    case UInt8(ascii: "f"): 12
    case UInt8(ascii: "n"): 10
    case UInt8(ascii: "r"): 13
    case UInt8(ascii: "t"): 9
    case UInt8(ascii: "v"): 11
    default: letter
    }
  }
}

/// A row in PostgreSQL's text form of COPY, taken apart: values end at tabs, `\N` is NULL, a
/// backslash escapes. Keeps its own copy of the bytes.
struct CopyRow: ~Copyable {
  private var memory = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
  private var starts: [Int32] = []
  private var counts: [Int32] = []

  /// The number of values of the last row.
  var count: Int { starts.count }

  /// Takes the next row; the last one's values are gone.
  mutating func parse(_ line: UnsafeRawBufferPointer) {
    starts.removeAll(keepingCapacity: true)
    counts.removeAll(keepingCapacity: true)
    if line.count > memory.count { grow(line.count) }
    var end = line.count
    if end > 0, line[end - 1] == UInt8(ascii: "\n") { end -= 1 }
    guard let source = line.baseAddress, let target = memory.baseAddress else { return }
    target.copyMemory(from: source, byteCount: end)
    let bytes = target.assumingMemoryBound(to: UInt8.self)
    var at = 0
    var out = 0
    var start = 0
    // Most values have no escape: nothing is moved until there is one.
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
          // NULL; its value's end comes next.
          out = -1
          if at < end { at &+= 1 }
          append(start, out)
          start = at
          out = at
          if at == end, bytes[at - 1] != UInt8(ascii: "\t") { return }
          continue
        }
        bytes[out] = CopyRow.meaning(letter)
        out &+= 1
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
    let count = Int(counts[index])
    if count < 0 { return nil }
    let start = Int(starts[index])
    return UnsafeMutableRawBufferPointer(rebasing: memory[start..<start + count])
  }

  @inline(__always)
  private mutating func append(_ start: Int, _ end: Int) {
    starts.append(Int32(truncatingIfNeeded: start))
    counts.append(end < 0 ? -1 : Int32(truncatingIfNeeded: end - start))
  }

  private mutating func grow(_ count: Int) {
    release()
    memory = .allocate(byteCount: count, alignment: 16)
  }

  private func release() {
    memory.initializeMemory(as: UInt8.self, repeating: 0)
    memory.deallocate()
  }

  deinit { release() }

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

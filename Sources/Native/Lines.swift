import Glibc

/// Reads a file line by line, without the newlines, holding one line at a time.
/// - Parameters:
///   - lineBytesMax: a longer line ends the reading with `EFBIG`.
///   - body: gets each line; a last line without a newline comes with `isWhole` false.
/// - Throws: `SystemError` when the file is none or cannot be read.
package func forEachLine(
  of path: String, lineBytesMax: Int = 16 << 20, _ body: (_ line: [UInt8], _ isWhole: Bool) -> Void
) throws(SystemError) {
  let file = try Descriptor.open(Array(path.utf8), followsLinks: false)
  guard try file.status().kind == .regular else { throw .notFound }
  let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
  defer { buffer.deallocate() }
  var line: [UInt8] = []
  var offset = 0
  while true {
    let count = try file.read(into: buffer, at: offset)
    if count == 0 { break }
    offset += count
    var rest = buffer[..<count]
    while let newline = rest.firstIndex(of: UInt8(ascii: "\n")) {
      line += rest[rest.startIndex..<newline]
      body(line, true)
      line.removeAll(keepingCapacity: true)
      rest = rest[(newline + 1)...]
    }
    line += rest
    guard line.count <= lineBytesMax else { throw SystemError(rawValue: EFBIG) }
  }
  if !line.isEmpty { body(line, false) }
}

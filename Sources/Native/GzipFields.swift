import Glibc

/// What the headers of gzip streams hold beside their marks: a name, a comment, what a program put there
/// (RFC 1952, 2.3).
///
/// Used by one thread at a time.
package final class GzipFields {
  /// Those fields that hold digits, a line each.
  package private(set) var text: [UInt8] = []
  /// One was too long to be taken down, or all of them were.
  package private(set) var isCut = false
  private let header: UnsafeMutablePointer<GzipHeader>
  private let memory: UnsafeMutablePointer<UInt8>
  private static let fieldBytesMax = 4096
  private static let textBytesMax = 1 << 20

  init() {
    header = .allocate(capacity: 1)
    header.initialize(to: GzipHeader())
    memory = .allocate(capacity: 3 * GzipFields.fieldBytesMax)
    memory.initialize(repeating: 0, count: 3 * GzipFields.fieldBytesMax)
  }

  deinit {
    header.deallocate()
    memory.update(repeating: 0, count: 3 * GzipFields.fieldBytesMax)
    memory.deallocate()
    wipe()
  }

  /// Lets zlib tell the next header of the stream.
  func expect(from stream: UnsafeMutablePointer<ZStream>, _ library: Zlib) {
    let count = GzipFields.fieldBytesMax
    header.pointee = GzipHeader()
    (header.pointee.extra, header.pointee.extraMax) = (memory, UInt32(count))
    (header.pointee.name, header.pointee.nameMax) = (memory + count, UInt32(count))
    (header.pointee.comment, header.pointee.commentMax) = (memory + 2 * count, UInt32(count))
    _ = library.getHeader(stream, header)
  }

  /// Takes down what a header held, once it was read. zlib leaves no place for a field that is not there.
  func take() {
    guard header.pointee.isDone == 1 else { return }
    header.pointee.isDone = 0
    let count = GzipFields.fieldBytesMax
    if let name = header.pointee.name { add("name", name, strnlen(name, count)) }
    if let comment = header.pointee.comment { add("comment", comment, strnlen(comment, count)) }
    if let extra = header.pointee.extra { add("field", extra, Int(header.pointee.extraCount)) }
  }

  private func add(_ key: String, _ field: UnsafeMutablePointer<UInt8>, _ count: Int) {
    if count >= GzipFields.fieldBytesMax { isCut = true }
    let bytes = UnsafeBufferPointer(start: field, count: min(count, GzipFields.fieldBytesMax))
    // No number and no code has fewer digits.
    guard bytes.count(where: { (0x30...0x39).contains($0) }) >= 3 else { return }
    guard text.count + bytes.count < GzipFields.textBytesMax else {
      isCut = true
      return
    }
    text += key.utf8
    text.append(0x3D)
    text += bytes
    text.append(0x0A)
  }

  /// Gives the text away.
  package func takeText() -> [UInt8] {
    defer { text = [] }
    return text
  }

  private func wipe() {
    text.withUnsafeMutableBytes { _ = $0.initializeMemory(as: UInt8.self, repeating: 0) }
  }
}

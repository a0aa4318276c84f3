/// Reads Thrift's compact protocol, in which Parquet keeps its metadata
/// (https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md).
///
/// Past the end, and where the bytes make no sense, it gives zeros and remembers that it did.
struct ThriftReader {
  private let bytes: UnsafeRawBufferPointer
  private(set) var at = 0
  private(set) var isBroken = false
  private var depth = 0

  private static let depthMax = 32

  /// What a field holds, by the number the protocol gives it.
  enum Kind: UInt8 {
    case yes = 1
    case no, byte, short, int, long, double, binary, list, set, map, structure
  }

  init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// Goes through the fields of a structure.
  ///
  /// - Parameter body: reads the field with that number and returns true, or returns false: then it is
  ///   skipped.
  mutating func structure(_ body: (inout ThriftReader, Int, Kind) -> Bool) {
    depth += 1
    defer { depth -= 1 }
    guard depth <= ThriftReader.depthMax else { return fail() }
    var id = 0
    while !isBroken {
      let header = byte()
      guard header != 0 else { return }
      guard let kind = Kind(rawValue: header & 15) else { return fail() }
      id = header >> 4 == 0 ? integer() : id + Int(header >> 4)
      if !body(&self, id, kind) { skip(kind) }
    }
  }

  /// Goes through the elements of a list; `body` reads one.
  mutating func list(_ body: (inout ThriftReader, Kind) -> Void) {
    let header = byte()
    let count = header >> 4 == 15 ? length() : Int(header >> 4)
    guard let kind = Kind(rawValue: max(1, header & 15)), count <= bytes.count else {
      return fail()
    }
    var left = count
    while left > 0, !isBroken {
      body(&self, kind)
      left -= 1
    }
  }

  mutating func integer() -> Int {
    let raw = varint()
    return Int(bitPattern: UInt(raw >> 1)) ^ -Int(raw & 1)
  }

  mutating func text() -> String {
    let count = length()
    guard count <= bytes.count - at else {
      fail()
      return ""
    }
    defer { at += count }
    return String(decoding: bytes[at..<at + count], as: UTF8.self)
  }

  private mutating func skip(_ kind: Kind) {
    switch kind {
    case .yes, .no: break
    case .byte: _ = byte()
    case .short, .int, .long: _ = varint()
    case .double: advance(8)
    case .binary: advance(length())
    case .list, .set: list { $0.skip(element: $1) }
    case .map:
      let count = length()
      guard count > 0, count <= bytes.count else { return count == 0 ? () : fail() }
      let kinds = byte()
      guard let key = Kind(rawValue: kinds >> 4), let value = Kind(rawValue: kinds & 15) else {
        return fail()
      }
      for _ in 0..<count where !isBroken {
        skip(element: key)
        skip(element: value)
      }
    case .structure: structure { _, _, _ in false }
    }
  }

  /// In lists a truth value is a byte of its own.
  private mutating func skip(element kind: Kind) {
    if kind == .yes || kind == .no { _ = byte() } else { skip(kind) }
  }

  private mutating func varint() -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while shift < 64 {
      let next = byte()
      value |= UInt64(next & 0x7F) << shift
      if next < 0x80 { return value }
      shift += 7
    }
    fail()
    return 0
  }

  private mutating func length() -> Int {
    guard let count = Int(exactly: varint()) else {
      fail()
      return 0
    }
    return count
  }

  private mutating func byte() -> UInt8 {
    guard at < bytes.count else {
      fail()
      return 0
    }
    defer { at += 1 }
    return bytes[at]
  }

  private mutating func advance(_ count: Int) {
    if count <= bytes.count - at { at += count } else { fail() }
  }

  private mutating func fail() { isBroken = true }
}

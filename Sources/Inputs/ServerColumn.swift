import Core
import Native

/// A column of a server's table: its name and how its values are to be read.
package struct ServerColumn: Sendable {
  var name: String
  /// As the database declares it.
  var type: String
  var kind: Kind

  enum Kind: Sendable, Equatable {
    /// Text, JSON, XML, arrays, enums: as the server writes it.
    case text
    /// A decimal, a binary fraction, a number filled up with zeros: an integral value is written with
    /// its digits alone.
    case number
    /// Bytes that the server writes as `\x` and hexadecimal digits.
    case hex
    /// A number that the server writes as its bytes.
    case bits
  }
}

extension ServerColumn.Kind {
  /// The value's bytes as they go to detection.
  ///
  /// - Parameters:
  ///   - value: may be overwritten, as its bytes are of no use after this.
  ///   - scratch: at least 64 bytes.
  @inline(__always)
  func plain(
    _ value: UnsafeMutableRawBufferPointer, _ scratch: UnsafeMutableRawBufferPointer
  ) -> UnsafeRawBufferPointer {
    switch self {
    case .text: UnsafeRawBufferPointer(value)
    case .number: ServerColumn.wholeNumber(UnsafeRawBufferPointer(value), scratch)
    case .hex: ServerColumn.decodeHex(value)
    case .bits: ServerColumn.number(ofBits: UnsafeRawBufferPointer(value), scratch)
    }
  }
}

extension ServerColumn {
  /// `4111111111111111.00`, `4.111111111111111e+15` and `00004111111111111111` as digits alone; others
  /// as they are.
  package static func wholeNumber(
    _ value: UnsafeRawBufferPointer, _ scratch: UnsafeMutableRawBufferPointer
  ) -> UnsafeRawBufferPointer {
    var value = value
    while value.count > 1, value[0] == 0x30, (0x30...0x39).contains(value[1]) {
      value = UnsafeRawBufferPointer(rebasing: value[1...])
    }
    var point = -1
    var isWhole = true
    for index in value.indices {
      let byte = value[index]
      if byte == UInt8(ascii: ".") {
        point = index
      } else if byte == UInt8(ascii: "e") || byte == UInt8(ascii: "E") {
        guard let number = Double(String(decoding: value, as: UTF8.self)) else { return value }
        return NumberText.write(number, scratch)
      } else if point >= 0, byte != UInt8(ascii: "0") {
        isWhole = false
      }
    }
    guard point >= 0, isWhole else { return value }
    return UnsafeRawBufferPointer(rebasing: value[..<point])
  }

  /// The digits of a number that comes as its bytes, the highest first; other bytes as they are.
  package static func number(
    ofBits value: UnsafeRawBufferPointer, _ scratch: UnsafeMutableRawBufferPointer
  ) -> UnsafeRawBufferPointer {
    guard value.count <= 8 else { return value }
    return NumberText.write(value.reduce(0) { $0 << 8 | UInt64($1) }, scratch)
  }

  /// `\x3432` as the two bytes, written over the text.
  package static func decodeHex(_ value: UnsafeMutableRawBufferPointer) -> UnsafeRawBufferPointer {
    guard value.count >= 2, value[0] == UInt8(ascii: "\\"), value[1] == UInt8(ascii: "x") else {
      return UnsafeRawBufferPointer(value)
    }
    var out = 0
    var at = 2
    while at + 1 < value.count {
      value[out] = nibble(value[at]) << 4 | nibble(value[at + 1])
      out += 1
      at += 2
    }
    return UnsafeRawBufferPointer(rebasing: value[..<out])
  }

  @inline(__always)
  private static func nibble(_ digit: UInt8) -> UInt8 {
    // Letters have bit 6; their low four bits count from 1.
    (digit & 0x0F) &+ (digit >> 6) &* 9
  }
}

/// What names a row: some of its columns, in a form that shows no card number.
enum ServerRowKey {
  private static let bytesMax = 64

  static func text(
    _ parts: [(name: String, isBytes: Bool, value: UnsafeRawBufferPointer?)]
  ) -> String? {
    if parts.isEmpty { return nil }
    return RowKey.text(
      parts.map { part in
        guard let value = part.value else { return RowKey.Part(part.name, shown: "NULL") }
        if part.isBytes { return RowKey.Part(part.name, shown: "(bytes)") }
        return RowKey.Part(part.name, Array(value.prefix(bytesMax)))
      })
  }
}

/// A value that is too large to be held, read piece by piece.
struct LargeServerValue {
  /// The next bytes, none at the end.
  let nextPiece: () throws(ServerValueStopped) -> [UInt8]

  /// - Returns: whether reading may go on.
  func read(
    column: Int, into buffer: WorkBuffer, bytes: inout Int, _ body: (Chunk) -> Bool
  ) -> SegmentReader.Result {
    var piece: [UInt8] = []
    var used = 0
    let source: SegmentReader.ByteSource = { (target, _) throws(SystemError) in
      var filled = 0
      while filled < target.count {
        if used == piece.count {
          do throws(ServerValueStopped) { piece = try nextPiece() } catch {
            throw SystemError.inputOutput
          }
          used = 0
          if piece.isEmpty { break }
        }
        let count = min(target.count - filled, piece.count - used)
        piece.withUnsafeBytes {
          UnsafeMutableRawBufferPointer(rebasing: target[filled..<filled + count]).copyMemory(
            from: UnsafeRawBufferPointer(rebasing: $0[used..<used + count]))
        }
        filled += count
        used += count
      }
      return filled
    }
    let reader = SegmentReader(
      source: source, sizes: ReadSizes(), field: .column(column), start: 0, end: Int.max >> 1,
      size: -1)
    let result = reader.read(into: buffer, body)
    bytes += result.ownedBytes
    return result
  }
}

/// The server did not give the next piece of a value; why is kept by who asked.
struct ServerValueStopped: Error {}

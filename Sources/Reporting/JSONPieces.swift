import Core
import Native

/// Cuts a saved result into its objects while it reads, whatever its size: lines (`jsonl`) as well as
/// one document (`json`), however it is laid out.
///
/// Knows strings and brackets only; what an object means is for the decoder.
struct JSONPieces: ~Copyable {
  /// One object of the result.
  struct Piece {
    /// The key it stands under in a document (`findings`, `coverage`, `summary`, `run`, `schema`);
    /// empty for a line, whose `type` tells.
    var key: String
    var bytes: [UInt8]
    /// 1-based, where it begins.
    var line: Int
  }

  private let file: Descriptor
  private let path: String
  private var offset = 0
  private var buffer: [UInt8] = []
  private var position = 0
  private var line = 1
  private var isAtEnd = false
  /// Inside a document's object, or inside an array of it.
  private var depth = 0
  private var key = ""
  private var isFirst = true
  /// What the first object showed itself to be.
  private(set) var isDocument = false

  private static let blockBytes = 256 << 10
  /// A coverage object lists at most some ten thousand places a list.
  private static let pieceBytesMax = 256 << 20

  init(path: String) throws(SavedReportError) {
    self.path = path
    file = try JSONPieces.open(path)
  }

  static func isDirectory(_ path: String) -> Bool { kind(of: path) == .directory }
  static func exists(_ path: String) -> Bool { kind(of: path) != nil }
  /// Whether two paths lead to one file.
  static func isSame(_ path: String, _ other: String) -> Bool {
    guard let identity = status(of: path)?.identity else { return false }
    return identity == status(of: other)?.identity
  }

  private static func kind(of path: String) -> FileKind? { status(of: path)?.kind }

  private static func status(of path: String) -> FileStatus? {
    do throws(SystemError) {
      return try FileStatus.of(ForeignBytes.bytes(of: path), followsLinks: true)
    } catch {
      // Whatever it is, opening it will tell.
      return nil
    }
  }

  private static func open(_ path: String) throws(SavedReportError) -> Descriptor {
    do throws(SystemError) {
      let file = try Descriptor.open(ForeignBytes.bytes(of: path), followsLinks: true)
      if try file.status().kind == .regular { return file }
    } catch {
      throw SavedReportError(path, .unreadable(error.text))
    }
    throw SavedReportError(path, .notAFile)
  }

  /// The next object, or `nil` at the end of the file.
  mutating func next() throws(SavedReportError) -> Piece? {
    while let byte = try skipSpace() {
      switch byte {
      case UInt8(ascii: ","): advance()
      case UInt8(ascii: "{") where depth == 0 && !isDocument:
        let startLine = line
        if isFirst, try opensDocument() {
          isDocument = true
          depth = 1
          continue
        }
        isFirst = false
        return Piece(key: "", bytes: try value(), line: startLine)
      case UInt8(ascii: "}") where depth == 1:
        advance()
        depth = 0
      case UInt8(ascii: "]") where depth == 2:
        advance()
        depth = 1
      case UInt8(ascii: "\"") where depth == 1:
        key = try keyName()
        guard try skipSpace() == UInt8(ascii: ":") else { throw damaged() }
        advance()
        let first = try skipSpace()
        if first == UInt8(ascii: "["), key == "findings" || key == "coverage" {
          advance()
          depth = 2
          continue
        }
        let startLine = line
        return Piece(key: key, bytes: try value(), line: startLine)
      case UInt8(ascii: "{") where depth == 2:
        let startLine = line
        return Piece(key: key, bytes: try value(), line: startLine)
      default: throw damaged()
      }
    }
    guard depth == 0 else { throw SavedReportError(path, .cutShort) }
    return nil
  }

  // MARK: Structure

  /// Whether the object that begins here is a document: its first key is none of a line's.
  private mutating func opensDocument() throws(SavedReportError) -> Bool {
    let mark = (position, line)
    advance()
    guard try skipSpace() == UInt8(ascii: "\"") else {
      (position, line) = mark
      return false
    }
    let keyStart = (position, line)
    let first = try keyName()
    if ["schema", "findings", "coverage", "summary", "run"].contains(first) {
      (position, line) = keyStart
      return true
    }
    (position, line) = mark
    return false
  }

  private mutating func keyName() throws(SavedReportError) -> String {
    let bytes = try value()
    return String(decoding: bytes.dropFirst().dropLast(), as: UTF8.self)
  }

  /// The bytes of the value that begins here: an object, an array, a text or a bare word.
  private mutating func value() throws(SavedReportError) -> [UInt8] {
    var bytes: [UInt8] = []
    var nesting = 0
    var isInText = false
    var isEscaped = false
    while let byte = try peek() {
      let endsWord =
        byte == UInt8(ascii: ",") || byte == UInt8(ascii: "}") || byte == UInt8(ascii: "]")
        || byte <= 0x20
      if nesting == 0, !isInText, !bytes.isEmpty, endsWord { return bytes }
      advance()
      bytes.append(byte)
      guard bytes.count <= JSONPieces.pieceBytesMax else { throw damaged() }
      if isInText {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isInText = false
          if nesting == 0 { return bytes }
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): isInText = true
      case UInt8(ascii: "{"), UInt8(ascii: "["): nesting += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        nesting -= 1
        if nesting == 0 { return bytes }
      default: break
      }
    }
    guard nesting == 0, !isInText, !bytes.isEmpty else { throw SavedReportError(path, .cutShort) }
    return bytes
  }

  private func damaged() -> SavedReportError { SavedReportError(path, .damaged, line: line) }

  // MARK: Bytes

  /// The next byte that is no space, without taking it.
  private mutating func skipSpace() throws(SavedReportError) -> UInt8? {
    while let byte = try peek() {
      guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
      advance()
    }
    return nil
  }

  private mutating func peek() throws(SavedReportError) -> UInt8? {
    if position == buffer.count, !isAtEnd { try fill() }
    return position < buffer.count ? buffer[position] : nil
  }

  private mutating func advance() {
    if buffer[position] == 0x0A { line += 1 }
    position += 1
  }

  /// Reads on. Only the first object's first key is looked at twice, and that lies in the first block.
  private mutating func fill() throws(SavedReportError) {
    var block = [UInt8](repeating: 0, count: JSONPieces.blockBytes)
    var count = 0
    let start = offset
    var failure: SystemError?
    block.withUnsafeMutableBytes { buffer in
      do throws(SystemError) {
        count = try file.read(into: buffer, at: start)
      } catch {
        failure = error
      }
    }
    if let failure { throw SavedReportError(path, .unreadable(failure.text)) }
    isAtEnd = count < block.count
    block.removeLast(block.count - count)
    offset += count
    buffer = block
    position = 0
  }
}

/// Why a saved result cannot be used; `CLI` has the words.
package struct SavedReportError: Error, Sendable, Equatable {
  package var path: String
  package var reason: Reason
  /// 1-based.
  package var line: Int?

  package enum Reason: Sendable, Equatable {
    /// What the system says.
    case unreadable(String)
    case notAFile
    /// Not what `--format json` or `jsonl` writes.
    case damaged
    /// Ends before the summary.
    case cutShort
    /// Has something behind its summary.
    case goesOn
    /// The summary counts `expected` findings and the file has `actual`.
    case miscounted(expected: Int, actual: Int)
    /// A target has no coverage, or its counts are not those of the summary.
    case otherCoverage
    /// A second result that tells how a migration adds up; `first` is the other.
    case secondMigration(first: String)
    /// The same file twice.
    case givenTwice
    /// Written by a version that this one does not understand.
    case otherSchema
  }

  init(_ path: String, _ reason: Reason, line: Int? = nil) {
    self.path = path
    self.reason = reason
    self.line = line
  }
}

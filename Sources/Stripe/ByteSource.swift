import Core
import Native

/// The bytes of a mapping file one after the other, with the line they are in.
struct ByteSource: ~Copyable {
  let path: String
  private var file: HashedFile
  private var buffer: [UInt8]
  private var at = 0
  private var end = 0
  /// Of the byte that comes next, from 1.
  private(set) var line = 1

  /// - Throws: `MappingError` when the file cannot be read or is no text of ours.
  static func open(_ path: String) throws(MappingError) -> ByteSource {
    var source = ByteSource(path, try openFile(path))
    try source.skipMark()
    return source
  }

  private init(_ path: String, _ file: consuming HashedFile) {
    self.path = path
    self.file = file
    buffer = [UInt8](repeating: 0, count: Limits.blockBytes)
  }

  private static func openFile(_ path: String) throws(MappingError) -> HashedFile {
    do {
      return try HashedFile.open(path, LibCrypto())
    } catch let error as RunError {
      throw MappingError(path, .unreadable("\(error.subject): \(error.message)"))
    } catch let error as SystemError where error == .notAFile {
      throw MappingError(path, .notAFile)
    } catch let error as SystemError {
      throw MappingError(path, .unreadable(error.text))
    } catch {
      throw MappingError(path, .unreadable("\(error)"))
    }
  }

  /// How far into the file the byte is that comes next.
  var offset: Int { file.count - end + at }

  /// - Returns: the next byte, `nil` at the end.
  @inline(__always)
  mutating func next() throws(MappingError) -> UInt8? {
    if at == end {
      guard try refill() else { return nil }
    }
    let byte = buffer[at]
    at += 1
    if byte == 0x0A { line += 1 }
    return byte
  }

  /// - Returns: what `next` will return.
  @inline(__always)
  mutating func peek() throws(MappingError) -> UInt8? {
    if at == end {
      guard try refill() else { return nil }
    }
    return buffer[at]
  }

  /// The SHA-256 and size of all that was read. To be called at the end of the file.
  func sum() throws(MappingError) -> (sha256: String, bytes: Int) {
    do throws(RunError) {
      return (try file.sha256(), file.count)
    } catch {
      throw MappingError(path, .unreadable("\(error.subject): \(error.message)"))
    }
  }

  private mutating func refill() throws(MappingError) -> Bool {
    do throws(SystemError) {
      end = try file.read(into: &buffer)
      at = 0
      return end > 0
    } catch {
      throw MappingError(path, .unreadable(error.text))
    }
  }

  /// Passes over a byte order mark of UTF-8, which spreadsheets write.
  private mutating func skipMark() throws(MappingError) {
    guard try refill() else { throw MappingError(path, .empty) }
    let start = buffer[..<min(end, 4)]
    if start.starts(with: [0xEF, 0xBB, 0xBF]) {
      at = 3
    } else if start.starts(with: [0xFF, 0xFE]) || start.starts(with: [0xFE, 0xFF])
      || start.prefix(2).contains(0)
    {
      throw MappingError(path, .notUTF8)
    }
  }
}

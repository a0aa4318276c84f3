import Core
import Detection
import Glibc
import Native

/// Holds hits that do not fit in memory until their file's classes are judged.
///
/// The file has no name (it is unlinked as soon as it is open) and holds only what hits hold: places,
/// scores, at most six leading and four trailing digits.
final class HitSpool: Sendable {
  struct Range: Sendable {
    var offset: Int
    var hitCount: Int
    var keyBytes: Int
  }

  private struct State: Sendable {
    var descriptor: Int32 = -1
    var end = 0
  }

  private let state = Monitor(State())

  /// - Throws: when the temporary directory cannot be written.
  func append(_ hits: [Hit], rowKeys: [String]) throws(RunError) -> Range {
    var keys: [UInt8] = []
    for key in rowKeys {
      withUnsafeBytes(of: UInt32(truncatingIfNeeded: key.utf8.count)) { keys += $0 }
      keys += Array(key.utf8)
    }
    let hitBytes = hits.count * MemoryLayout<Hit>.stride
    let reserved = state.withLock { state -> (descriptor: Int32, offset: Int) in
      if state.descriptor < 0 { state.descriptor = HitSpool.open() }
      defer { state.end += hitBytes + keys.count }
      return (state.descriptor, state.end)
    }
    guard reserved.descriptor >= 0 else { throw HitSpool.failure() }
    let isWritten =
      hits.withUnsafeBytes { HitSpool.write($0, reserved.descriptor, reserved.offset) }
      && keys.withUnsafeBytes {
        HitSpool.write($0, reserved.descriptor, reserved.offset + hitBytes)
      }
    guard isWritten else { throw HitSpool.failure() }
    return Range(offset: reserved.offset, hitCount: hits.count, keyBytes: keys.count)
  }

  func read(_ range: Range) throws(RunError) -> HitBatch {
    let descriptor = state.withLock { $0.descriptor }
    let hitBytes = range.hitCount * MemoryLayout<Hit>.stride
    var isRead = true
    let hits = [Hit](unsafeUninitializedCapacity: range.hitCount) { buffer, count in
      isRead = HitSpool.read(
        UnsafeMutableRawBufferPointer(buffer), hitBytes, descriptor, range.offset)
      count = isRead ? range.hitCount : 0
    }
    let keys = [UInt8](unsafeUninitializedCapacity: range.keyBytes) { buffer, count in
      isRead =
        isRead
        && HitSpool.read(
          UnsafeMutableRawBufferPointer(buffer), range.keyBytes, descriptor, range.offset + hitBytes
        )
      count = isRead ? range.keyBytes : 0
    }
    guard isRead else { throw HitSpool.failure() }
    var rowKeys: [String] = []
    var rest = keys[...]
    while rest.count >= 4 {
      let count = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
      rowKeys.append(String(decoding: rest.dropFirst(4).prefix(count), as: UTF8.self))
      rest = rest.dropFirst(4 + count)
    }
    return HitBatch(hits: hits, rowKeys: rowKeys)
  }

  deinit {
    let descriptor = state.withLock { $0.descriptor }
    if descriptor >= 0 { close(descriptor) }
  }

  private static var directory: String { getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp" }

  private static func open() -> Int32 {
    var template = Array((directory + "/unpan-XXXXXX").utf8CString)
    let descriptor = mkstemp(&template)
    if descriptor >= 0 { unlink(template) }
    return descriptor
  }

  private static func failure() -> RunError {
    RunError(
      .failure, directory, "the temporary file for findings cannot be written or read back",
      hint: "make room there, or set TMPDIR to a directory with more")
  }

  private static func write(_ bytes: UnsafeRawBufferPointer, _ descriptor: Int32, _ offset: Int)
    -> Bool
  {
    var done = 0
    while done < bytes.count {
      let n = pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, offset + done)
      if n < 0, errno == EINTR { continue }
      guard n > 0 else { return false }
      done += n
    }
    return true
  }

  private static func read(
    _ bytes: UnsafeMutableRawBufferPointer, _ count: Int, _ descriptor: Int32, _ offset: Int
  ) -> Bool {
    var done = 0
    while done < count {
      let n = pread(descriptor, bytes.baseAddress! + done, count - done, offset + done)
      if n < 0, errno == EINTR { continue }
      guard n > 0 else { return false }
      done += n
    }
    return true
  }
}

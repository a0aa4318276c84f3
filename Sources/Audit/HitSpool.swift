import Core
import Detection
import Native
import Synchronization

/// Holds hits that do not fit in memory until their file's classes are judged.
///
/// The file has no name and holds only what hits hold: places, scores, at most six leading and four
/// trailing digits.
final class HitSpool: Sendable {
  struct Range: Sendable {
    var offset: Int
    var hitCount: Int
    var keyBytes: Int
  }

  /// Made with the first hits that need it.
  private let file = Mutex<ScratchFile?>(nil)

  /// - Throws: when the temporary directory cannot be written.
  func append(_ hits: [Hit], rowKeys: [String]) throws(RunError) -> Range {
    var bytes = hits.withUnsafeBytes { Array($0) }
    let hitBytes = bytes.count
    for key in rowKeys {
      withUnsafeBytes(of: UInt32(truncatingIfNeeded: key.utf8.count)) { bytes += $0 }
      bytes += Array(key.utf8)
    }
    do throws(WriteFailure) {
      let offset = try file.withLock { (file: inout ScratchFile?) throws(WriteFailure) -> Int in
        if file == nil { file = try ScratchFile() }
        return try file!.append(bytes)
      }
      return Range(offset: offset, hitCount: hits.count, keyBytes: bytes.count - hitBytes)
    } catch {
      throw HitSpool.failure()
    }
  }

  func read(_ range: Range) throws(RunError) -> HitBatch {
    let hitBytes = range.hitCount * MemoryLayout<Hit>.stride
    let bytes: [UInt8]
    do throws(WriteFailure) {
      bytes = try file.withLock { (file: inout ScratchFile?) throws(WriteFailure) -> [UInt8] in
        switch file {
        case .some(let file):
          return try file.read(range.offset..<range.offset + hitBytes + range.keyBytes)
        case nil: preconditionFailure("a range comes from this spool")
        }
      }
    } catch {
      throw HitSpool.failure()
    }
    let hits = [Hit](unsafeUninitializedCapacity: range.hitCount) { buffer, count in
      bytes.withUnsafeBytes {
        UnsafeMutableRawBufferPointer(buffer).copyMemory(
          from: UnsafeRawBufferPointer(rebasing: $0[..<hitBytes]))
      }
      count = range.hitCount
    }
    var rowKeys: [String] = []
    var rest = bytes[hitBytes...]
    while rest.count >= 4 {
      let count = rest.prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
      rowKeys.append(String(decoding: rest.dropFirst(4).prefix(count), as: UTF8.self))
      rest = rest.dropFirst(4 + count)
    }
    return HitBatch(hits: hits, rowKeys: rowKeys)
  }

  /// What is told when the temporary file does not do.
  static func failure() -> RunError {
    RunError(
      .failure, ScratchFile.directory,
      "the temporary file for findings cannot be written or read back",
      hint: "make room there, or set TMPDIR to a directory with more")
  }
}

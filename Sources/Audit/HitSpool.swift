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
  func append(_ batch: HitBatch) throws(RunError) -> Range {
    let hits = batch.hits
    var bytes = hits.withUnsafeBytes { Array($0) }
    let hitBytes = bytes.count
    HitSpool.add(batch.rowKeys.count, to: &bytes)
    for key in batch.rowKeys { HitSpool.add(key, to: &bytes) }
    for place in batch.places {
      HitSpool.add(place.row ?? -1, to: &bytes)
      HitSpool.add(place.table, to: &bytes)
      HitSpool.add(place.field, to: &bytes)
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
    var batch = HitBatch(hits: hits)
    var rest = bytes[hitBytes...]
    for _ in 0..<HitSpool.takeNumber(&rest) {
      batch.rowKeys.append(HitSpool.takeText(&rest) ?? "")
    }
    while !rest.isEmpty {
      let row = HitSpool.takeNumber(&rest)
      let table = HitSpool.takeText(&rest)
      let field = HitSpool.takeText(&rest)
      batch.places.append(RecordPlace(table: table, field: field, row: row < 0 ? nil : row))
    }
    return batch
  }

  private static func add(_ number: Int, to bytes: inout [UInt8]) {
    withUnsafeBytes(of: Int64(number)) { bytes += $0 }
  }

  /// No text is told by a length of -1.
  private static func add(_ text: String?, to bytes: inout [UInt8]) {
    add(text?.utf8.count ?? -1, to: &bytes)
    bytes += Array((text ?? "").utf8)
  }

  private static func takeNumber(_ rest: inout ArraySlice<UInt8>) -> Int {
    let number = rest.prefix(8).reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
    rest = rest.dropFirst(8)
    return Int(Int64(bitPattern: number))
  }

  private static func takeText(_ rest: inout ArraySlice<UInt8>) -> String? {
    let count = takeNumber(&rest)
    guard count >= 0 else { return nil }
    defer { rest = rest.dropFirst(count) }
    return String(decoding: rest.prefix(count), as: UTF8.self)
  }

  /// What is told when the temporary file does not do.
  static func failure() -> RunError {
    RunError(
      .failure, ScratchFile.directory,
      "the temporary file for findings cannot be written or read back",
      hint: "make room there, or set TMPDIR to a directory with more")
  }
}

import Core
import Native

/// Reads one share of a file in blocks, each with context on both sides.
///
/// Only the first block of a share reads its left context; after that the end of one block is moved
/// to the front of the buffer as the next one's. Measured on 256 KiB blocks from the page cache this
/// is within 2 % of bare `pread`.
struct SegmentReader {
  let file: OpenFile
  let sizes: ReadSizes
  let field: Chunk.Field
  /// The share. The last share of a file reads on to `limit` when the file has grown.
  let start: Int
  let end: Int
  /// The file's size at opening: where it ends as long as nothing else is known.
  let size: Int

  /// What came of it.
  struct Result {
    /// Bytes of the share that were handed over.
    var ownedBytes = 0
    /// Where the file ended, if the share reached it.
    var fileEnd: Int?
    var error: SystemError?
    var wasStopped = false
  }

  func read(into work: WorkBuffer, _ body: (Chunk) -> Bool) -> Result {
    work.reserve(sizes.bufferBytes)
    let buffer = work.bytes
    let context = sizes.context
    var result = Result()
    var ownedStart = start
    // The file's bytes from dataStart to dataEnd lie at the front of the buffer.
    var dataStart = max(0, start - context)
    var dataEnd = dataStart
    while ownedStart < end {
      let wanted = min(sizes.bufferBytes, end + context - dataStart)
      let target = UnsafeMutableRawBufferPointer(rebasing: buffer[(dataEnd - dataStart)..<wanted])
      do throws(SystemError) {
        let count = try file.descriptor.read(into: target, at: dataEnd)
        dataEnd += count
        if count < target.count { result.fileEnd = dataEnd }
      } catch {
        // What is in the buffer already is whole up to the block that failed.
        result.error = error
      }
      let isLast = result.fileEnd != nil || result.error != nil
      let ownedEnd = min(end, isLast ? dataEnd : max(ownedStart, dataEnd - context))
      if ownedEnd > ownedStart {
        let chunk = Chunk(
          bytes: UnsafeRawBufferPointer(rebasing: buffer[..<(dataEnd - dataStart)]),
          owned: (ownedStart - dataStart)..<(ownedEnd - dataStart), byteOffset: dataStart,
          startsFile: dataStart == 0, endsFile: (result.fileEnd ?? size) == dataEnd, field: field)
        let goesOn = body(chunk)
        result.ownedBytes += ownedEnd - ownedStart
        ownedStart = ownedEnd
        if !goesOn && ownedStart < end && result.fileEnd == nil {
          result.wasStopped = true
          break
        }
      }
      if isLast { break }
      let keptStart = max(dataStart, ownedStart - context)
      let kept = dataEnd - keptStart
      if keptStart > dataStart && kept > 0 {
        buffer.baseAddress!.copyMemory(
          from: buffer.baseAddress! + (keptStart - dataStart), byteCount: kept)
      }
      dataStart = keptStart
    }
    return result
  }
}

import Core
import Native

/// Reads one share of a database's main file and hands over what no live row, index entry or value
/// takes: each free range is a chunk of its own, for what lies beside it belongs to something else. Its
/// page comes with it: where cells took a part of a deleted row tells how long it was.
struct PageReader {
  /// Fills a buffer from an offset on; fewer bytes than asked for mean the end.
  let source: SegmentReader.ByteSource
  let map: PageMap
  let blockBytes: Int
  /// The share: `start` is where a page begins. The last share reads on to `end` when the file has grown.
  let start: Int
  let end: Int

  /// Nothing shorter can be or label a card number or a verification code.
  private static let rangeBytesMin = 3

  func read(into work: WorkBuffer, _ body: (Chunk) -> Bool) -> SegmentReader.Result {
    let pageBytes = map.format.pageBytes
    let block = max(1, blockBytes / pageBytes) * pageBytes
    work.reserve(block)
    var result = SegmentReader.Result()
    var scratch: [Range<Int>] = []
    var ranges: [Range<Int>] = []
    var offset = start
    while offset < end {
      let wanted = min(block, end - offset)
      var count = 0
      do throws(SystemError) {
        count = try source(UnsafeMutableRawBufferPointer(rebasing: work.bytes[..<wanted]), offset)
      } catch {
        result.error = error
        return result
      }
      for pageStart in stride(from: 0, to: count, by: pageBytes) {
        let page = UnsafeRawBufferPointer(
          rebasing: work.bytes[pageStart..<min(count, pageStart + pageBytes)])
        findFreeRanges(of: page, at: offset + pageStart, &ranges, &scratch)
        for range in ranges where range.count >= PageReader.rangeBytesMin {
          let bytes = UnsafeRawBufferPointer(rebasing: page[range])
          var chunk = Chunk(
            bytes: bytes, owned: 0..<bytes.count,
            byteOffset: offset + pageStart + range.lowerBound, field: .pages)
          chunk.page = page
          if !body(chunk) {
            result.wasStopped = true
            return result
          }
        }
        result.ownedBytes += page.count
      }
      offset += count
      if count < wanted {
        result.fileEnd = offset
        break
      }
    }
    return result
  }

  private func findFreeRanges(
    of page: UnsafeRawBufferPointer, at offset: Int, _ ranges: inout [Range<Int>],
    _ scratch: inout [Range<Int>]
  ) {
    let format = map.format
    let number = offset / format.pageBytes + 1
    let use = page.count == format.pageBytes ? map.use(of: number) : .unknown
    switch use {
    case .tree:
      // It was sound when the map was made; it may have been written to since.
      if let tree = TreePage(page, format), tree.findFreeRanges(&ranges, &scratch) { return }
    case .overflow:
      ranges.removeAll(keepingCapacity: true)
      ranges.append(format.usableBytes..<page.count)
      return
    case .overflowEnd:
      if let used = map.usedBytes(ofOverflowEnd: number), used <= page.count {
        ranges.removeAll(keepingCapacity: true)
        ranges.append(used..<page.count)
        return
      }
    case .unknown: break
    }
    ranges.removeAll(keepingCapacity: true)
    ranges.append(0..<page.count)
  }
}

import Core
import Native
import Synchronization

/// The bytes of one file, shared out in segments.
final class FileContent: ItemContent {
  /// Growth is followed this far past the size at opening: a log may be written faster than it is
  /// read, and every loop has a bound.
  static let growthBytesMax = 64 << 20

  let head: [UInt8]
  let file: OpenFile
  let place: String
  let size: Int
  let sizes: ReadSizes
  let field: Chunk.Field
  let member: String?
  /// Not shared out, because what is at the end is told by what is far before.
  private let isOnePart: Bool
  private let progress = Mutex(Progress())

  private struct Progress {
    var nextStart = 0
    var isHandedOut = false
    var ownedBytes = 0
    /// Bytes whose loss a part has told already.
    var toldBytes = 0
    var fileEnd: Int?
    var wasStopped = false
    var troubles: [Coverage.Entry] = []
  }

  /// Whether the file takes less room than it has bytes, so that asking for holes may be worth it.
  let isSparse: Bool

  /// Its size now; the one at opening if that cannot be told.
  var sizeNow: Int {
    do throws(SystemError) {
      return try file.descriptor.status().size
    } catch {
      // Whoever closes the content meets the same error, and tells it.
      return size
    }
  }

  init(
    file: OpenFile, size: Int, head: [UInt8], place: String, sizes: ReadSizes,
    field: Chunk.Field = .none, member: String? = nil, isSparse: Bool = false
  ) {
    self.isSparse = isSparse
    self.file = file
    self.size = size
    self.head = head
    self.place = place
    self.sizes = sizes
    self.field = field
    self.member = member
    isOnePart = field == .none && SQLDump.isOnePart(head: head)
  }

  /// Puts an entry into what `close` returns.
  func tell(_ entry: Coverage.Entry) { progress.withLock { $0.troubles.append(entry) } }

  func nextPart() -> (any Part)? { nextSegment() }

  func nextSegment() -> FileSegment? {
    progress.withLock { progress in
      if progress.isHandedOut { return nil }
      let start = progress.nextStart
      let end = start + sizes.segment
      if end >= size || isOnePart {
        progress.isHandedOut = true
        return FileSegment(
          of: self, start: start, end: max(size, start) + FileContent.growthBytesMax,
          expectedBytes: max(0, size - start))
      }
      progress.nextStart = end
      return FileSegment(of: self, start: start, end: end, expectedBytes: sizes.segment)
    }
  }

  /// Takes what a segment gave and turns it into the segment's outcome.
  func note(_ result: SegmentReader.Result, of segment: FileSegment) -> PartOutcome {
    var outcome = PartOutcome()
    outcome.examined.bytes = result.ownedBytes
    let missing = max(0, segment.expectedBytes - result.ownedBytes)
    if let error = result.error {
      outcome.notExamined.append(InputError(place, error, bytes: missing).entry)
    }
    progress.withLock { progress in
      progress.ownedBytes += result.ownedBytes
      if result.error != nil { progress.toldBytes += missing }
      if result.wasStopped { progress.wasStopped = true }
      if let end = result.fileEnd { progress.fileEnd = max(end, progress.fileEnd ?? 0) }
    }
    return outcome
  }

  func close() -> PartOutcome {
    var outcome = PartOutcome()
    let progress = self.progress.withLock { $0 }
    outcome.examined.files = 1
    outcome.notExamined = progress.troubles
    let missing = size - progress.ownedBytes - progress.toldBytes
    if missing > 0, holdsLessThanItSays(progress) { return outcome }
    if missing > 0 {
      let stopped = progress.wasStopped || !progress.isHandedOut
      outcome.notExamined.append(
        Coverage.Entry(
          place: place, reason: stopped ? .interrupted : .truncated,
          detail: stopped ? nil : "It became shorter while it was read.", bytes: missing))
      return outcome
    }
    // Told by a part already, or the end was never looked for.
    guard progress.toldBytes == 0, progress.isHandedOut, !progress.wasStopped else {
      return outcome
    }
    // Without an end, reading hit the bound on growth.
    let readEnd = progress.fileEnd ?? progress.ownedBytes
    do throws(SystemError) {
      let now = try file.descriptor.status().size
      if now > readEnd {
        outcome.notExamined.append(
          Coverage.Entry(
            place: place, reason: .grew, detail: "It was written to while it was read.",
            bytes: now - readEnd))
      } else if progress.fileEnd == nil, try goesOn(at: readEnd) {
        outcome.notExamined.append(
          Coverage.Entry(
            place: place, reason: .grew,
            detail: "It goes on far behind the size that it says it has. Pipe its content: "
              + "unpan scan - < FILE."))
      }
    } catch {
      outcome.notExamined.append(InputError(place, error).entry)
    }
    return outcome
  }

  /// Whether a file of the kernel's was read to its end: it says that it holds a page and holds a line.
  /// One that was cut has another size by now, one that was cut and written anew goes on.
  private func holdsLessThanItSays(_ progress: Progress) -> Bool {
    guard !progress.wasStopped, progress.toldBytes == 0, progress.fileEnd == progress.ownedBytes
    else { return false }
    do throws(SystemError) {
      if try goesOn(at: progress.ownedBytes) { return false }
      return try file.descriptor.status().size == size
    } catch {
      // What cannot be looked at again is told as if it were shorter.
      return false
    }
  }

  private func goesOn(at offset: Int) throws(SystemError) -> Bool {
    // Some files of the kernel's are only read in whole words.
    var bytes = [UInt8](repeating: 0, count: 4096)
    let read: Swift.Result<Int, SystemError> = bytes.withUnsafeMutableBytes { buffer in
      defer { buffer.initializeMemory(as: UInt8.self, repeating: 0) }
      return Swift.Result { () throws(SystemError) in
        try file.descriptor.read(into: buffer, at: offset)
      }
    }
    return try read.get() > 0
  }
}

/// One share of a file.
final class FileSegment: Part {
  let table: String? = nil
  var member: String? { content.member }
  let columns: [String] = []
  let rowKey: String? = nil
  let expectedBytes: Int
  let content: FileContent
  let start: Int
  let end: Int

  init(of content: FileContent, start: Int, end: Int, expectedBytes: Int) {
    self.content = content
    self.start = start
    self.end = end
    self.expectedBytes = expectedBytes
  }

  func read(into buffer: WorkBuffer, _ body: (Chunk) -> Bool) -> PartOutcome {
    var result = SegmentReader.Result()
    var offset = start
    while offset < end, !result.wasStopped, result.error == nil, result.fileEnd == nil {
      let data = content.isSparse ? nextData(from: offset) : offset..<end
      result.ownedBytes += data.lowerBound - offset
      if data.isEmpty {
        // The rest is a hole, to the end of the share or of the file.
        if data.lowerBound < end { result.fileEnd = data.lowerBound }
        break
      }
      let reader = SegmentReader(
        source: { (target, offset) throws(SystemError) in
          try self.content.file.descriptor.read(into: target, at: offset)
        }, sizes: content.sizes, field: content.field, start: data.lowerBound,
        end: data.upperBound, size: content.size)
      let read = reader.read(into: buffer, body)
      result.ownedBytes += read.ownedBytes
      result.error = read.error
      result.wasStopped = read.wasStopped
      // Context is read past the data, and so may reach the end of the file without meaning it.
      if let fileEnd = read.fileEnd, fileEnd <= data.upperBound || data.upperBound == end {
        result.fileEnd = fileEnd
      }
      offset = data.upperBound
    }
    return content.note(result, of: self)
  }

  /// Holes shorter than this are read: each stretch of data is read with context around it.
  private static let holeBytesMin = 256 << 10

  /// What of the share from `offset` on is to be read: holes hold NULs, and nothing is in them.
  /// - Returns: an empty range where nothing follows but a hole.
  private func nextData(from offset: Int) -> Range<Int> {
    let file = content.file
    guard let data = file.descriptor.nextData(from: offset) else {
      let last = min(end, max(offset, content.sizeNow))
      return last..<last
    }
    guard data < end else { return end..<end }
    var hole = data
    while hole < end {
      guard let next = file.descriptor.nextHole(from: hole) else { return data..<end }
      hole = max(next, hole)
      // The hole that every file ends with; a file that is written to goes on there.
      if hole >= content.size { return data..<end }
      guard let more = file.descriptor.nextData(from: hole), more - hole < FileSegment.holeBytesMin,
        more > hole
      else { break }
      hole = more
    }
    return data..<min(end, max(hole, data + 1))
  }
}

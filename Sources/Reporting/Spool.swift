import Core
import Native

/// Bytes of a report that can only be written once what goes before them is known.
///
/// The first of them wait in memory, the rest in a file without a name. They hold what reports hold:
/// places and masked values.
struct Spool: ~Copyable {
  private var memory: [UInt8] = []
  private var file: ScratchFile?
  private let memoryBytesMax: Int

  init(memoryBytesMax: Int = 4 << 20) { self.memoryBytesMax = memoryBytesMax }

  /// Bytes that went into the file.
  private var fileBytes = 0

  /// Bytes held.
  var count: Int { fileBytes + memory.count }

  /// - Throws: `RunError` when the temporary directory is full.
  mutating func append(_ bytes: [UInt8]) throws(RunError) {
    memory += bytes
    guard memory.count >= memoryBytesMax else { return }
    do {
      if file == nil { file = try ScratchFile() }
      try file?.append(memory)
      fileBytes += memory.count
    } catch {
      throw Spool.failure(error)
    }
    memory.removeAll(keepingCapacity: true)
  }

  /// The bytes of a range that was appended in one piece.
  func bytes(_ range: Range<Int>) throws(RunError) -> [UInt8] {
    // A piece lies in the file or in memory as a whole, because memory is moved as a whole.
    guard range.lowerBound < fileBytes else {
      return Array(memory[range.lowerBound - fileBytes..<range.upperBound - fileBytes])
    }
    do {
      return try file!.read(range)
    } catch {
      throw Spool.failure(error)
    }
  }

  /// Writes everything and forgets it.
  mutating func move(to output: Output) throws(RunError) {
    var offset = 0
    while offset < fileBytes {
      let end = min(offset + (256 << 10), fileBytes)
      try output.write(bytes(offset..<end))
      offset = end
    }
    try output.write(memory)
    file?.removeAll()
    fileBytes = 0
    memory.removeAll(keepingCapacity: true)
  }

  private static func failure(_ error: WriteFailure) -> RunError {
    RunError(
      .failure, ScratchFile.directory,
      "the temporary file for the report cannot be written or read back: \(error.text)",
      hint: "make room there, or set TMPDIR to a directory with more")
  }
}

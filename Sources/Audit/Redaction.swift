import Core
import Detection
import Native

/// Redacts a stream, or files one by one.
package struct Redaction {
  package let detector: Detector
  package let options: ScanOptions

  /// What was masked in one stream or file.
  package struct Result: Sendable {
    package var counts: [Finding.Kind: Int] = [:]
    /// At most `Redactor.placesMax`.
    package var places: [Redactor.Place] = []

    package var count: Int { counts.values.reduce(0, +) }
  }

  package init(detector: Detector, options: ScanOptions) {
    self.detector = detector
    self.options = options
  }

  /// Passes standard input on, every line as soon as it is there.
  ///
  /// A request to stop is left to the program that writes: what it still says is passed on, to its end.
  /// - Parameter output: a descriptor of the process.
  package func filter(to output: Int32) throws(RedactionError) -> Result {
    let target = OutputDescriptor(stream: output)
    return try pass(
      Redactor(detector, options: options), .standardInput, "standard input"
    ) { bytes throws(WriteFailure) in try target.write(bytes) }
  }

  /// Redacts a file, or tells what there is to redact.
  ///
  /// - Parameters:
  ///   - isApplied: whether the file is replaced.
  ///   - backup: what is added to the old file's name to keep it.
  /// - Throws: the old file is whole then.
  package func redact(
    _ path: String, inPlace isApplied: Bool, backup: String?
  ) throws(RedactionError) -> Result {
    let file = try TextFile(path)
    guard !isApplied || file.status.linkCount == 1 else {
      throw RedactionError(path, .hasOtherNames)
    }
    // Judged by all numbers of the file, as a scan does: the first pass counts, the second masks.
    let census = Redactor(detector, options: options)
    _ = try pass(census, file.open(), path) { _ throws(WriteFailure) in }
    let redactor = Redactor(detector, options: options, classes: census.classes)
    guard isApplied, census.counts != [:] else {
      return try pass(redactor, file.open(), path) { _ throws(WriteFailure) in }
    }
    do {
      var replacement = try FileReplacement(of: file.resolved)
      let result = try pass(redactor, file.open(), path) { bytes throws(WriteFailure) in
        try replacement.write(bytes)
      }
      guard try replacement.commit(replacing: file.status, backup: backup) else {
        throw RedactionError(path, .changed)
      }
      return result
    } catch let error as WriteFailure {
      throw RedactionError(path, .unwritable(error.text))
    } catch let error as RedactionError {
      throw error
    } catch {
      preconditionFailure("nothing else is thrown")
    }
  }

  /// Sends everything through a redactor.
  private func pass(
    _ redactor: Redactor, _ input: consuming Descriptor, _ subject: String,
    _ emit: (UnsafeRawBufferPointer) throws(WriteFailure) -> Void
  ) throws(RedactionError) -> Result {
    let buffer = UnsafeMutableRawBufferPointer.allocate(
      byteCount: Limits.blockBytes, alignment: 4096)
    defer {
      _ = buffer.initializeMemory(as: UInt8.self, repeating: 0)
      buffer.deallocate()
    }
    var isAtEnd = false
    while !isAtEnd {
      let count: Int
      do throws(SystemError) {
        _ = input.waitUntilReadable(milliseconds: -1)
        count = try input.readSome(into: buffer)
      } catch {
        throw RedactionError(subject, .unreadable(error.text))
      }
      isAtEnd = count == 0
      do throws(WriteFailure) {
        try redactor.take(UnsafeRawBufferPointer(rebasing: buffer[..<count]), isLast: isAtEnd, emit)
      } catch {
        throw RedactionError(subject, error)
      }
    }
    return Result(counts: redactor.counts, places: redactor.places)
  }
}

/// A file that may be redacted byte by byte.
private struct TextFile {
  /// As the user named it.
  let path: String
  /// Without links.
  let resolved: String
  let status: FileStatus
  private let rawPath: [UInt8]

  init(_ path: String) throws(RedactionError) {
    self.path = path
    var start = [UInt8](repeating: 0, count: 16)
    do throws(SystemError) {
      rawPath = try resolvedPath(Array(path.utf8))
      resolved = String(decoding: rawPath, as: UTF8.self)
      let file = try Descriptor.open(rawPath, followsLinks: false)
      status = try file.status()
      guard status.kind == .regular else { throw SystemError.notAFile }
      let count = try start.withUnsafeMutableBufferPointer { buffer throws(SystemError) in
        try file.read(into: UnsafeMutableRawBufferPointer(buffer), at: 0)
      }
      start.removeSubrange(count...)
    } catch {
      throw RedactionError(path, error == .notAFile ? .notAFile : .unreadable(error.text))
    }
    let containers: [[UInt8]] = [
      Array("SQLite format 3".utf8), [0x1F, 0x8B], Array("PK\u{3}\u{4}".utf8), Array("%PDF-".utf8),
      Array("BZh".utf8), [0xFD, 0x37, 0x7A, 0x58], [0x28, 0xB5, 0x2F, 0xFD],
      [0x37, 0x7A, 0xBC, 0xAF],
    ]
    if containers.contains(where: { start.starts(with: $0) }) {
      throw RedactionError(path, .container)
    }
  }

  func open() throws(RedactionError) -> Descriptor {
    do throws(SystemError) {
      return try Descriptor.open(rawPath, followsLinks: false)
    } catch {
      throw RedactionError(path, .unreadable(error.text))
    }
  }
}

/// Why something was not redacted. The file is as it was.
package struct RedactionError: Error, Sendable {
  package var subject: String
  package var reason: Reason
  /// The reader of the output went away.
  package private(set) var isClosedByReader = false

  package enum Reason: Sendable, Equatable {
    case unreadable(String)
    case unwritable(String)
    /// A directory, a device.
    case notAFile
    /// More than one name leads to it, and only one could be given the new content.
    case hasOtherNames
    /// A database, an archive, a document: changing bytes would break it.
    case container
    /// Somebody wrote to it meanwhile.
    case changed
  }

  init(_ subject: String, _ reason: Reason) {
    self.subject = subject
    self.reason = reason
  }

  init(_ subject: String, _ failure: WriteFailure) {
    self.subject = subject
    reason = .unwritable(failure.text)
    isClosedByReader = failure.isClosedPipe
  }
}

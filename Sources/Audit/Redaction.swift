import Core
import Detection
import Inputs
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
    /// What was passed on, by its first bytes. Nothing is found in what is packed.
    package var form = ContentForm.plain

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
    let input = Descriptor.standardInput
    input.widenPipe()
    target.widenPipe()
    let redactor = Redactor(detector, options: options)
    var head: [UInt8] = []
    var result = try pass(redactor, "standard input", to: "standard output") {
      buffer throws(SystemError) in
      let count = try input.readNext(into: buffer)
      if head.count < 4096 { head += buffer[..<count].prefix(4096 - head.count) }
      return count
    } emit: { bytes throws(WriteFailure) in
      try target.write(bytes)
    }
    result.form = ContentForm(head: head)
    return result
  }

  /// Redacts a file, or tells what there is to redact. A gzip file is packed again.
  ///
  /// - Parameters:
  ///   - isApplied: whether the file is replaced.
  ///   - backup: what is added to the old file's name to keep it.
  /// - Throws: the old file is whole then.
  package func redact(
    _ path: String, inPlace isApplied: Bool, backup: String?
  ) throws(RedactionError) -> Result {
    let file = try RedactedFile(path)
    guard !isApplied || file.status.linkCount == 1 else {
      throw RedactionError(file.path, .hasOtherNames)
    }
    // Judged by all numbers of the file, as a scan does: the first pass counts, the second masks.
    let census = Redactor(detector, options: options)
    _ = try pass(census, file) { _ throws(WriteFailure) in }
    let redactor = Redactor(detector, options: options, classes: census.classes)
    guard isApplied, census.counts != [:] else {
      return try pass(redactor, file) { _ throws(WriteFailure) in }
    }
    do {
      var replacement = try FileReplacement(of: file.resolved)
      let result = try fill(&replacement, redactor, file)
      switch try replacement.commit(replacing: file.status, backup: backup) {
      case .replaced: return result
      case .changed: throw RedactionError(file.path, .changed)
      case .hasBackup: throw RedactionError(file.path, .hasBackup(file.path + (backup ?? "")))
      }
    } catch let error as WriteFailure {
      throw RedactionError(file.path, .unwritable(error.text))
    } catch let error as RedactionError {
      throw error
    } catch {
      preconditionFailure("nothing else is thrown")
    }
  }

  private func fill(
    _ replacement: inout FileReplacement, _ redactor: Redactor, _ file: RedactedFile
  ) throws -> Result {
    let result: Result
    if let settings = file.packing {
      let deflater = try deflater(settings, file)
      result = try pass(redactor, file) { bytes throws(WriteFailure) in
        try deflater.pack(bytes, isLast: false) { packed throws(WriteFailure) in
          try replacement.write(packed)
        }
      }
      let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
      try deflater.pack(nothing, isLast: true) { packed throws(WriteFailure) in
        try replacement.write(packed)
      }
    } else {
      result = try pass(redactor, file) { bytes throws(WriteFailure) in
        try replacement.write(bytes)
      }
    }
    let proof = try RedactionProof(of: replacement.temporary, detector, options)
    guard Interruption.requested == nil else { throw RedactionError(file.path, .interrupted) }
    guard proof.count == 0 else { throw RedactionError(file.path, .remains(proof.count)) }
    guard proof.isComplete else { throw RedactionError(file.path, .unproved(proof.detail)) }
    return result
  }

  private func deflater(
    _ settings: Deflater.Settings, _ file: RedactedFile
  ) throws(RedactionError) -> Deflater {
    do throws(ArchiveError) {
      return try Deflater(settings)
    } catch {
      throw RedactionError(file.path, .noLibrary)
    }
  }

  /// Sends a file's text through a redactor.
  private func pass(
    _ redactor: Redactor, _ file: RedactedFile,
    _ emit: (UnsafeRawBufferPointer) throws(WriteFailure) -> Void
  ) throws(RedactionError) -> Result {
    let content = try file.content()
    let result = try pass(redactor, file.path, to: file.path) { buffer throws(SystemError) in
      try Interruption.requested == nil ? content.read(into: buffer) : 0
    } emit: { bytes throws(WriteFailure) in
      try emit(bytes)
    }
    guard Interruption.requested == nil else { throw RedactionError(file.path, .interrupted) }
    if let reason = content.failure { throw RedactionError(file.path, reason) }
    return result
  }

  /// Sends everything through a redactor.
  private func pass(
    _ redactor: Redactor, _ input: String, to output: String,
    read: (UnsafeMutableRawBufferPointer) throws(SystemError) -> Int,
    emit: (UnsafeRawBufferPointer) throws(WriteFailure) -> Void
  ) throws(RedactionError) -> Result {
    var isAtEnd = false
    while !isAtEnd {
      let count: Int
      do throws(SystemError) {
        count = try read(redactor.room(for: Limits.blockBytes))
      } catch {
        throw RedactionError(input, .unreadable(error.text))
      }
      isAtEnd = count == 0
      do throws(WriteFailure) {
        try redactor.took(count, isLast: isAtEnd, emit)
      } catch {
        throw RedactionError(output, error)
      }
    }
    return Result(counts: redactor.counts, places: redactor.places)
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
    /// There is a file of this name, under which the old one would be kept.
    case hasBackup(String)
    /// A directory, a device.
    case notAFile
    /// More than one name leads to it, and only one could be given the new content.
    case hasOtherNames
    /// A database, an archive, a document: changing bytes would break it.
    case container(ContentForm)
    /// A gzip file that holds such.
    case packedContainer
    /// A gzip file that cannot be unpacked to its end, or with something behind it.
    case damaged
    /// There is no zlib.
    case noLibrary
    /// A scan of the new content still found something: what is in attachments, or split by markup.
    case remains(Int)
    /// A scan of the new content could not read all of it; why, in words.
    case unproved(String)
    /// Somebody asked to stop.
    case interrupted
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

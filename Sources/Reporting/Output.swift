import Core
import Native

/// Gathers a report's bytes and writes them in large pieces to a stream or a file.
///
/// A file gets its name only in `finish`, so a report that was cut short is never mistaken for a
/// whole one.
package final class Output {
  private var descriptor: OutputDescriptor?
  /// What errors call it: a path, `standard output`.
  private let subject: String
  /// What to do about a place that does not take it.
  private let hint: String
  private var pending: [UInt8] = []
  private static let pendingBytesMax = 64 << 10

  /// The reader went away (`unpan scan | head`). Whoever catches an error asks this first and ends
  /// without a word.
  package private(set) var isClosedByReader = false

  /// Writes to a stream the process already has.
  package init(stream: Int32, subject: String = "standard output") {
    descriptor = OutputDescriptor(stream: stream)
    self.subject = subject
    hint = Output.hint
  }

  /// Writes to a file, which appears when `finish` is called.
  /// - Parameter hint: what to do when the place does not take it.
  /// - Throws: `RunError` when the directory does not take it.
  package init(
    file path: String, hint: String = Output.hint
  ) throws(RunError) {
    subject = path
    self.hint = hint
    do {
      descriptor = try OutputDescriptor(replacing: path)
    } catch {
      throw Output.error(path, error, hint)
    }
  }

  /// The file that takes the bytes, under whatever name; `nil` for anything but a regular one.
  package var identity: FileStatus.Identity? { descriptor?.identity }

  /// The same, if it holds nothing else; asked before anything is written.
  package var ownIdentity: FileStatus.Identity? { descriptor?.ownIdentity }

  /// Adds to the end of a file, which is made if need be.
  /// - Throws: `RunError` when it cannot be opened for writing.
  package init(appendingTo path: String) throws(RunError) {
    subject = path
    hint = "GITHUB_STEP_SUMMARY names the file; unset it to go without"
    do {
      descriptor = try OutputDescriptor(appendingTo: path)
    } catch {
      throw Output.error(path, error, hint)
    }
  }

  /// Keeps everything in memory, for tests and for `collected`.
  package init(collecting: Void) {
    descriptor = nil
    subject = "memory"
    hint = Output.hint
  }

  /// What a collecting output took so far.
  package var collected: [UInt8] { pending }

  /// - Throws: `RunError` when the disk is full or the reader went away.
  package func write(_ bytes: [UInt8]) throws(RunError) {
    pending.append(contentsOf: bytes)
    if pending.count >= Output.pendingBytesMax { try flush() }
  }

  /// - Throws: as `write(_:)` for bytes does.
  package func write(_ text: String) throws(RunError) {
    pending.append(contentsOf: text.utf8)
    if pending.count >= Output.pendingBytesMax { try flush() }
  }

  /// Writes what is gathered and gives a file its name.
  package func finish() throws(RunError) {
    try flush()
    guard descriptor != nil else { return }
    do {
      try descriptor?.commit()
    } catch {
      throw failure(error)
    }
  }

  private func flush() throws(RunError) {
    guard descriptor != nil, !pending.isEmpty else { return }
    do {
      try descriptor?.write(pending)
    } catch {
      throw failure(error)
    }
    pending.removeAll(keepingCapacity: true)
  }

  private func failure(_ error: WriteFailure) -> RunError {
    if error.isClosedPipe { isClosedByReader = true }
    pending.removeAll()
    return Output.error(subject, error, hint)
  }

  package static let hint = "choose another place with --output FILE"

  private static func error(
    _ subject: String, _ error: WriteFailure, _ hint: String
  ) -> RunError {
    RunError(.failure, subject, "the report cannot be written: \(error.text)", hint: hint)
  }
}

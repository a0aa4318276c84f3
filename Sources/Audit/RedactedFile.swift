import Core
import Inputs
import Native

/// A file that may be redacted: plain bytes, or such packed as gzip.
struct RedactedFile {
  /// As the user named it, to be shown.
  let path: String
  /// Without links, raw.
  let resolved: [UInt8]
  let status: FileStatus
  /// How it is to be packed again; `nil` for plain bytes.
  let packing: Deflater.Settings?

  init(_ path: String) throws(RedactionError) {
    let given = ForeignBytes.bytes(of: path)
    let path = Escaping.text(fromFileName: given)
    self.path = path
    let head: [UInt8]
    do throws(SystemError) {
      resolved = try resolvedPath(given)
      let file = try Descriptor.open(resolved, followsLinks: false)
      status = try file.status()
      guard status.kind == .regular else { throw SystemError.notAFile }
      head = try RedactedFile.head(file)
    } catch {
      throw RedactionError(path, error == .notAFile ? .notAFile : .unreadable(error.text))
    }
    switch ContentForm(head: head) {
    case .plain: packing = nil
    case .gzip: packing = Deflater.Settings(head: head)
    case let other: throw RedactionError(path, .container(other))
    }
    if packing != nil, ContentForm(head: try content().head()) != .plain {
      throw RedactionError(path, .packedContainer)
    }
  }

  private static func head(_ file: borrowing Descriptor) throws(SystemError) -> [UInt8] {
    var head = [UInt8](repeating: 0, count: 4096)
    let count = try head.withUnsafeMutableBufferPointer { buffer throws(SystemError) in
      try file.read(into: UnsafeMutableRawBufferPointer(buffer), at: 0)
    }
    return Array(head[..<count])
  }

  /// Its text, from the beginning.
  func content() throws(RedactionError) -> RedactedContent {
    do throws(SystemError) {
      let file = try Descriptor.open(resolved, followsLinks: false)
      file.adviseSequential()
      return try RedactedContent(FileBytes(file), isPacked: packing != nil)
    } catch {
      throw RedactionError(path, .unreadable(error.text))
    }
  }
}

/// The text of a file, unpacked where it is packed.
final class RedactedContent {
  private let file: FileBytes
  private let inflater: Inflater?
  private var block = UnsafeRawBufferPointer(start: nil, count: 0)
  /// Why what came last was not all.
  private(set) var failure: RedactionError.Reason?

  fileprivate init(_ file: FileBytes, isPacked: Bool) throws(SystemError) {
    self.file = file
    do throws(ArchiveError) {
      inflater = isPacked ? try Inflater(file) : nil
    } catch {
      inflater = nil
      failure = .noLibrary
    }
  }

  /// The first bytes.
  fileprivate func head() throws(RedactionError) -> [UInt8] {
    var head = [UInt8](repeating: 0, count: 4096)
    var filled = 0
    head.withUnsafeMutableBytes { buffer in
      while filled < buffer.count {
        let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[filled...])
        // What cannot be read is told by the pass that follows.
        guard let count = try? read(into: rest), count > 0 else { break }
        filled += count
      }
    }
    return Array(head[..<filled])
  }

  /// The next bytes; 0 at the end, and where `failure` says why there is no more.
  func read(into target: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
    guard failure == nil else { return 0 }
    guard let inflater else { return try file.read(into: target) }
    if block.isEmpty {
      do throws(ArchiveError) {
        block = try inflater.nextBlock()
      } catch {
        if let cause = file.failure { throw cause }
        failure = .damaged
      }
      if block.isEmpty, inflater.bytesBehind?.isEmpty == false { failure = .damaged }
    }
    let count = min(block.count, target.count)
    target.copyMemory(from: UnsafeRawBufferPointer(rebasing: block[..<count]))
    block = UnsafeRawBufferPointer(rebasing: block[count...])
    return count
  }
}

/// A file from front to back, for the library that unpacks it.
private final class FileBytes: ArchiveBytes {
  private let file: Descriptor
  private let buffer = UnsafeMutableRawBufferPointer.allocate(
    byteCount: Limits.blockBytes, alignment: 4096)
  private(set) var failure: SystemError?

  init(_ file: consuming Descriptor) { self.file = file }

  deinit {
    buffer.initializeMemory(as: UInt8.self, repeating: 0)
    buffer.deallocate()
  }

  var seekableBytes: Int? { nil }
  func seek(to offset: Int) { preconditionFailure("only read from front to back") }

  func read(into target: UnsafeMutableRawBufferPointer) throws(SystemError) -> Int {
    try file.readSome(into: target)
  }

  func nextBlock() -> UnsafeRawBufferPointer? {
    do throws(SystemError) {
      return UnsafeRawBufferPointer(rebasing: buffer[..<(try file.readSome(into: buffer))])
    } catch {
      failure = error
      return nil
    }
  }
}

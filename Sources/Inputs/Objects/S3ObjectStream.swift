import Core
import Native

/// The bytes of one object, in order or from any place. A connection that breaks is made again where
/// it broke.
///
/// Used by one thread at a time.
final class S3ObjectStream: ByteStream {
  private let object: S3Object
  private let session: S3Session
  private let budget: ExpansionBudget
  /// Where the next block begins.
  private var position = 0
  private var size: Int
  /// Which state of the object is read, once that is known.
  private var tag: String?
  private var download: S3Download?
  /// Where the download's next bytes lie.
  private var downloadOffset = 0
  /// The first bytes, kept because whoever looks at them comes back to the beginning.
  private var first: [UInt8] = []
  /// What was handed out last.
  private var block: [UInt8] = []
  private var blockStart = 0
  private var isBegun = false
  private var attempt = 0
  private var lastFailure = -1
  private let whenBegun: (String) -> Void

  private static let firstBytesMax = 256 << 10
  private static let readOverBytes = 1 << 20

  /// - Parameter whenBegun: called when the first answer came, with the tag that it has.
  init(
    _ object: S3Object, _ session: S3Session, budget: ExpansionBudget, tag: String? = nil,
    whenBegun: @escaping (String) -> Void = { _ in }
  ) {
    self.object = object
    self.session = session
    self.budget = budget
    self.tag = tag
    self.whenBegun = whenBegun
    size = object.bytes
  }

  deinit {
    first.wipe()
    block.wipe()
  }

  override var seekableBytes: Int? { size }
  override var isRemote: Bool { true }
  override func seek(to offset: Int) { position = min(offset, size) }

  override func secondReader() -> ByteStream? {
    var same = object
    same.bytes = size
    return S3ObjectStream(same, session, budget: budget, tag: tag)
  }

  override func nextBlock() -> UnsafeRawBufferPointer? {
    if trouble != nil { return nil }
    let start = position
    if start < first.count {
      position = first.count
      return first.withUnsafeBytes { UnsafeRawBufferPointer(rebasing: $0[start...]) }
    }
    if start >= blockStart, start < blockStart + block.count {
      position = blockStart + block.count
      return block.withUnsafeBytes {
        UnsafeRawBufferPointer(rebasing: $0[(start - blockStart)...])
      }
    }
    while true {
      do throws(S3Error) {
        guard let bytes = try nextBytes() else { return nil }
        return hold(bytes)
      } catch {
        // Progress since the last failure makes it a new one.
        if position > lastFailure + S3ObjectStream.progressBytes { attempt = 0 }
        lastFailure = position
        attempt += 1
        download = nil
        let goesOn =
          attempt < NetworkSettings.attemptsMax && (error.isPassing || session.follow(error))
          && session.network.pause(before: attempt)
        if goesOn { continue }
        trouble = failure(error)
        return nil
      }
    }
  }

  private static let progressBytes = 256 << 10

  private func failure(_ error: S3Error) -> Trouble {
    if Interruption.requested != nil { return Trouble(reason: .interrupted, endsWalk: true) }
    // The condition that it is still the same, and the range that it has to have.
    if error.status == 412 || error.status == 416 { return S3Trouble.changed }
    return S3Trouble.reading(error)
  }

  /// - Returns: none at the end; `nil` when there is trouble.
  private func nextBytes() throws(S3Error) -> [UInt8]? {
    if Interruption.requested != nil {
      trouble = Trouble(reason: .interrupted, endsWalk: true)
      return nil
    }
    if position >= size, isBegun || size == 0 { return [] }
    // What lies a little ahead is sooner read over than asked for.
    let isNear = (0...S3ObjectStream.readOverBytes).contains(position - downloadOffset)
    if download == nil || !isNear { try begin() }
    guard trouble == nil, let download else { return nil }
    while true {
      var bytes = try download.nextBytes()
      if bytes.isEmpty {
        if downloadOffset < size { throw S3Error(HTTPFailure(.cutShort, "")) }
        return []
      }
      // A server that knows no ranges sends what was read before once more.
      let surplus = min(bytes.count, max(0, position - downloadOffset))
      downloadOffset += bytes.count
      if surplus > 0 { bytes.removeFirst(surplus) }
      if !bytes.isEmpty { return bytes }
    }
  }

  private func begin() throws(S3Error) {
    download = nil
    var headers: [String] = []
    if position > 0 { headers.append("Range: bytes=\(position)-") }
    if let tag { headers.append("If-Match: \(tag)") }
    let begun = try session.begin(key: object.key, query: object.query, headers: headers)
    let head = begun.head
    downloadOffset = 0
    if head.status == 206 {
      let range = S3ObjectStream.range(head.header("content-range") ?? "")
      guard let range, range.start == position, range.size == nil || range.size == size else {
        trouble = S3Trouble.changed
        return
      }
      downloadOffset = position
    } else {
      guard let length = head.header("content-length").flatMap({ Int($0) }), length >= 0 else {
        trouble = S3Trouble.noLength
        return
      }
      // It may have been written anew since it was listed; from now on it has to stay.
      if isBegun || position > 0, length != size {
        trouble = S3Trouble.changed
        return
      }
      size = length
    }
    let own = head.header("etag") ?? ""
    if let tag, !own.isEmpty, own != tag {
      trouble = S3Trouble.changed
      return
    }
    if !isBegun {
      isBegun = true
      // It goes back as a header.
      let isGood = own.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } && (1...256).contains(own.count)
      if tag == nil, isGood { tag = own }
      whenBegun(own)
    }
    download = begun
  }

  /// `bytes 10-99/100`
  private static func range(_ text: String) -> (start: Int, size: Int?)? {
    guard text.hasPrefix("bytes ") else { return nil }
    let parts = text.dropFirst(6).split(separator: "/")
    guard parts.count == 2, let start = Int(parts[0].prefix { $0 != "-" }) else { return nil }
    return (start, Int(parts[1]))
  }

  private func hold(_ bytes: [UInt8]) -> UnsafeRawBufferPointer {
    let start = position
    position += bytes.count
    budget.consume(upTo: position)
    if start == first.count, position <= S3ObjectStream.firstBytesMax {
      first += bytes
      // The array is not changed while what is handed out is looked at.
      return first.withUnsafeBytes { UnsafeRawBufferPointer(rebasing: $0[start...]) }
    }
    block.wipe()
    block = bytes
    blockStart = start
    return block.withUnsafeBytes { UnsafeRawBufferPointer($0) }
  }
}

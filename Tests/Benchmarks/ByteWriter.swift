import Glibc

/// Appends bytes to a file through one large buffer: what makes hundreds of megabytes in a second.
struct ByteWriter: ~Copyable {
  private let descriptor: Int32
  private let buffer: UnsafeMutablePointer<UInt8>
  private var used = 0
  /// Bytes written so far, buffered ones included.
  private(set) var total = 0

  private static let capacity = 1 << 20
  /// No single piece is longer than this.
  private static let pieceMax = 4096

  /// Makes the file, or empties it.
  init(path: String) throws(BenchmarkError) {
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw BenchmarkError("\(path): \(systemErrorText())") }
    buffer = .allocate(capacity: ByteWriter.capacity)
  }

  deinit {
    buffer.deallocate()
    _ = close(descriptor)
  }

  mutating func put(_ text: StaticString) {
    memcpy(room(text.utf8CodeUnitCount), text.utf8Start, text.utf8CodeUnitCount)
  }

  mutating func put(_ bytes: [UInt8]) {
    bytes.withUnsafeBufferPointer { source in
      guard let base = source.baseAddress else { return }
      memcpy(room(source.count), base, source.count)
    }
  }

  mutating func put(byte: UInt8) { room(1).pointee = byte }

  /// The number in decimal with at least `width` digits.
  mutating func put(decimal value: Int, width: Int = 1) {
    var rest = value
    var count = 1
    while rest > 9 {
      rest /= 10
      count += 1
    }
    count = max(count, width)
    let start = room(count)
    rest = value
    for index in stride(from: count - 1, through: 0, by: -1) {
      start[index] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
      rest /= 10
    }
  }

  /// The lowest `count` half-bytes in hexadecimal, at most sixteen.
  mutating func put(hex value: UInt64, count: Int) {
    let start = room(count)
    var rest = value
    for index in 0..<count {
      let nibble = UInt8(truncatingIfNeeded: rest & 15)
      start[index] = nibble + (nibble < 10 ? 0x30 : 0x57)
      rest >>= 4
    }
  }

  /// Writes out what is buffered.
  mutating func flush() throws(BenchmarkError) {
    var done = 0
    while done < used {
      let count = write(descriptor, buffer + done, used - done)
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { throw BenchmarkError("cannot write: \(systemErrorText())") }
      done += count
    }
    used = 0
  }

  /// True when `flush` is due before another line.
  var isNearlyFull: Bool { used > ByteWriter.capacity - 16 * ByteWriter.pieceMax }

  private mutating func room(_ count: Int) -> UnsafeMutablePointer<UInt8> {
    precondition(count <= ByteWriter.pieceMax && used + count <= ByteWriter.capacity, "flush first")
    defer {
      used += count
      total += count
    }
    return buffer + used
  }
}

/// A sentence for whoever runs the benchmarks.
struct BenchmarkError: Error {
  var message: String
  init(_ message: String) { self.message = message }
}

/// What `errno` says.
func systemErrorText() -> String { String(cString: strerror(errno)) }

import Glibc

/// The entries of one directory, sorted by the bytes of their names.
///
/// All names share one block of memory: a directory with a million files takes some 30 MB, not 100.
package struct DirectoryListing: Sendable {
  private var bytes: [UInt8] = []
  private var offsets: [UInt32] = []
  /// False when the directory holds more than fits (4 GiB of names): the rest is missing.
  package private(set) var isComplete = true

  /// Reads the whole directory.
  package init(of directory: borrowing Descriptor) throws(SystemError) {
    // fdopendir takes the descriptor over, so it gets one of its own; "." also rewinds.
    let own = try directory.openDirectory(entry: [UInt8(ascii: ".")])
    let duplicate = fcntl(own.rawValue, F_DUPFD_CLOEXEC, 0)
    guard duplicate >= 0 else { throw .last }
    guard let stream = fdopendir(duplicate) else {
      let error = SystemError.last
      _ = close(duplicate)
      throw error
    }
    defer { closedir(stream) }
    while true {
      errno = 0
      guard let entry = Glibc.readdir(stream) else {
        if errno != 0 { throw .last }
        break
      }
      append(entry)
    }
    sort()
  }

  package var count: Int { offsets.count }

  /// The name at `index`, raw.
  package subscript(index: Int) -> [UInt8] { Array(bytes[range(at: index)]) }

  /// Whether the directory has this very name.
  /// - Complexity: O(log n)
  package func contains(_ name: [UInt8]) -> Bool {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      let candidate = bytes[range(at: middle)]
      if candidate.elementsEqual(name) { return true }
      if candidate.lexicographicallyPrecedes(name) { low = middle + 1 } else { high = middle }
    }
    return false
  }

  private func range(at index: Int) -> Range<Int> {
    let start = Int(offsets[index])
    // Each name lies behind its length, two bytes.
    let length = Int(bytes[start]) | Int(bytes[start + 1]) << 8
    return start + 2..<start + 2 + length
  }

  private mutating func append(_ entry: UnsafeMutablePointer<dirent>) {
    let name = UnsafeRawPointer(entry) + MemoryLayout<dirent>.offset(of: \.d_name)!
    let length = strlen(name.assumingMemoryBound(to: CChar.self))
    let view = UnsafeRawBufferPointer(start: name, count: length)
    if view.elementsEqual([0x2E]) || view.elementsEqual([0x2E, 0x2E]) { return }
    guard let offset = UInt32(exactly: bytes.count), length <= Int(UInt16.max) else {
      isComplete = false
      return
    }
    offsets.append(offset)
    bytes.append(UInt8(truncatingIfNeeded: length))
    bytes.append(UInt8(truncatingIfNeeded: length >> 8))
    bytes.append(contentsOf: view)
  }

  private mutating func sort() {
    bytes.withUnsafeBytes { all in
      func name(_ offset: UInt32) -> UnsafeRawBufferPointer {
        let start = Int(offset)
        let length = Int(all[start]) | Int(all[start + 1]) << 8
        return UnsafeRawBufferPointer(rebasing: all[start + 2..<start + 2 + length])
      }
      offsets.sort { left, right in
        let a = name(left)
        let b = name(right)
        let order = memcmp(a.baseAddress!, b.baseAddress!, min(a.count, b.count))
        return order != 0 ? order < 0 : a.count < b.count
      }
    }
  }
}

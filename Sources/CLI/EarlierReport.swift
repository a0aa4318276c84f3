import Core
import Native

/// Whether a file that a report is to replace is a report as well, of any format.
enum EarlierReport {
  private static let headBytes = 4096
  private static let tailBytes = 512

  /// - Returns: `true` also for what is empty, is not there or is no regular file.
  static func isOne(_ path: String) -> Bool {
    let bytes = ForeignBytes.bytes(of: path)
    guard let status = FileStatus.ofRegularFile(bytes), status.size > 0 else { return true }
    guard let head = read(bytes, 0..<min(status.size, headBytes)),
      let tail = read(bytes, max(0, status.size - tailBytes)..<status.size)
    else { return false }
    // Code quality has no place for a name, tables for people have it in no fixed one.
    return head.contains("unpan") || head == "[]\n" || head.contains("\"check_name\"")
      || head.hasPrefix("Record,Data store,") || head.hasPrefix("{\"type\":\"")
      || tail.contains("exit code ")
  }

  private static func read(_ path: [UInt8], _ range: Range<Int>) -> String? {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: range.count, alignment: 1)
    defer { buffer.deallocate() }
    do throws(SystemError) {
      let file = try Descriptor.open(path, followsLinks: true)
      let count = try file.read(into: buffer, at: range.lowerBound)
      return String(decoding: buffer.prefix(count), as: UTF8.self)
    } catch {
      return nil
    }
  }
}

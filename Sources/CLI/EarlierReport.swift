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
    if head == "[]\n" || beginnings.contains(where: head.hasPrefix) { return true }
    // Formats of others' begin as files of any kind do, and name the tool further on.
    if head.contains("unpan"), head.hasPrefix("<") || head.hasPrefix("{\"") { return true }
    // Code quality's items, and the last line for people, which GitHub gets behind our name.
    let last = tail.split(separator: "\n").last ?? ""
    return head.contains("\"check_name\":\"") || last.hasPrefix("exit code ")
      || last.hasPrefix("unpan: ")
  }

  private static let beginnings = [
    "{\"type\":\"finding\",\"id\":\"", "{\"type\":\"coverage\",\"target\":\"", "Record,Data store,",
    "## unpan", "unpan: ",
  ]

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

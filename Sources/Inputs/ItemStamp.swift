import Glibc
import Native

/// What stays the same as long as an item's content does.
package struct ItemStamp: Sendable, Equatable {
  package let text: String
  /// Whether a change after the stamp was taken is sure to show in the next one: clocks of file systems
  /// are coarse, so that of two changes in a short time the second may leave no trace.
  package let isSettled: Bool

  /// FAT and some network file systems count in steps of two seconds.
  private static let settledSeconds = 3

  /// - Parameters:
  ///   - file: the item's own.
  ///   - others: those that its content is in as well, `nil` for one that is not there.
  init(_ file: FileStatus, _ others: [FileStatus?]) {
    let all = [file] + others
    text = all.map { status in
      status.map {
        "\($0.size) \($0.modified).\($0.modifiedNanoseconds) \($0.changed).\($0.changedNanoseconds) "
          + "\($0.identity.inode)"
      } ?? "-"
    }.joined(separator: ", ")
    let last = all.lazy.compactMap { $0 }.map { max($0.modified, $0.changed) }.max() ?? 0
    isSettled = last + ItemStamp.settledSeconds <= time(nil)
  }

  /// - Parameter text: names the content itself, as a digest does, so that no change keeps it.
  init(_ text: String) {
    self.text = text
    isSettled = true
  }

  /// Stands for what is long, or may hold what no state file should.
  static func digest(of bytes: some Sequence<UInt8>) -> String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return String(hash, radix: 16)
  }

  package static func == (a: ItemStamp, b: ItemStamp) -> Bool { a.text == b.text }
}

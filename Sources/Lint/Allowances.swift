import Core

/// The `unpan:allow REASON` comments of one file: in the line itself, or alone in the line above.
struct Allowances {
  private var reasons: [Int: String] = [:]

  private static let marker = Array("unpan:allow".utf8)

  init(_ bytes: [UInt8]) {
    let marker = Allowances.marker
    guard bytes.count >= marker.count else { return }
    var line = 1
    var lineStart = 0
    for index in bytes.indices {
      if bytes[index] == 0x0A {
        line += 1
        lineStart = index + 1
      }
      guard bytes[index] == marker[0], bytes[index...].starts(with: marker) else { continue }
      let rest = bytes[(index + marker.count)...].prefix(Suppression.commentBytesMax)
      let reason = Suppression.reason(
        inComment: String(decoding: rest.prefix { $0 != 0x0A }, as: UTF8.self))
      // Without a reason it does not count.
      guard !reason.isEmpty else { continue }
      reasons[line] = reason
      if bytes[lineStart..<index].allSatisfy({ " \t#/*-;%<!'\"({".utf8.contains($0) }) {
        reasons[line + 1] = reason
      }
    }
  }

  /// Why what is found in a line is left as it is; `nil` where nobody said so.
  /// - Parameter line: 1-based.
  func suppression(line: Int) -> Suppression? {
    reasons[line].map { Suppression(kind: .inSource, reason: $0) }
  }
}

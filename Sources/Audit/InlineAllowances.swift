import Core
import Inputs
import Native
import Synchronization

/// Remembers the `unpan:allow REASON` comments of the files that are read.
///
/// They count in source text only: not in binary files, nor in files that hold data, where the words
/// would be part of what is judged.
package final class InlineAllowances: GitContentWatcher {
  private let state = Mutex<[Location: [Int: String]]>([:])

  /// What a comment says.
  package enum Answer: Equatable {
    case none
    case allowed(reason: String)
    /// Without a reason it does not count.
    case lacksReason
  }

  package init() {}

  private static let marker = Array("unpan:allow".utf8)
  private static let dataEndings: Set<String> = [
    "csv", "tsv", "psv", "log", "jsonl", "ndjson", "dump", "bak", "dat", "eml", "mbox", "avro",
    "parquet", "db", "sqlite",
  ]
  private static let filesMax = 100_000

  package func saw(_ content: UnsafeRawBufferPointer, at location: Location) {
    guard content.count > InlineAllowances.marker.count, location.path != nil else { return }
    var lines: [Int: String] = [:]
    var at = 0
    var line = 1
    var counted = 0
    while let found = firstOffset(of: InlineAllowances.marker, in: content, from: at) {
      line += content[counted..<found].count { $0 == 0x0A }
      counted = found
      let start = found + InlineAllowances.marker.count
      let rest = content[start...].prefix(Suppression.commentBytesMax).prefix { $0 != 0x0A }
      let reason = Suppression.reason(inComment: String(decoding: rest, as: UTF8.self))
      lines[line] = lines[line] ?? reason
      // A comment that stands alone is about the line below it.
      if InlineAllowances.standsAlone(content, found) {
        lines[line + 1] = lines[line + 1] ?? reason
      }
      at = start
    }
    // A text has no zero bytes; git looks at as many.
    guard !lines.isEmpty, !content.prefix(8000).contains(0) else { return }
    state.withLock { files in
      if files.count < InlineAllowances.filesMax { files[InlineAllowances.key(location)] = lines }
    }
  }

  /// What is said about a finding.
  /// - Parameter place: where its file was read, of which it may be in a copy.
  package func answer(for finding: Finding, readAt place: Location) -> Answer {
    guard !finding.kind.isSensitiveAuthenticationData, let line = finding.location.line,
      finding.location.byteOffset != nil, let path = finding.location.path,
      !InlineAllowances.isData(path)
    else { return .none }
    let key = InlineAllowances.key(place)
    guard let reason = state.withLock({ $0[key]?[line] }) else { return .none }
    return reason.isEmpty ? .lacksReason : .allowed(reason: reason)
  }

  private static func key(_ location: Location) -> Location {
    Location(target: location.target, path: location.path, member: location.member)
  }

  static func isData(_ path: String) -> Bool {
    var parts = (path.split(separator: "/").last ?? "").split(separator: ".")
    // A log that was rotated: app.log.1.
    while parts.count > 2, let last = parts.last, last.allSatisfy(\.isNumber) { parts.removeLast() }
    return parts.count > 1 && parts.last.map { dataEndings.contains($0.lowercased()) } == true
  }

  /// Whether nothing but the start of a comment is before it in its line.
  private static func standsAlone(_ content: UnsafeRawBufferPointer, _ offset: Int) -> Bool {
    var index = offset - 1
    while index >= 0, content[index] != 0x0A {
      guard " \t#/*-;%<!'\"(".utf8.contains(content[index]) else { return false }
      index -= 1
    }
    return true
  }
}

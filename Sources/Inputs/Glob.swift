/// A pattern of `--exclude`, in the manner of gitignore.
///
/// Without a slash it matches a name at any depth (`*.jpg`), with one it matches the path relative to
/// the target (`logs/*.gz`, `/build`), a slash at the end asks for a directory, `**` crosses slashes.
/// Matching runs all alternatives side by side, so no pattern takes longer than its length times the
/// path's.
package struct Glob: Sendable {
  private enum Token: Sendable {
    case byte(UInt8)
    /// `?`
    case anyButSlash
    /// `[a-z]`, never a slash.
    case set(Set<UInt8>)
    /// `*`
    case run
    /// `**/`: nothing, or whole directories.
    case directories
    /// `**` at the end.
    case rest
  }

  /// As it was written.
  package let text: String
  private var tokens: [Token] = []
  private var isAnchored = false
  private var isForDirectories = false

  /// Whether every `[` is closed and no backslash stands at the end: otherwise the pattern means
  /// something else than was probably meant.
  package static func isComplete(_ pattern: String) -> Bool {
    var bytes = Array(pattern.utf8)[...]
    while let first = bytes.first {
      if first == UInt8(ascii: "\\"), bytes.count == 1 { return false }
      guard let token = nextToken(&bytes) else { return true }
      if first == UInt8(ascii: "["), case .byte = token { return false }
    }
    return true
  }

  package init(_ pattern: String) {
    text = pattern
    var bytes = Array(pattern.utf8)[...]
    if bytes.count > 1, bytes.last == UInt8(ascii: "/") {
      isForDirectories = true
      bytes.removeLast()
    }
    isAnchored = bytes.contains(UInt8(ascii: "/"))
    if bytes.first == UInt8(ascii: "/") { bytes.removeFirst() }
    while let token = Glob.nextToken(&bytes) { tokens.append(token) }
  }

  /// What every match begins with, and whether that is all of it.
  package var start: (bytes: [UInt8], isWhole: Bool) {
    var bytes: [UInt8] = []
    for token in tokens {
      guard case .byte(let byte) = token else { return (bytes, false) }
      bytes.append(byte)
    }
    return (bytes, true)
  }

  /// Whether the entry is meant.
  /// - Parameter path: relative to the target, raw.
  /// - Complexity: O(pattern × path)
  package func matches(path: some Sequence<UInt8>, isDirectory: Bool) -> Bool {
    if isForDirectories && !isDirectory { return false }
    let bytes = Array(path)
    if isAnchored { return matches(bytes[...]) }
    let slash = bytes.lastIndex(of: UInt8(ascii: "/"))
    return matches(bytes[(slash.map { $0 + 1 } ?? 0)...])
  }

  private func matches(_ bytes: ArraySlice<UInt8>) -> Bool {
    // active[i]: tokens before i are used up by the bytes so far.
    var active = [Bool](repeating: false, count: tokens.count + 1)
    active[0] = true
    skipEmpty(&active)
    for byte in bytes {
      var next = [Bool](repeating: false, count: tokens.count + 1)
      for (index, token) in tokens.enumerated() where active[index] {
        switch token {
        case .byte(let wanted): if byte == wanted { next[index + 1] = true }
        case .anyButSlash: if byte != UInt8(ascii: "/") { next[index + 1] = true }
        case .set(let set): if set.contains(byte) { next[index + 1] = true }
        case .run: if byte != UInt8(ascii: "/") { next[index] = true }
        case .rest: next[index] = true
        case .directories:
          // Inside a directory's name it is marked by staying here; `skipEmpty` must not leave it
          // in the middle of a name, so the way on opens at a slash only.
          next[index] = true
        }
      }
      active = next
      skipEmpty(&active, after: byte)
    }
    return active[tokens.count]
  }

  /// Tokens that may match nothing are passed over.
  private func skipEmpty(_ active: inout [Bool], after byte: UInt8? = nil) {
    for (index, token) in tokens.enumerated() where active[index] {
      switch token {
      case .run, .rest: active[index + 1] = true
      case .directories:
        // It stands at the start of a name only, so "nothing" is possible right after a slash.
        if byte == nil || byte == UInt8(ascii: "/") { active[index + 1] = true }
      default: break
      }
    }
  }

  private static func nextToken(_ bytes: inout ArraySlice<UInt8>) -> Token? {
    guard let first = bytes.popFirst() else { return nil }
    switch first {
    case UInt8(ascii: "?"): return .anyButSlash
    case UInt8(ascii: "\\"): return .byte(bytes.popFirst() ?? first)
    case UInt8(ascii: "["): return set(&bytes) ?? .byte(first)
    case UInt8(ascii: "*"):
      guard bytes.first == first else { return .run }
      while bytes.first == first { bytes.removeFirst() }
      if bytes.isEmpty { return .rest }
      if bytes.first == UInt8(ascii: "/") {
        bytes.removeFirst()
        return .directories
      }
      return .run
    default: return .byte(first)
    }
  }

  /// The set behind `[`; `nil`, with nothing taken, when it is never closed.
  private static func set(_ bytes: inout ArraySlice<UInt8>) -> Token? {
    var rest = bytes
    var members: Set<UInt8> = []
    let isNegated = rest.first == UInt8(ascii: "!") || rest.first == UInt8(ascii: "^")
    if isNegated { rest.removeFirst() }
    var isFirst = true
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "]") && !isFirst {
        bytes = rest
        if isNegated { members = Set(UInt8.min...UInt8.max).subtracting(members) }
        members.remove(UInt8(ascii: "/"))
        return .set(members)
      }
      isFirst = false
      if rest.first == UInt8(ascii: "-"), let last = rest.dropFirst().first,
        last != UInt8(ascii: "]")
      {
        rest = rest.dropFirst(2)
        if byte <= last { members.formUnion(byte...last) }
      } else {
        members.insert(byte)
      }
    }
    return nil
  }
}

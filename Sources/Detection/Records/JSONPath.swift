/// Follows JSON from byte to byte and knows the keys around the place it has come to:
/// `customers[3].card.number`.
///
/// Takes what it gets: what is no JSON gives some path or none. In a part that begins amid a document the
/// path begins where reading began, so it lacks its beginning.
struct JSONPath {
  private struct Level {
    var isArray: Bool
    /// Of the array's element.
    var index = 0
    /// In `keys`; the key ends where the next level's begins.
    var keyStart: Int
    /// The value of the key is next, or being read.
    var hasKey = false
  }

  /// The first stands for what is around the text.
  private var levels = [Level(isArray: false, keyStart: 0)]
  /// The keys of all levels, one behind the other.
  private var keys: [UInt8] = []
  private var inString = false
  private var isKey = false
  /// Levels past the bound, counted only.
  private var deeper = 0
  /// The next byte is escaped.
  private var isEscaped = false
  /// In a part amid a document nothing is known before its first line.
  private var isWaiting: Bool

  private static let levelsMax = 256

  /// - Parameter isWhole: whether reading begins where the document does.
  init(isWhole: Bool) { isWaiting = !isWhole }

  /// Whether every value that was begun has ended.
  var isAtTop: Bool { levels.count == 1 && !inString && !levels[0].hasKey && deeper == 0 }

  /// Whether text that begins with a bracket goes on as JSON does: lines of logs begin with brackets
  /// too.
  static func isLikely(_ head: ArraySlice<UInt8>) -> Bool {
    guard let first = head.first else { return false }
    let rest = head.dropFirst().drop { RecordLayout.isSpace($0) }
    guard let next = rest.first else { return false }
    if first == 0x7B { return next == 0x22 || next == 0x7D }
    switch next {
    case 0x7B, 0x5B, 0x22, 0x5D: return true
    case 0x74: return rest.starts(with: "true".utf8)
    case 0x66: return rest.starts(with: "false".utf8)
    case 0x6E: return rest.starts(with: "null".utf8)
    case 0x2D, 0x30...0x39:
      let number = rest.drop {
        isDigit($0) || $0 == 0x2D || $0 == 0x2B || $0 == 0x2E || $0 | 0x20 == 0x65
      }
      // A date has no other dash than an exponent's.
      guard !rest[..<number.startIndex].dropFirst().contains(0x2D) else { return false }
      let after = number.drop { RecordLayout.isSpace($0) }
      guard let closing = after.first else { return true }
      if closing == 0x2C { return true }
      guard closing == 0x5D else { return false }
      let behind = after.dropFirst().drop { RecordLayout.isSpace($0) }
      return behind.isEmpty || behind.first == 0x5B || behind.first == 0x7B
    default: return false
    }
  }

  mutating func read(_ bytes: Bytes, _ range: Range<Int>) {
    let base = bytes.base
    var at = range.lowerBound
    let end = range.upperBound
    if isWaiting {
      while at < end, base[at] != 0x0A { at += 1 }
      guard at < end else { return }
      isWaiting = false
    }
    while at < end {
      if inString {
        if isEscaped {
          isEscaped = false
          at += 1
          continue
        }
        let start = at
        while at < end, base[at] != 0x22, base[at] != 0x5C, base[at] != 0x0A { at += 1 }
        if isKey { take(base, start..<at) }
        guard at < end else { return }
        // No string goes on behind its line.
        if base[at] == 0x5C { isEscaped = true } else { inString = false }
        at += 1
        continue
      }
      let c = base[at]
      at += 1
      switch c {
      case 0x22: beginString()
      case 0x2C: goOn()
      case 0x3A: levels[levels.count - 1].hasKey = true
      case 0x7B: open(isArray: false)
      case 0x5B: open(isArray: true)
      case 0x7D, 0x5D: close()
      default: break
      }
    }
  }

  private mutating func beginString() {
    inString = true
    let level = levels[levels.count - 1]
    isKey = !level.isArray && !level.hasKey && deeper == 0
    if isKey { keys.removeSubrange(level.keyStart...) }
  }

  private mutating func take(_ base: UnsafePointer<UInt8>, _ range: Range<Int>) {
    let start = levels[levels.count - 1].keyStart
    let room = RecordPlace.nameBytesMax - (keys.count - start)
    guard room > 0 else { return }
    for at in range.prefix(room) { keys.append(base[at]) }
  }

  private mutating func goOn() {
    guard deeper == 0 else { return }
    let last = levels.count - 1
    if levels[last].isArray {
      levels[last].index += 1
    } else {
      levels[last].hasKey = false
      keys.removeSubrange(levels[last].keyStart...)
    }
  }

  private mutating func open(isArray: Bool) {
    guard levels.count < JSONPath.levelsMax else {
      deeper += 1
      return
    }
    levels.append(Level(isArray: isArray, keyStart: keys.count))
  }

  private mutating func close() {
    if deeper > 0 {
      deeper -= 1
      return
    }
    guard levels.count > 1 else {
      // The end of something that began before the part.
      levels[0].hasKey = false
      keys.removeAll(keepingCapacity: true)
      return
    }
    keys.removeSubrange(levels[levels.count - 1].keyStart...)
    levels.removeLast()
  }

  /// The path to the value that is being read; `nil` for none.
  var path: String? {
    var text = ""
    for (index, level) in levels.enumerated() {
      if level.isArray {
        text += "[\(level.index)]"
        continue
      }
      let end = index + 1 < levels.count ? levels[index + 1].keyStart : keys.count
      guard level.hasKey, level.keyStart < end else { continue }
      let key = keys[level.keyStart..<end]
      let name = RecordPlace.name(key)
      if key.allSatisfy({ isName($0) }) {
        text += (text.isEmpty ? "" : ".") + name
      } else {
        text += "[\"\(name)\"]"
      }
    }
    return text.isEmpty ? nil : RecordPlace.cut(text)
  }
}

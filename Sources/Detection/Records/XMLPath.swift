import Glibc

/// Follows XML from byte to byte and knows the elements around the place it has come to:
/// `orders/order[3]/card/number`. An element without a number is the first of its name.
///
/// In the XML that dumps of databases are written in it knows table, column and row. In a part that
/// begins amid a document the path begins where reading began.
struct XMLPath {
  private struct Level {
    /// In `names`; name and attribute end where the next level's begin.
    var nameStart: Int
    var nameEnd: Int
    /// In `siblings`: the element's children by name.
    var childStart: Int
    /// Which of its name it is, 1-based; 0 when it is not known.
    var number: Int
    var role: Role
  }

  /// What an element means in a dump.
  private enum Role { case other, table, row, field }

  private enum Mode { case text, tag, comment, declaration, cdata }

  private var levels: [Level] = []
  private var names: [UInt8] = []
  private var siblings: [(hash: UInt64, count: Int)] = []
  private var mode = Mode.text
  /// In a tag: the quote that is open, or 0.
  private var quote: UInt8 = 0
  private var skip = 0
  private var deeper = 0
  private let isWhole: Bool

  private static let levelsMax = 128
  private static let siblingsMax = 64
  private static let tagBytesMax = 256

  /// - Parameter isWhole: whether reading begins where the document does.
  init(isWhole: Bool) { self.isWhole = isWhole }

  /// Whether text that begins with `<` is XML; HTML leaves elements open.
  static func isLikely(_ head: ArraySlice<UInt8>) -> Bool {
    let start = head.prefix(1024).map { lower($0) }
    func has(_ text: StaticString) -> Bool {
      start.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return false }
        let bytes = Bytes(base: base, count: buffer.count)
        return (0..<bytes.count).contains { bytes.has(text, at: $0) }
      }
    }
    guard start.count > 3, start[1] == 0x3F || start[1] == 0x21 || isLetter(start[1]) else {
      return false
    }
    return !has("<html") && !has("<!doctype html") && (has("</") || has("/>") || has("<?xml"))
  }

  mutating func read(_ bytes: Bytes, _ range: Range<Int>) {
    var at = range.lowerBound + skip
    let end = range.upperBound
    while at < end {
      switch mode {
      case .text:
        guard let found = memchr(bytes.base + at, 0x3C, end - at) else {
          at = end
          break
        }
        at = UnsafeRawPointer(found) - UnsafeRawPointer(bytes.base)
        beginTag(bytes, &at)
      case .tag: readTag(bytes, &at, end)
      case .declaration: seek(">", bytes, &at, end)
      case .comment: seek("-->", bytes, &at, end)
      case .cdata: seek("]]>", bytes, &at, end)
      }
    }
    skip = at - end
  }

  private mutating func seek(_ mark: StaticString, _ bytes: Bytes, _ at: inout Int, _ end: Int) {
    while at < end {
      if bytes.has(mark, at: at) {
        at += mark.utf8CodeUnitCount
        mode = .text
        return
      }
      at += 1
    }
  }

  /// At a `<`.
  private mutating func beginTag(_ bytes: Bytes, _ at: inout Int) {
    if bytes.has("<!--", at: at) {
      mode = .comment
      at += 4
    } else if bytes.has("<![CDATA[", at: at) {
      mode = .cdata
      at += 9
    } else if bytes[at + 1] == 0x21 || bytes[at + 1] == 0x3F {
      mode = .declaration
      at += 2
    } else {
      let isEnd = bytes[at + 1] == 0x2F
      let start = at + (isEnd ? 2 : 1)
      var stop = start
      while stop - start < RecordPlace.nameBytesMax, XMLPath.isNameByte(bytes[stop]) { stop += 1 }
      at = max(stop, at + 1)
      guard stop > start else { return }
      if isEnd { close(bytes, start..<stop) } else { open(bytes, start..<stop) }
      mode = .tag
      quote = isEnd ? 0xFF : 0
    }
  }

  private static func isNameByte(_ c: UInt8) -> Bool { isName(c) || c == 0x3A || c == 0x2E }

  /// Inside a tag, to its end. `quote` is 0xFF in an end tag, which has no attributes.
  private mutating func readTag(_ bytes: Bytes, _ at: inout Int, _ end: Int) {
    while at < end {
      let c = bytes.base[at]
      at += 1
      if quote != 0, quote != 0xFF {
        if c == quote { quote = 0 }
      } else if c == 0x3E {
        mode = .text
        if quote == 0, bytes[at - 2] == 0x2F { closeLast() }
        return
      } else if c == 0x22 || c == 0x27, quote == 0 {
        quote = c
      }
    }
  }

  private mutating func open(_ bytes: Bytes, _ name: Range<Int>) {
    guard levels.count < XMLPath.levelsMax else {
      deeper += 1
      return
    }
    var level = Level(
      nameStart: names.count, nameEnd: 0, childStart: siblings.count, number: 0, role: .other)
    for at in name { names.append(bytes[at]) }
    level.nameEnd = names.count
    level.role = role(bytes, name)
    if level.role != .other, level.role != .row, let value = nameAttribute(bytes, name.upperBound) {
      for at in value { names.append(bytes[at]) }
    }
    level.number = number(names[level.nameStart...])
    level.childStart = siblings.count
    levels.append(level)
  }

  private func role(_ bytes: Bytes, _ name: Range<Int>) -> Role {
    switch name.count {
    case 3: bytes.has("row", at: name.lowerBound) ? .row : .other
    case 5:
      bytes.has("field", at: name.lowerBound)
        ? .field
        : bytes.has("table", at: name.lowerBound) ? .table : .other
    case 6: bytes.has("column", at: name.lowerBound) ? .field : .other
    case 10: bytes.has("table_data", at: name.lowerBound) ? .table : .other
    default: .other
    }
  }

  /// The value of `name="..."` in the tag whose name ends at `start`.
  private func nameAttribute(_ bytes: Bytes, _ start: Int) -> Range<Int>? {
    var at = start
    while at - start < XMLPath.tagBytesMax, bytes[at] != 0x3E, bytes[at] != 0 {
      if RecordLayout.isSpace(bytes[at]), bytes.has("name=", at: at + 1) {
        let open = at + 6
        let mark = bytes[open]
        guard mark == 0x22 || mark == 0x27 else { return nil }
        var stop = open + 1
        while bytes[stop] != mark, bytes[stop] != 0, stop - open <= RecordPlace.nameBytesMax {
          stop += 1
        }
        return open + 1..<stop
      }
      at += 1
    }
    return nil
  }

  /// Counts a child of the current element.
  private mutating func number(_ name: ArraySlice<UInt8>) -> Int {
    // What came before the part is not known.
    guard isWhole || !levels.isEmpty else { return 0 }
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in name { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    let start = levels.last?.childStart ?? 0
    for index in start..<siblings.count where siblings[index].hash == hash {
      siblings[index].count += 1
      return siblings[index].count
    }
    guard siblings.count - start < XMLPath.siblingsMax else { return 0 }
    siblings.append((hash, 1))
    return 1
  }

  private mutating func closeLast() {
    if deeper > 0 {
      deeper -= 1
      return
    }
    guard let level = levels.popLast() else { return }
    names.removeSubrange(level.nameStart...)
    siblings.removeSubrange(level.childStart...)
  }

  /// An end tag: closes what was left open inside, or nothing if nothing of the name is open.
  private mutating func close(_ bytes: Bytes, _ name: Range<Int>) {
    if deeper > 0 {
      deeper -= 1
      return
    }
    let index = levels.lastIndex { level in
      level.nameEnd - level.nameStart == name.count
        && zip(names[level.nameStart..<level.nameEnd], name).allSatisfy { $0 == bytes[$1] }
    }
    guard let index else { return }
    while levels.count > index { closeLast() }
  }

  // MARK: - Places

  /// The place of what stands at `at`, which reading has come to.
  func place(_ bytes: Bytes, at: Int) -> RecordPlace? {
    guard let last = levels.last else { return nil }
    if last.role == .field, let field = attribute(of: levels.count - 1) {
      return RecordPlace(table: table, field: field, row: row)
    }
    var path = ""
    for index in levels.indices {
      let level = levels[index]
      path += (path.isEmpty ? "" : "/") + RecordPlace.name(names[level.nameStart..<level.nameEnd])
      if level.number > 1 { path += "[\(level.number)]" }
    }
    if mode == .tag, quote != 0, let name = attributeName(bytes, at) {
      path += "/@" + RecordPlace.name(name.lazy.map { bytes[$0] })
    }
    return RecordPlace(field: RecordPlace.cut(path))
  }

  /// What the `name` attribute of a level says.
  private func attribute(of index: Int) -> String? {
    let end = index + 1 < levels.count ? levels[index + 1].nameStart : names.count
    let value = names[levels[index].nameEnd..<end]
    return value.isEmpty ? nil : RecordPlace.name(value)
  }

  private var table: String? {
    levels.lastIndex { $0.role == .table }.flatMap { attribute(of: $0) }
  }

  /// Rows have an element of their own, or an element named for the table stands for each.
  private var row: Int? {
    let level = levels.last { $0.role == .row } ?? levels.last { $0.role == .table }
    return level.flatMap { $0.number > 0 ? $0.number : nil }
  }

  /// The name of the attribute whose value `at` lies in.
  private func attributeName(_ bytes: Bytes, _ at: Int) -> Range<Int>? {
    var stop = at
    let floor = max(0, at - XMLPath.tagBytesMax)
    while stop > floor, bytes[stop - 1] != quote { stop -= 1 }
    stop -= 1
    while stop > floor, bytes[stop - 1] == 0x3D || RecordLayout.isSpace(bytes[stop - 1]) {
      stop -= 1
    }
    var start = stop
    while start > floor, XMLPath.isNameByte(bytes[start - 1]) { start -= 1 }
    return start < stop ? start..<stop : nil
  }
}

/// The name that stands directly left of a value: a key, an element, an attribute, some words.
struct Label {
  /// Where the name's bytes are; empty when nothing names the value.
  var range: Range<Int> = 0..<0
  /// Set off by `=`, `:`, a tag or a quote, so that it surely names the value.
  var isExplicit = false
  /// Where the glue between name and value begins.
  var isEmpty: Bool { range.isEmpty }
}

/// Finds and understands labels. Looks at most `Label.reachBytes` to the left and never past a line.
struct LabelReader: Sendable {
  let lexicon: Lexicon
  static let reachBytes = 256
  private static let nameBytesMax = 56

  /// Finds the label of the value that begins at `value`.
  func locate(_ bytes: Bytes, value: Int) -> Label {
    var label = Label()
    var at = value
    let floor = max(0, value - LabelReader.reachBytes)
    var rounds = 0
    while rounds < 4 {
      rounds += 1
      let (afterGlue, explicit) = skipGlue(bytes, from: at, floor: floor)
      label.isExplicit = label.isExplicit || explicit
      at = afterGlue
      if bytes[at - 1] == 0x3E, at > floor {  // >
        guard let name = tagName(bytes, end: at, floor: floor) else { return Label() }
        if let inner = name.name {
          label.range = inner
          label.isExplicit = true
          return label
        }
        at = name.start
        label.isExplicit = true
        continue
      }
      let range = name(bytes, end: at, floor: floor)
      if range.isEmpty { return Label() }
      if saysNothing(bytes, range) || isType(bytes, range, floor: floor) {
        if let attribute = attributeName(bytes, inside: range.lowerBound, floor: floor) {
          label.range = attribute
          label.isExplicit = true
          return label
        }
        at = lastWordStart(bytes, range)
        if let key = wrapperKey(bytes, valueName: at, value: value, floor: floor) {
          label.range = key
          label.isExplicit = true
          return label
        }
        continue
      }
      label.range = range
      return label
    }
    return Label()
  }

  /// Whether a label is the key of its value, in a file of keys: an equals sign stands between the two,
  /// or a colon with nothing before the key on its line or a quote behind the key.
  func isKey(_ bytes: Bytes, _ label: Label, of value: Int) -> Bool {
    guard !label.isEmpty, label.isExplicit else { return false }
    var at = label.range.upperBound
    let isQuoted = bytes[at] == 0x22 || bytes[at] == 0x27
    if isQuoted { at += 1 }
    while at < value, isBlank(bytes[at]) { at += 1 }
    if bytes[at] == 0x3D { return true }
    guard bytes[at] == 0x3A else { return false }
    if isQuoted { return true }
    var start = label.range.lowerBound
    let floor = max(0, start - LabelReader.reachBytes)
    while start > floor, isBlank(bytes[start - 1]) || bytes[start - 1] == 0x2D { start -= 1 }
    return start == 0 || bytes[start - 1] == 0x0A
  }

  /// What the label says. The longest known run of words that ends it counts, so `cvv_result` is not
  /// `cvv`, and `order card number` is `card number`.
  func meanings(_ bytes: Bytes, _ range: Range<Int>) -> [Meaning] {
    guard !range.isEmpty else { return [] }
    var end = range.upperBound
    while end > range.lowerBound, bytes[end - 1] < 0x80, !isWord(bytes[end - 1]) { end -= 1 }
    // Word starts, rightmost first.
    var starts: [Int] = []
    var at = end
    while at > range.lowerBound, starts.count < 6 {
      at -= 1
      if isWordStart(bytes, at, floor: range.lowerBound) { starts.append(at) }
    }
    for start in starts.reversed() {
      let found = lexicon.meanings(of: squeeze(bytes, start..<end))
      if !found.isEmpty { return found }
    }
    // `cvv_field`: what the name says without the word that ends it.
    if let start = starts.first, starts.count > 1, isCarrier(bytes, start..<end, of: range) {
      return meanings(bytes, range.lowerBound..<start).filter { $0.weight >= .medium }
    }
    if let start = starts.first, bytes[start] < 0x80,
      lexicon.endsLikeCode(folded(bytes, start..<end))
    {
      return [Meaning(category: .cvv, weight: .strong, isBounded: true)]
    }
    // Scripts without word boundaries: any ending counts.
    if bytes[end - 1] >= 0x80 {
      var start = max(range.lowerBound, end - lexicon.unboundedBytesMax)
      while start < end {
        if bytes[start] & 0xC0 != 0x80 {
          let found = lexicon.meanings(of: squeeze(bytes, start..<end)).filter { !$0.isBounded }
          if !found.isEmpty { return found }
        }
        start += 1
      }
    }
    return []
  }

  /// The hash of a name's words without what stands between them.
  func squeeze(_ bytes: Bytes, _ range: Range<Int>) -> SqueezedHash {
    var hash = SqueezedHash()
    var at = range.lowerBound
    while at < range.upperBound {
      let c = bytes[at]
      if c < 0x80, !isWord(c) { at += 1 } else { at += Folding.fold(bytes, at: at, into: &hash) }
    }
    return hash
  }

  /// Where the last word of a name begins: the token that keys a place-class.
  func lastWordStart(_ bytes: Bytes, _ range: Range<Int>) -> Int {
    var at = range.upperBound
    while at > range.lowerBound, !isName(bytes[at - 1]) { at -= 1 }
    while at > range.lowerBound, isName(bytes[at - 1]) { at -= 1 }
    return at
  }

  /// Whether a word begins at `at`: after a separator, or at a hump of a camelCase name.
  func isWordStart(_ bytes: Bytes, _ at: Int, floor: Int) -> Bool {
    let c = bytes[at]
    if c >= 0x80 {
      guard c & 0xC0 != 0x80 else { return false }
      return at == floor || (bytes[at - 1] < 0x80 && !isWord(bytes[at - 1]))
    }
    guard isWord(c) else { return false }
    if at == floor { return true }
    let before = bytes[at - 1]
    if before >= 0x80 { return isWideOrSign(bytes, endingAt: at, floor: floor) }
    if !isWord(before) { return true }
    if isUpper(c) { return isLower(before) || isDigit(before) || isLower(bytes[at + 1]) }
    return false
  }

  /// Whether the UTF-8 character that ends at `end` is a sign or of a script that sets Latin words
  /// without blanks: a byte order mark, a no-break space, a typographic quote, Chinese, Japanese.
  ///
  /// Letters of alphabets begin with other bytes, and so do those of one-byte encodings that stand
  /// behind another letter.
  private func isWideOrSign(_ bytes: Bytes, endingAt end: Int, floor: Int) -> Bool {
    if end - 2 >= floor, bytes[end - 2] == 0xC2 { return true }
    guard end - 3 >= floor, bytes[end - 1] & 0xC0 == 0x80, bytes[end - 2] & 0xC0 == 0x80 else {
      return false
    }
    return bytes[end - 3] >= 0xE2 && bytes[end - 3] <= 0xEF
  }

  // MARK: - Glue

  /// Skips what stands between a name and its value: blanks, quotes, brackets, `=`, `:`, their
  /// percent and entity forms, and the type marks of serialised PHP.
  private func skipGlue(_ bytes: Bytes, from start: Int, floor: Int) -> (Int, Bool) {
    var at = start
    var explicit = false
    while at > floor {
      let c = bytes[at - 1]
      switch c {
      case 0x20, 0x09, 0x5C, 0x24: at -= 1  // blank \ $
      case 0x22, 0x27, 0x60:  // quotes
        at -= 1
        if at == start - 1, bytes[at - 1] == 0x4E, !isWord(bytes[at - 2]) { at -= 1 }  // N'...'
      case 0x28, 0x5B, 0x2A: at -= 1  // ( [ *
      case 0x3C  // <737>
      where at == start
        && (isSetOff(bytes, before: at - 1, floor: floor) || isEnclosed(bytes, start, floor)):
        at -= 1
      case 0x3D:  // =
        at -= 1
        explicit = true
      case 0x3A:  // :
        if let php = phpMark(bytes, end: at, floor: floor) {
          at = php
        } else {
          at -= 1
          explicit = true
        }
      case 0x3E:  // >
        guard bytes[at - 2] == 0x3D || bytes[at - 2] == 0x2D else { return (at, explicit) }
        at -= 2
        explicit = true
      case 0x5D: at = visibilityMark(bytes, end: at - 1, floor: floor) ?? at - 1  // ]
      case 0x0A:
        guard let arrow = arrowEnd(bytes, before: at - 1, floor: floor) else {
          return (at, explicit)
        }
        at = arrow
      case 0x3F where bytes[at] == 0x3A: at -= 1  // the question mark of `cvv?: string`
      case 0x29:  // )
        var open = at - 2
        while open > floor, at - open < 32, bytes[open] != 0x28, bytes[open] != 0x0A { open -= 1 }
        guard bytes[open] == 0x28 else { return (at, explicit) }
        at = open
      case 0x2E, 0x23:  // the dot of "no." and #
        guard at < start, bytes[at] == 0x20 || c == 0x23, at - 2 >= floor,
          isName(bytes[at - 2]) || c == 0x23
        else { return (at, explicit) }
        at -= 1
      case 0x3B:  // ;
        if bytes.has("&quot;", at: at - 6) || bytes.has("&nbsp;", at: at - 6) {
          at -= 6
        } else if bytes.has("&#34;", at: at - 5) || bytes.has("&#39;", at: at - 5) {
          at -= 5
        } else if isPair(bytes, sign: at - 1, start, floor) {
          at -= 1
        } else {
          return (at, explicit)
        }
      case 0x2C, 0x7C:  // , |
        guard
          isPair(bytes, sign: at - 1, start, floor) || isTuple(bytes, sign: at - 1, start, floor)
        else { return (at, explicit) }
        at -= 1
      case 0x80...0xFF:
        guard let width = foreignGlue(bytes, end: at) else { return (at, explicit) }
        // A dash tells no more than one of ASCII does: U+2010 to U+2015.
        let isDash =
          bytes[at - 3] == 0xE2 && bytes[at - 2] == 0x80 && (0x90...0x95).contains(bytes[at - 1])
        explicit = explicit || !isDash
        at -= width
      default:
        // %3A %3D %22 %5D %20
        if isHex(c), bytes[at - 3] == 0x25, isHex(bytes[at - 2]) {
          let code = hexValue(bytes[at - 2]) << 4 | hexValue(c)
          switch code {
          case 0x3A, 0x3D: explicit = true
          case 0x22, 0x27, 0x20, 0x5B, 0x5D, 0x7B: break
          default: return (at, explicit)
          }
          at -= 3
          continue
        }
        return (at, explicit)
      }
    }
    return (at, explicit)
  }

  /// Whether a name, a sign and the value are all there is in the line: `CVV,737`, `| CVV | 737 |`.
  private func isPair(_ bytes: Bytes, sign: Int, _ start: Int, _ floor: Int) -> Bool {
    let c = bytes[sign]
    func isEdge(_ at: Int) -> Bool { bytes[at] == 0 || bytes[at] == 0x0A || bytes[at] == 0x0D }
    var end = start
    while isDigit(bytes[end]) { end += 1 }
    while end - start < 64, isBlank(bytes[end]) || [0x22, c].contains(bytes[end]) { end += 1 }
    guard isEdge(end) else { return false }
    var at = sign
    while at > floor, !isEdge(at - 1) {
      at -= 1
      if bytes[at] == c { return c == 0x7C && isEdge(at - 1) && sign - at > 1 }
    }
    return sign - at > 1 && isEdge(at - 1)
  }

  /// Whether a name and a value, both quoted, are all there is in brackets: `("cvv", "737")`.
  private func isTuple(_ bytes: Bytes, sign: Int, _ start: Int, _ floor: Int) -> Bool {
    let quote = bytes[start - 1]
    guard bytes[sign] == 0x2C, quote == 0x22 || quote == 0x27 else { return false }
    var end = start
    while isDigit(bytes[end]) { end += 1 }
    guard bytes[end] == quote, bytes[end + 1] == 0x29 || bytes[end + 1] == 0x5D,
      bytes[sign - 1] == quote
    else { return false }
    var at = sign - 2
    while at > floor, isName(bytes[at]) || bytes[at] == 0x20 { at -= 1 }
    return bytes[at] == quote && (bytes[at - 1] == 0x28 || bytes[at - 1] == 0x5B)
  }

  /// Whether a colon or an equals sign stands before a `<`, which is a less-than sign elsewhere.
  private func isSetOff(_ bytes: Bytes, before sign: Int, floor: Int) -> Bool {
    var at = sign
    while at > floor, isBlank(bytes[at - 1]) { at -= 1 }
    return at > floor && (bytes[at - 1] == 0x3A || bytes[at - 1] == 0x3D)
  }

  /// Whether the digits at `start` fill the angle brackets around them, and no others stand before.
  private func isEnclosed(_ bytes: Bytes, _ start: Int, _ floor: Int) -> Bool {
    var end = start
    while isDigit(bytes[end]) { end += 1 }
    guard bytes[end] == 0x3E else { return false }
    var at = start - 1
    while at > floor, isBlank(bytes[at - 1]) || "\"'`([".utf8.contains(bytes[at - 1]) { at -= 1 }
    return bytes[at - 1] != 0x3E || bytes[at - 2] == 0x3D || bytes[at - 2] == 0x2D
  }

  /// Full-width colon and equals sign, no-break and ideographic space, curly and corner quotes; spaces,
  /// dashes and marks without width.
  private func foreignGlue(_ bytes: Bytes, end: Int) -> Int? {
    for text in LabelReader.wideGlue where bytes.has(text, at: end - 3) { return 3 }
    // U+2000 to U+2015.
    if bytes[end - 3] == 0xE2, bytes[end - 2] == 0x80, bytes[end - 1] <= 0x95 { return 3 }
    return bytes.has("\u{A0}", at: end - 2) || bytes.has("«", at: end - 2)
      || bytes.has("»", at: end - 2) ? 2 : nil
  }

  private static let wideGlue: [StaticString] = [
    "：", "＝", "　", "“", "”", "„", "‘", "’", "‚", "「", "」", "『", "』", "为", "是", "は",
    "\u{2060}", "\u{FEFF}",
  ]

  // MARK: - Names

  /// The name that ends at `end`: words and what joins them, up to a hard separator.
  private func name(_ bytes: Bytes, end: Int, floor: Int) -> Range<Int> {
    let low = max(floor, end - LabelReader.nameBytesMax)
    var at = end
    var blanks = 0
    while at > low {
      let c = bytes[at - 1]
      if isName(c) || c == 0x2E || c == 0x2F || c == 0x23 {
        blanks = 0
      } else if c == 0x20 || c == 0x27 {
        blanks += 1
        if blanks > 1 { break }
      } else {
        break
      }
      at -= 1
    }
    while at < end, !isName(bytes[at]) { at += 1 }
    // The digits of a percent form are no part of the name.
    if bytes[at - 1] == 0x25, isHex(bytes[at]), isHex(bytes[at + 1]), at + 2 <= end { at += 2 }
    while at < end, bytes[at] & 0xC0 == 0x80 { at += 1 }
    // A dash behind the name joins it to the value.
    var stop = end
    while stop > at, bytes[stop - 1] == 0x2D || bytes[stop - 1] == 0x20 { stop -= 1 }
    return at..<(stop > at ? stop : end)
  }

  /// The element's name for a tag that ends at `end`, or where the tag begins when its name says
  /// nothing about the value (`</b>`, `<td>`, `<![CDATA[`).
  private func tagName(_ bytes: Bytes, end: Int, floor: Int) -> (name: Range<Int>?, start: Int)? {
    var open = end - 2
    while open >= floor, bytes[open] != 0x3C, bytes[open] != 0x3E { open -= 1 }
    guard open >= floor, bytes[open] == 0x3C else { return nil }
    if bytes[open + 1] == 0x2F || bytes[open + 1] == 0x21 || bytes[open + 1] == 0x3F {
      return (nil, open)
    }
    var stop = open + 1
    while stop < end, isName(bytes[stop]) || bytes[stop] == 0x3A || bytes[stop] == 0x2E {
      stop += 1
    }
    var start = open + 1
    for i in start..<stop where bytes[i] == 0x3A { start = i + 1 }
    if stop > start, !LabelReader.plainTags.contains(squeeze(bytes, start..<stop)) {
      return (start..<stop, open)
    }
    for key in LabelReader.nameAttributes {
      if let value = attribute(key, bytes, from: stop, to: end) { return (value, open) }
    }
    return (nil, open)
  }

  /// For a value inside a tag (`value="737"`): the tag's name, id or autocomplete attribute.
  private func attributeName(_ bytes: Bytes, inside at: Int, floor: Int) -> Range<Int>? {
    var open = at
    while open >= floor, bytes[open] != 0x3C, bytes[open] != 0x3E, bytes[open] != 0x0A { open -= 1 }
    guard open >= floor, bytes[open] == 0x3C else { return nil }
    var close = at
    while close < at + LabelReader.reachBytes, close < bytes.count, bytes[close] != 0x3E {
      close += 1
    }
    var first: Range<Int>?
    for key in LabelReader.nameAttributes {
      if let value = attribute(key, bytes, from: open, to: close) {
        if !meanings(bytes, value).isEmpty { return value }
        first = first ?? value
      }
    }
    return first
  }

  func attribute(_ key: StaticString, _ bytes: Bytes, from: Int, to end: Int) -> Range<Int>? {
    var at = from
    while at < end {
      if isBlank(bytes[at]), bytes.hasFolded(key, at: at + 1) {
        var start = at + 1 + key.utf8CodeUnitCount
        while bytes[start] == 0x5C || bytes[start] == 0x22 || bytes[start] == 0x27 { start += 1 }
        var stop = start
        while stop < end,
          isName(bytes[stop]) || bytes[stop] == 0x20 || bytes[stop] == 0x5B
            || bytes[stop] == 0x5D || bytes[stop] == 0x2E
        {
          stop += 1
        }
        while stop > start, !isName(bytes[stop - 1]) { stop -= 1 }
        return start..<stop
      }
      at += 1
    }
    return nil
  }

  private static let nameAttributes: [StaticString] = [
    "name=", "id=", "autocomplete=", "key=", "label=",
  ]

  static func hashes(_ words: [String]) -> Set<SqueezedHash> {
    Set(
      words.map { word in
        var hash = SqueezedHash()
        for byte in word.utf8 { hash.add(byte) }
        return hash
      })
  }

  private static let plainTags = hashes([
    "span", "td", "th", "tr", "p", "b", "i", "u", "em", "strong", "div", "li", "dd", "dt", "a",
    "code",
    "pre", "font", "br", "hr", "input", "label", "small", "h1", "h2", "h3", "h4", "h5", "h6",
    "body",
    "html", "string", "text", "value", "v", "t", "cell", "data", "field", "column", "param",
    "entry", "item",
    "s",
  ])

  private func folded(_ bytes: Bytes, _ range: Range<Int>) -> ArraySlice<UInt8> {
    range.map { lower(bytes[$0]) }[...]
  }
}

@inline(__always) func isName(_ c: UInt8) -> Bool {
  isWord(c) || c == 0x5F || c == 0x2D || c >= 0x80
}

@inline(__always)
func hexValue(_ c: UInt8) -> UInt8 { isDigit(c) ? c & 0x0F : (c | 0x20) &- 0x57 }

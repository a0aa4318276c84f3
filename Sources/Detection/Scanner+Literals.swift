import Core
import Rules

extension Scanner {
  /// Looks where the kernel saw letters that a key, a client secret or a PIN label cannot do without.
  func literals(_ frame: inout Frame, _ masks: SpanMasks, spanStart start: Int, end: Int) {
    let words = masks.literals
    let count = (end - start + 63) / 64
    var block = 0
    while block < count {
      // Most have none.
      if block + 4 <= count,
        words[block] | words[block + 1] | words[block + 2] | words[block + 3] == 0
      {
        block += 4
        continue
      }
      var rest = words[block]
      while rest != 0 {
        // What begins in the window may have its letters beside it.
        literal(&frame, at: start + block * 64 + rest.trailingZeroBitCount)
        rest &= rest &- 1
      }
      block += 1
    }
  }

  private func literal(_ frame: inout Frame, at event: Int) {
    let bytes = frame.bytes
    guard isLiteral(bytes[event], bytes[event + 1], bytes[event + 2]) else { return }
    if bytes[event] | 0x20 == 0x70 {
      pinBlock(&frame, at: event)
      return
    }
    for (index, entry) in detector.secrets.entries.enumerated() {
      guard entry.anchor >= 0, starts(bytes, event - entry.anchor, with: entry.prefix) else {
        continue
      }
      if secret(&frame, entry, index, at: event - entry.anchor) { return }
    }
  }

  private func starts(_ bytes: Bytes, _ at: Int, with literal: [UInt8]) -> Bool {
    guard at >= 0, at + literal.count <= bytes.count else { return false }
    for i in literal.indices where bytes.base[at + i] != literal[i] { return false }
    return true
  }

  private func secret(
    _ frame: inout Frame, _ entry: SecretTable.Entry, _ index: Int, at literal: Int
  ) -> Bool {
    let bytes = frame.bytes
    var start = literal
    if entry.isInfix {
      while start > 0, literal - start < 64, isWord(bytes[start - 1]) || bytes[start - 1] == 0x5F,
        !TextEscapes.endsEscape(bytes, start)
      {
        start -= 1
      }
      let head = entry.heads.first { starts(bytes, start, with: $0) && start + $0.count < literal }
      guard head != nil else { return false }
    } else if isWord(bytes[start - 1]), !TextEscapes.endsEscape(bytes, start) {
      return false
    }
    var end = literal + entry.prefix.count
    let body = end
    while end - body <= entry.lengthMax,
      isWord(bytes[end]) || entry.alsoAllowed.contains(bytes[end])
    {
      end += 1
    }
    guard (entry.lengthMin...entry.lengthMax).contains(end - body),
      !isPlaceholder(bytes, body..<end)
    else { return false }
    guard frame.owned.contains(start) else { return true }
    let hit = Hit(
      offset: 0, endOffset: 0, line: 0, lineOffset: 0, rule: .secret, score: 95, digits: 0,
      brand: Int16(index), first6: 0, last4: 0, evidence: .keyShape, encodings: [], classKey: 0,
      digest: keyed(Scanner.textDigest(bytes, start..<end)), column: -1)
    emit(frame, start..<end, hit)
    return true
  }

  /// `xxxxxxxx`, `00000000`: fewer than four different letters.
  private func isPlaceholder(_ bytes: Bytes, _ range: Range<Int>) -> Bool {
    var seen: Set<UInt8> = []
    for at in range {
      seen.insert(lower(bytes[at]))
      if seen.count > 4 { return false }
    }
    return true
  }

  /// A label that names a PIN block, then 16 hex digits (ISO 9564-1).
  private func pinBlock(_ frame: inout Frame, at event: Int) {
    let bytes = frame.bytes
    // Only at a word's start, or at a hump or inside a glued name such as `encpin`.
    var end = event
    while end - event < 32,
      isName(bytes[end]) || bytes.hasFolded(" bl", at: end) || bytes.hasFolded(" da", at: end)
    {
      end += 1
    }
    guard end > event + 2 else { return }
    var value = end
    var sawSeparator = false
    var sawWord = false
    while value - end < 12 {
      let c = bytes[value]
      if c == 0x3D || c == 0x3A || c == 0x3E {
        sawSeparator = true
      } else if c == 0x25, isHex(bytes[value + 1]), isHex(bytes[value + 2]) {
        sawSeparator = sawSeparator || bytes[value + 1] == 0x33
        value += 2
      } else if isBlank(bytes[value - 1]), bytes.hasFolded("is ", at: value) {
        sawWord = true
        value += 2
      } else if !(isBlank(c) || c == 0x22 || c == 0x27 || c == 0x5C || c == 0x28 || c == 0x5B) {
        break
      }
      value += 1
    }
    guard value > end else { return }
    let named = value
    if bytes[value] == 0x30, bytes[value + 1] | 0x20 == 0x78 { value += 2 }
    var stop = value
    var count = 0
    // `04 12 AC`: a blank between bytes, all of them or none.
    let isSpaced = isBlank(bytes[value + 2])
    while count <= 32, isHex(bytes[stop]) {
      count += 1
      stop += 1
      if isSpaced, count & 1 == 0, isBlank(bytes[stop]), isHex(bytes[stop + 1]) { stop += 1 }
    }
    guard count == 16 || count == 32, !isWord(bytes[stop]),
      frame.owned.contains(value),
      !isPlaceholder(bytes, value..<stop)
    else { return }
    let label = detector.reader.locate(bytes, value: named)
    let meanings = detector.reader.meanings(bytes, label.range)
    guard
      meanings.contains(where: { $0.category == .pin && (sawSeparator || $0.weight == .strong) }),
      !sawWord || !ends(bytes, label, in: "pin")
    else { return }
    let token = detector.reader.lastWordStart(bytes, label.range)..<label.range.upperBound
    let key = detector.reader.squeeze(bytes, token).value
    remember(key) { Scanner.safeLabel(bytes, token) }
    let hit = Hit(
      offset: 0, endOffset: 0, line: 0, lineOffset: 0, rule: .pinBlock, score: 85,
      digits: UInt8(clamping: stop - value), brand: -1, first6: 0, last4: 0, evidence: .label,
      encodings: [], classKey: key,
      digest: keyed(Scanner.textDigest(bytes, event..<stop)), column: -1)
    emit(frame, value..<stop, hit)
  }
}

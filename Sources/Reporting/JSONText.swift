import Core

/// Writes JSON with its keys in the order of the calls. Foundation's encoder is neither ordered nor
/// fast enough for hundreds of thousands of findings a second.
struct JSONText {
  private(set) var bytes: [UInt8] = []
  /// Whether the next member or element needs a comma before it.
  private var needsComma = false

  mutating func removeAll() {
    bytes.removeAll(keepingCapacity: true)
    needsComma = false
  }

  /// What comes next is the first of its kind: whoever calls writes the commas.
  mutating func beginsAnew() { needsComma = false }

  /// Bytes as they are, for example a newline between two lines.
  mutating func raw(_ text: StaticString) {
    text.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  // MARK: Structure

  mutating func object(_ body: (inout JSONText) -> Void) {
    separate()
    bytes.append(UInt8(ascii: "{"))
    needsComma = false
    body(&self)
    bytes.append(UInt8(ascii: "}"))
    needsComma = true
  }

  mutating func array<T>(_ elements: [T], _ body: (inout JSONText, T) -> Void) {
    separate()
    bytes.append(UInt8(ascii: "["))
    needsComma = false
    for element in elements { body(&self, element) }
    bytes.append(UInt8(ascii: "]"))
    needsComma = true
  }

  /// Puts more elements into the array that was written last.
  mutating func spliceIntoArray<T>(_ elements: [T], _ body: (inout JSONText, T) -> Void) {
    precondition(bytes.last == UInt8(ascii: "]"), "only an array takes elements")
    guard !elements.isEmpty else { return }
    bytes.removeLast()
    needsComma = bytes.last != UInt8(ascii: "[")
    for element in elements { body(&self, element) }
    bytes.append(UInt8(ascii: "]"))
    needsComma = true
  }

  mutating func key(_ name: StaticString) {
    separate()
    bytes.append(UInt8(ascii: "\""))
    raw(name)
    bytes.append(UInt8(ascii: "\""))
    bytes.append(UInt8(ascii: ":"))
    needsComma = false
  }

  private mutating func separate() {
    if needsComma { bytes.append(UInt8(ascii: ",")) }
  }

  // MARK: Values

  mutating func value(_ text: String) {
    separate()
    appendQuoted(text)
    needsComma = true
  }

  /// A text from outside: a card number in a name is masked.
  mutating func foreign(_ text: String) { value(NumberGuard.masked(text)) }

  mutating func value(_ number: Int) {
    separate()
    appendDecimal(number)
    needsComma = true
  }

  mutating func value(_ flag: Bool) {
    separate()
    raw(flag ? "true" : "false")
    needsComma = true
  }

  // MARK: Members

  mutating func member(_ name: StaticString, _ text: String?) {
    guard let text else { return }
    key(name)
    value(text)
  }

  mutating func member(_ name: StaticString, foreign text: String?) {
    guard let text else { return }
    key(name)
    foreign(text)
  }

  mutating func member(_ name: StaticString, _ number: Int?) {
    guard let number else { return }
    key(name)
    value(number)
  }

  mutating func member(_ name: StaticString, _ flag: Bool) {
    key(name)
    value(flag)
  }

  mutating func member(_ name: StaticString, _ texts: [String]) {
    key(name)
    array(texts) { $0.value($1) }
  }

  /// Counts by name: the names of `order` first and in that order, others behind them sorted.
  mutating func member(_ name: StaticString, _ counts: [String: Int], order: [String]) {
    key(name)
    object { json in
      let others = counts.keys.filter { !order.contains($0) }.sorted()
      for key in order + others {
        guard let count = counts[key] else { continue }
        json.separate()
        json.appendQuoted(key)
        json.bytes.append(UInt8(ascii: ":"))
        json.needsComma = false
        json.value(count)
      }
    }
  }

  // MARK: Bytes

  private mutating func appendDecimal(_ number: Int) {
    if number < 0 { bytes.append(UInt8(ascii: "-")) }
    var rest = number.magnitude
    let start = bytes.count
    repeat {
      bytes.append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10))
      rest /= 10
    } while rest > 0
    bytes[start...].reverse()
  }

  private mutating func appendQuoted(_ text: String) {
    bytes.append(UInt8(ascii: "\""))
    let start = bytes.count
    for byte in text.utf8 {
      if byte < 0x20 || byte >= 0x7F || byte == 0x22 || byte == 0x5C {
        bytes.removeSubrange(start...)
        appendEscaped(text)
        break
      }
      bytes.append(byte)
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private mutating func appendEscaped(_ text: String) {
    for scalar in text.unicodeScalars {
      switch scalar.value {
      case 0x0A: raw("\\n")
      case 0x0D: raw("\\r")
      case 0x09: raw("\\t")
      case 0x22: raw("\\\"")
      case 0x5C: raw("\\\\")
      case 0x20..<0x7F: bytes.append(UInt8(scalar.value))
      case let value where Escaping.isInvisible(scalar):
        if value > 0xFFFF {
          appendUnit(0xD800 + (value - 0x10000) >> 10)
          appendUnit(0xDC00 + (value - 0x10000) & 0x3FF)
        } else {
          appendUnit(value)
        }
      default: bytes.append(contentsOf: String(scalar).utf8)
      }
    }
  }

  /// One UTF-16 unit as `\u202e`.
  private mutating func appendUnit(_ unit: UInt32) {
    raw("\\u")
    for shift in [12, 8, 4, 0] as [UInt32] {
      let digit = UInt8((unit >> shift) & 0xF)
      bytes.append(digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
    }
  }
}

/// The strings that a content stream of a PDF shows, joined as they are set (ISO 32000-1, 9.4): a line a
/// text object. Letters of fonts with numbers of their own are not known.
final class PDFText: TextFilter {
  private enum State {
    case plain
    /// In parentheses; so many are open.
    case string(Int)
    /// A backslash in a string, then up to three octal digits.
    case escape(Int)
    case octal(Int, UInt8, Int)
    /// Between angle brackets, the first digit of a byte.
    case hex(UInt8?)
  }

  private var state = State.plain
  /// Letters and digits of an operator or number.
  private var token: [UInt8] = []
  /// The last number.
  private var number = 0.0
  private var isInText = false
  private var isInArray = false
  /// What was shown since the last operator.
  private var shown: [UInt8] = []
  private static let shownMax = 4096
  /// Thousandths of the letters' size that are as good as a blank.
  private static let gap = -180.0

  deinit { shown.wipe() }

  func feed(_ bytes: UnsafeRawBufferPointer, into text: inout [UInt8]) {
    for byte in bytes { take(byte, &text) }
  }

  func finish(into text: inout [UInt8]) { show(&text) }

  private func take(_ byte: UInt8, _ text: inout [UInt8]) {
    switch state {
    case .plain: plain(byte, &text)
    case .string(let depth):
      switch byte {
      case UInt8(ascii: "\\"): state = .escape(depth)
      case UInt8(ascii: "("):
        state = .string(depth + 1)
        put(byte)
      case UInt8(ascii: ")"):
        state = depth == 1 ? .plain : .string(depth - 1)
        if depth > 1 { put(byte) }
      default: put(byte)
      }
    case .escape(let depth):
      state = .string(depth)
      switch byte {
      case 0x30...0x37: state = .octal(depth, byte & 7, 1)
      case UInt8(ascii: "n"), UInt8(ascii: "r"): put(0x0A)
      case UInt8(ascii: "t"): put(0x09)
      // The line goes on.
      case 0x0A, 0x0D: break
      default: put(byte)
      }
    case .octal(let depth, let value, let count):
      if (0x30...0x37).contains(byte), count < 3 {
        state = .octal(depth, value << 3 | byte & 7, count + 1)
      } else {
        put(value)
        state = .string(depth)
        take(byte, &text)
      }
    case .hex(let high):
      if let digit = Character(Unicode.Scalar(byte)).hexDigitValue.map({ UInt8($0) }) {
        if let high { put(high << 4 | digit) }
        state = .hex(high == nil ? digit : nil)
      } else if byte == UInt8(ascii: ">") {
        state = .plain
      } else if byte == UInt8(ascii: "<") {
        // A dictionary.
        state = .plain
      }
    }
  }

  private func plain(_ byte: UInt8, _ text: inout [UInt8]) {
    switch byte {
    case UInt8(ascii: "("):
      endToken(&text)
      state = .string(1)
    case UInt8(ascii: "<"):
      endToken(&text)
      state = .hex(nil)
    case UInt8(ascii: "["), UInt8(ascii: "]"):
      endToken(&text)
      isInArray = byte == UInt8(ascii: "[")
    case 0x21...0x7E: if token.count < 32 { token.append(byte) }
    default: endToken(&text)
    }
  }

  private func endToken(_ text: inout [UInt8]) {
    guard !token.isEmpty else { return }
    defer { token.removeAll(keepingCapacity: true) }
    let word = String(decoding: token, as: UTF8.self)
    if let number = Double(word) {
      self.number = number
      if isInArray, number < PDFText.gap { put(0x20) }
      return
    }
    switch word {
    case "BT":
      isInText = true
      shown.removeAll(keepingCapacity: true)
    case "ET":
      show(&text)
      if isInText { text.append(0x0A) }
      isInText = false
    case "Tj", "TJ", "'", "\"": show(&text)
    // To another line, or on in this one.
    case "T*", "TD", "Tm": if isInText { text.append(0x0A) }
    case "Td": if isInText { text.append(number == 0 ? 0x20 : 0x0A) }
    default: break
    }
  }

  private func put(_ byte: UInt8) {
    // Letters of two bytes have none in the first.
    if byte != 0, shown.count < PDFText.shownMax { shown.append(byte) }
  }

  private func show(_ text: inout [UInt8]) {
    if isInText { text += shown }
    shown.removeAll(keepingCapacity: true)
  }
}

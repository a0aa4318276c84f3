import Core

/// Lines of a bounded width with optional colours.
struct TextLayout {
  let width: Int
  let hasColor: Bool

  enum Style: String {
    case bold = "1"
    case red = "1;31"
    case yellow = "33"
    case green = "32"
    case faint = "2"
  }

  func styled(_ text: String, _ style: Style) -> String {
    hasColor ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
  }

  /// A text from outside, safe to show: escapes are visible, card numbers in names masked.
  static func shown(_ text: String) -> String { Escaping.visible(NumberGuard.masked(text)) }

  /// Columns a terminal needs: two for East Asian wide characters, none for combining marks.
  static func columns(_ text: String) -> Int { text.reduce(0) { $0 + columns($1) } }

  private static func columns(_ character: Character) -> Int {
    guard let scalar = character.unicodeScalars.first else { return 0 }
    switch scalar.value {
    case 0x300...0x36F, 0x483...0x489, 0x591...0x5BD, 0x1AB0...0x1AFF, 0x20D0...0x20FF,
      0xFE00...0xFE0F:
      return 0
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF,
      0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF,
      0x1F900...0x1F9FF, 0x20000...0x3FFFD:
      return 2
    default: return 1
    }
  }

  /// Keeps the beginning: `a long sent…`. Never cuts a character in two.
  static func cutEnd(_ text: String, to width: Int) -> String {
    guard columns(text) > width else { return text }
    var out = ""
    var used = 1
    for character in text {
      used += columns(character)
      if used > width { break }
      out.append(character)
    }
    return width > 0 ? out + "…" : ""
  }

  /// Keeps the end, which tells paths apart: `…/shop/app.log`.
  static func cutStart(_ text: String, to width: Int) -> String {
    guard columns(text) > width else { return text }
    var tail: [Character] = []
    var used = 1
    for character in text.reversed() {
      used += columns(character)
      if used > width { break }
      tail.append(character)
    }
    return width > 0 ? "…" + String(tail.reversed()) : ""
  }

  static func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - columns(text)))
  }

  /// A sentence over as many lines as it needs, all indented.
  func wrapped(_ text: String, indent: Int) -> [String] {
    let margin = String(repeating: " ", count: indent)
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      let piece = TextLayout.cutEnd(String(word), to: width - indent)
      if !line.isEmpty, TextLayout.columns(line) + 1 + TextLayout.columns(piece) > width - indent {
        lines.append(margin + line)
        line = ""
      }
      line += line.isEmpty ? piece : " " + piece
    }
    if !line.isEmpty { lines.append(margin + line) }
    return lines
  }
}

import Core

/// Rich Text Format: scanned as it is, once more without its control words, then the objects in it.
struct RTFDocument: DocumentKind {
  func recognises(_ head: [UInt8], name: Substring) -> Bool {
    head.starts(with: Array("{\\rtf".utf8))
  }

  func open(_ member: ContainerMember, head: [UInt8], _ walk: ContainerWalk) -> any ContainerLevel {
    MarkupLevel(member, head: head, RTFText(), walk)
  }
}

/// The text of an RTF file, a line a paragraph (Microsoft, Rich Text Format Specification 1.9.1).
final class RTFText: TextFilter {
  private static let objectsMax = 1000

  private enum State {
    case text
    /// After a backslash.
    case escape
    /// The letters, then the digits of a control word.
    case word, number
    /// One or two digits of `\'hh`.
    case hex
  }

  private struct Group {
    var isSkipped = false
    /// Holds an object in hex digits.
    var isObject = false
    /// Characters that stand for one `\u`, to be left out.
    var fallbackCount = 1
  }

  private var state = State.text
  private var word: [UInt8] = []
  private var number = ""
  private var groups: [Group] = [Group()]
  /// Groups nested deeper are not told apart, which bounds memory.
  private var depthBeyond = 0
  private var fallbackLeft = 0
  private var objects: [[UInt8]] = []
  /// Of all objects.
  private var objectBytes = 0
  /// The first digit of a byte of an object.
  private var nibble: UInt8?
  private(set) var isCut = false
  private static let depthMax = 1000
  private static let skipped: Set<String> = [
    "fonttbl", "colortbl", "stylesheet", "pict", "object", "themedata", "datastore", "listtable",
    "rsidtbl", "generator", "latentstyles", "xmlnstbl",
  ]

  func feed(_ bytes: UnsafeRawBufferPointer, into text: inout [UInt8]) {
    for byte in bytes { take(byte, &text) }
  }

  func finish(into text: inout [UInt8]) { if state == .word || state == .number { endWord(&text) } }

  func takeObjects() -> [[UInt8]] {
    defer { objects = [] }
    return objects.filter { !$0.isEmpty }
  }

  private func take(_ byte: UInt8, _ text: inout [UInt8]) {
    switch state {
    case .text: plain(byte, &text)
    case .escape: escape(byte, &text)
    case .word:
      if (0x61...0x7A).contains(byte) || (0x41...0x5A).contains(byte), word.count < 32 {
        word.append(byte)
      } else if (0x30...0x39).contains(byte) || byte == UInt8(ascii: "-") {
        number = String(UnicodeScalar(byte))
        state = .number
      } else {
        endWord(&text)
        if byte != 0x20 { take(byte, &text) }
      }
    case .number:
      if (0x30...0x39).contains(byte), number.utf8.count < 10 {
        number.unicodeScalars.append(UnicodeScalar(byte))
      } else {
        endWord(&text)
        if byte != 0x20 { take(byte, &text) }
      }
    case .hex:
      number.unicodeScalars.append(UnicodeScalar(byte))
      if number.utf8.count == 2 {
        state = .text
        if let value = UInt32(number, radix: 16) { emit(value, &text) }
      }
    }
  }

  private func plain(_ byte: UInt8, _ text: inout [UInt8]) {
    switch byte {
    case UInt8(ascii: "\\"): state = .escape
    case UInt8(ascii: "{"):
      if groups.count < RTFText.depthMax {
        groups.append(groups[groups.count - 1])
      } else {
        depthBeyond += 1
      }
    case UInt8(ascii: "}"):
      if depthBeyond > 0 { depthBeyond -= 1 } else if groups.count > 1 { groups.removeLast() }
    case 0x0A, 0x0D: break
    default:
      if groups[groups.count - 1].isObject { addToObject(byte) } else { emit(UInt32(byte), &text) }
    }
  }

  private func addToObject(_ digit: UInt8) {
    guard let value = Character(Unicode.Scalar(digit)).hexDigitValue.map({ UInt8($0) }) else {
      return
    }
    if let high = nibble {
      nibble = nil
      guard objectBytes < Limits.documentTextBytes else {
        isCut = true
        return
      }
      objectBytes += 1
      objects[objects.count - 1].append(high << 4 | value)
    } else {
      nibble = value
    }
  }

  private func escape(_ byte: UInt8, _ text: inout [UInt8]) {
    state = .text
    switch byte {
    case 0x61...0x7A, 0x41...0x5A:
      word = [byte]
      number = ""
      state = .word
    case UInt8(ascii: "'"):
      number = ""
      state = .hex
    case UInt8(ascii: "*"): groups[groups.count - 1].isSkipped = true
    case UInt8(ascii: "~"): emit(0x20, &text)
    case UInt8(ascii: "_"): emit(0x2D, &text)
    case UInt8(ascii: "-"): break
    case 0x0A, 0x0D: emit(0x0A, &text)
    default: emit(UInt32(byte), &text)
    }
  }

  private func endWord(_ text: inout [UInt8]) {
    state = .text
    let name = String(decoding: word, as: UTF8.self)
    switch name {
    case "par", "line", "row", "sect", "page": emit(0x0A, &text)
    case "tab", "cell", "nestcell": emit(0x09, &text)
    case "u":
      let value = Int(number) ?? 0x20
      emit(UInt32(clamping: value < 0 ? value + 0x10000 : value), &text)
      fallbackLeft = groups[groups.count - 1].fallbackCount
    case "uc": groups[groups.count - 1].fallbackCount = max(0, min(Int(number) ?? 1, 8))
    case "objdata" where objects.count == RTFText.objectsMax: isCut = true
    case "objdata":
      groups[groups.count - 1].isObject = true
      objects.append([])
      nibble = nil
    case "emspace", "enspace", "qmspace": emit(0x20, &text)
    case "endash", "emdash": emit(0x2D, &text)
    default:
      if RTFText.skipped.contains(name) { groups[groups.count - 1].isSkipped = true }
    }
  }

  private func emit(_ code: UInt32, _ text: inout [UInt8]) {
    if fallbackLeft > 0 {
      fallbackLeft -= 1
      return
    }
    guard !groups[groups.count - 1].isSkipped, let scalar = Unicode.Scalar(code) else { return }
    if code < 0x80 { text.append(UInt8(code)) } else { text += Array(String(scalar).utf8) }
  }
}

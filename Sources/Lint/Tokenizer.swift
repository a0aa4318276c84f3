/// Takes source code apart into names, numbers, strings and punctuation. Comments are left out.
///
/// Light: it knows where strings and comments end in each family of languages and nothing of their
/// grammar. Broken code gives other tokens, never an error.
struct Tokenizer {
  typealias Emit = (SourceText.Kind, Int, Int, _ line: Int) -> Void

  let bytes: UnsafeBufferPointer<UInt8>
  let syntax: Language.Syntax
  private var at = 0
  private var line = 0
  private var end: Int
  /// The last token's kind and first byte, which tell a regular expression from a division.
  private var lastKind = SourceText.Kind.punctuation
  private var lastByte: UInt8 = 0
  private var depth = 0

  /// Strings inside strings inside strings: deeper ones are left whole.
  private static let depthMax = 8

  init(bytes: UnsafeBufferPointer<UInt8>, syntax: Language.Syntax) {
    self.bytes = bytes
    self.syntax = syntax
    end = bytes.count
  }

  mutating func run(_ emit: Emit) {
    if bytes.count >= 3, bytes[0] == 0xEF, bytes[1] == 0xBB, bytes[2] == 0xBF { at = 3 }
    switch syntax {
    case .html, .erb: markup(emit)
    default: code(syntax, until: nil, emit)
    }
  }

  // MARK: - Code

  /// - Parameter closing: what ends the code, in lower case; stays unread.
  private mutating func code(_ syntax: Language.Syntax, until closing: StaticString?, _ emit: Emit)
  {
    while at < end {
      let byte = bytes[at]
      switch byte {
      case 0x0A:
        line += 1
        at += 1
      case 0x20, 0x09, 0x0D, 0x0C, 0x00: at += 1
      case _ where closing != nil && starts(with: closing!): return
      case _ where skipComment(byte, syntax, inMarkup: closing): continue
      case _ where isNameStart(byte): name(syntax, emit)
      case 0x30...0x39: number(emit)
      case 0x22, 0x27, 0x60: string(byte, syntax, emit)
      case UInt8(ascii: "/") where isRegex(syntax): regex()
      case UInt8(ascii: "@")
      where syntax == .csharp && at + 1 < end && bytes[at + 1] == 0x22:
        verbatim(emit)
      default: punctuation(emit)
      }
    }
  }

  private func isNameStart(_ byte: UInt8) -> Bool {
    byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A || byte == 0x5F || byte == 0x24 || byte >= 0x80
  }

  private mutating func name(_ syntax: Language.Syntax, _ emit: Emit) {
    let start = at
    at += 1
    while at < end, isNameStart(bytes[at]) || bytes[at] >= 0x30 && bytes[at] <= 0x39 { at += 1 }
    // The letter before a Python string says how to read it.
    if syntax == .python, at - start <= 2, at < end, bytes[at] == 0x22 || bytes[at] == 0x27,
      bytes[start..<at].allSatisfy({ "rbfuRBFU".utf8.contains($0) })
    {
      let isFormat = bytes[start..<at].contains { $0 | 0x20 == UInt8(ascii: "f") }
      string(bytes[at], syntax, isFormat: isFormat, emit)
      return
    }
    token(.word, start, at, emit)
  }

  private mutating func number(_ emit: Emit) {
    let start = at
    while at < end,
      bytes[at] >= 0x30 && bytes[at] <= 0x39 || isNameStart(bytes[at])
        || bytes[at] == 0x2E && at + 1 < end && bytes[at + 1] >= 0x30 && bytes[at + 1] <= 0x39
    { at += 1 }
    token(.number, start, at, emit)
  }

  private static let marks: [[UInt8]] = [
    "?->", "===", "!==", "...", "->", "=>", "::", "?.", "&.", "!.", "==", "!=", ":=", "&&", "||",
    "**", "<=", ">=", "+=", "++", "--",
  ].map { Array($0.utf8) }

  private mutating func punctuation(_ emit: Emit) {
    let start = at
    at += 1
    if "?=!.->:&|*<+".utf8.contains(bytes[start]) {
      for mark in Tokenizer.marks
      where mark[0] == bytes[start] && start + mark.count <= end
        && bytes[start..<start + mark.count].elementsEqual(mark)
      {
        at = start + mark.count
        break
      }
    }
    token(.punctuation, start, at, emit)
  }

  private mutating func token(_ kind: SourceText.Kind, _ start: Int, _ end: Int, _ emit: Emit) {
    token(kind, start, end, line: line, emit)
  }

  private mutating func token(
    _ kind: SourceText.Kind, _ start: Int, _ end: Int, line: Int, _ emit: Emit
  ) {
    emit(kind, start, end, line)
    lastKind = kind
    lastByte = start < end ? bytes[start] : 0
  }

  // MARK: - Comments

  private mutating func skipComment(
    _ byte: UInt8, _ syntax: Language.Syntax, inMarkup closing: StaticString?
  ) -> Bool {
    let next = at + 1 < end ? bytes[at + 1] : 0
    switch (byte, syntax) {
    case (UInt8(ascii: "/"), .python), (UInt8(ascii: "/"), .ruby): return false
    case (UInt8(ascii: "/"), _) where next == UInt8(ascii: "/") && syntax != .sql:
      skipLine(inMarkup: closing)
    case (UInt8(ascii: "/"), _) where next == UInt8(ascii: "*"): skip(past: "*/")
    case (UInt8(ascii: "#"), .python), (UInt8(ascii: "#"), .ruby), (UInt8(ascii: "#"), .sql):
      skipLine(inMarkup: closing)
    case (UInt8(ascii: "#"), .php) where next != UInt8(ascii: "["): skipLine(inMarkup: closing)
    case (UInt8(ascii: "-"), .sql) where next == byte: skipLine(inMarkup: closing)
    case (UInt8(ascii: "="), .ruby) where isLineStart && starts(with: "=begin"):
      skip(past: "\n=end")
    case (UInt8(ascii: "<"), .javascript) where starts(with: "<!--"): skip(past: "-->")
    default: return false
    }
    return true
  }

  private var isLineStart: Bool { at == 0 || bytes[at - 1] == 0x0A }

  private mutating func skipLine(inMarkup closing: StaticString?) {
    while at < end, bytes[at] != 0x0A {
      if let closing, starts(with: closing) { return }
      at += 1
    }
  }

  private mutating func skip(past text: StaticString) {
    at += 1
    while at < end, !starts(with: text) {
      if bytes[at] == 0x0A { line += 1 }
      at += 1
    }
    for byte in bytes[at..<min(end, at + text.utf8CodeUnitCount)] where byte == 0x0A { line += 1 }
    at = min(end, at + text.utf8CodeUnitCount)
  }

  /// - Parameter text: in lower case.
  private func starts(with text: StaticString) -> Bool {
    let count = text.utf8CodeUnitCount
    guard at + count <= end else { return false }
    for index in 0..<count {
      let byte = bytes[at + index]
      let folded = byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
      if folded != text.utf8Start[index] { return false }
    }
    return true
  }

  // MARK: - Strings

  private func isRegex(_ syntax: Language.Syntax) -> Bool {
    guard syntax == .javascript || syntax == .ruby else { return false }
    guard lastKind == .punctuation, !")]}<".utf8.contains(lastByte) else { return false }
    // It ends in its own line, or is none.
    var index = at + 1
    while index < end, bytes[index] != 0x0A {
      if bytes[index] == UInt8(ascii: "/") { return index > at + 1 }
      index += bytes[index] == 0x5C ? 2 : 1
    }
    return false
  }

  private mutating func regex() {
    at += 1
    while at < end, bytes[at] != UInt8(ascii: "/"), bytes[at] != 0x0A {
      at += bytes[at] == 0x5C ? 2 : 1
    }
    at = min(end, at + 1)
    lastKind = .string
  }

  private mutating func string(
    _ quote: UInt8, _ syntax: Language.Syntax, isFormat: Bool = false, _ emit: Emit
  ) {
    let isTriple =
      at + 2 < end && bytes[at + 1] == quote && bytes[at + 2] == quote
      && [.python, .kotlin, .java, .swift, .csharp].contains(syntax)
    let isRaw = syntax == .sql || quote == 0x60 && syntax == .go
    let spansLines =
      isTriple || quote == 0x60 || syntax == .php || syntax == .ruby || syntax == .sql
    let first = line
    let width = isTriple ? 3 : 1
    at += width
    let start = at
    while at < end {
      let byte = bytes[at]
      if byte == quote,
        !isTriple || at + 2 < end && bytes[at + 1] == quote && bytes[at + 2] == quote
      {
        break
      }
      if byte == 0x0A {
        if !spansLines { break }
        line += 1
      }
      if byte == 0x5C, !isRaw {
        if at + 1 < end, bytes[at + 1] == 0x0A { line += 1 }
        at += 1
      }
      at += 1
    }
    at = min(at, end)
    let stop = at
    if at < end, bytes[at] != 0x0A { at += width }
    at = min(at, end)
    token(.string, start, stop, line: first, emit)
    insides(start, stop, first, quote, syntax, isFormat: isFormat, emit)
    lastKind = .string
  }

  private mutating func verbatim(_ emit: Emit) {
    let first = line
    at += 2
    let start = at
    while at < end {
      if bytes[at] == 0x22 {
        if at + 1 < end, bytes[at + 1] == 0x22 { at += 1 } else { break }
      }
      if bytes[at] == 0x0A { line += 1 }
      at += 1
    }
    let stop = at
    at = min(end, at + 1)
    token(.string, start, stop, line: first, emit)
  }

  /// The code inside a string, such as `${name}`.
  private mutating func insides(
    _ start: Int, _ stop: Int, _ first: Int, _ quote: UInt8, _ syntax: Language.Syntax,
    isFormat: Bool, _ emit: Emit
  ) {
    let marks: (UInt8, UInt8)?
    switch syntax {
    case .javascript where quote == 0x60: marks = (0x24, 0x7B)
    case .kotlin, .php: marks = quote == 0x22 ? (0x24, 0x7B) : nil
    case .ruby where quote == 0x22: marks = (0x23, 0x7B)
    case .swift: marks = (0x5C, 0x28)
    case .python where isFormat: marks = (0x7B, 0)
    case .csharp where start >= 2 && bytes[start - 2] == 0x24: marks = (0x7B, 0)
    default: marks = nil
    }
    guard let (head, second) = marks, depth < Tokenizer.depthMax, start < stop else { return }
    let (savedAt, savedEnd, savedLine) = (at, end, line)
    defer { (at, end, line) = (savedAt, savedEnd, savedLine) }
    depth += 1
    defer { depth -= 1 }
    line = first
    var index = start
    while index < stop {
      if bytes[index] == 0x0A { line += 1 }
      guard bytes[index] == head, index + 1 < stop else {
        // `\$` and `\#` are text.
        let isEscape =
          bytes[index] == 0x5C && second == 0x7B && index + 1 < stop && bytes[index + 1] != 0x0A
        index += isEscape ? 2 : 1
        continue
      }
      let inner: Int
      let close: Int
      if second == 0 || bytes[index + 1] == second {
        inner = index + (second == 0 ? 1 : 2)
        close = closing(from: inner, to: stop, isRound: second == 0x28)
      } else if syntax == .kotlin || syntax == .php, isNameStart(bytes[index + 1]) {
        inner = index + 1
        close = nameEnd(from: inner, to: stop)
      } else {
        index += 1
        continue
      }
      let lineBefore = line
      at = inner
      end = close
      code(syntax, until: nil, emit)
      line = lineBefore + bytes[inner..<close].count { $0 == 0x0A }
      index = max(close, index + 1)
    }
  }

  /// The end of a name in a string; in PHP with its members (`$intent->client_secret`).
  private func nameEnd(from start: Int, to stop: Int) -> Int {
    var index = start
    while index < stop {
      let byte = bytes[index]
      let isPart = isNameStart(byte) && byte != 0x24 || byte >= 0x30 && byte <= 0x39
      let isArrow = byte == 0x2D && index + 1 < stop && bytes[index + 1] == 0x3E
      guard isPart || isArrow else { break }
      index += isArrow ? 2 : 1
    }
    return index
  }

  private func closing(from start: Int, to stop: Int, isRound: Bool) -> Int {
    let (open, close): (UInt8, UInt8) = isRound ? (0x28, 0x29) : (0x7B, 0x7D)
    var depth = 1
    for index in start..<stop {
      if bytes[index] == open { depth += 1 }
      if bytes[index] == close {
        depth -= 1
        if depth == 0 { return index }
      }
    }
    return stop
  }

  // MARK: - Markup

  /// Pages and templates: tags are code, the text between them is none.
  private mutating func markup(_ emit: Emit) {
    while at < end {
      switch bytes[at] {
      case 0x0A:
        line += 1
        at += 1
      case UInt8(ascii: "<"): tag(emit)
      default: at += 1
      }
    }
  }

  private mutating func tag(_ emit: Emit) {
    if starts(with: "<!--") { return skip(past: "-->") }
    if starts(with: "<?php") || starts(with: "<?=") {
      at += bytes[at + 2] == UInt8(ascii: "=") ? 3 : 5
      code(.php, until: "?>", emit)
      at = min(end, at + 2)
      return
    }
    if starts(with: "<%") {
      at += 2
      code(syntax == .erb ? .ruby : .javascript, until: "%>", emit)
      at = min(end, at + 2)
      return
    }
    let next = at + 1 < end ? bytes[at + 1] : 0
    guard isNameStart(next) || next == UInt8(ascii: "/") else {
      at += 1
      return
    }
    let isScript = starts(with: "<script")
    token(.punctuation, at, at + 1, emit)
    at += 1
    insideTag(emit)
    if isScript {
      code(.javascript, until: "</script", emit)
    }
  }

  /// Up to and with the `>` of a tag.
  private mutating func insideTag(_ emit: Emit) {
    while at < end {
      let byte = bytes[at]
      switch byte {
      case 0x0A:
        line += 1
        at += 1
      case UInt8(ascii: ">"):
        token(.punctuation, at, at + 1, emit)
        at += 1
        return
      case UInt8(ascii: "<") where starts(with: "<?"):
        at += starts(with: "<?php") ? 5 : 2
        code(.php, until: "?>", emit)
        at = min(end, at + 2)
      case UInt8(ascii: "<") where starts(with: "<%"):
        at += 2
        code(syntax == .erb ? .ruby : .javascript, until: "%>", emit)
        at = min(end, at + 2)
      case UInt8(ascii: "<"): return
      case 0x22, 0x27: attribute(byte, emit)
      case _ where isNameStart(byte):
        let start = at
        while at < end,
          isNameStart(bytes[at]) || "-:.".utf8.contains(bytes[at])
            || bytes[at] >= 0x30 && bytes[at] <= 0x39
        { at += 1 }
        token(.word, start, at, emit)
      case 0x20, 0x09, 0x0D: at += 1
      default:
        token(.punctuation, at, at + 1, emit)
        at += 1
      }
    }
  }

  private mutating func attribute(_ quote: UInt8, _ emit: Emit) {
    let first = line
    let start = at + 1
    at = start
    while at < end, bytes[at] != quote {
      if bytes[at] == 0x0A { line += 1 }
      at += 1
    }
    token(.string, start, at, line: first, emit)
    at = min(end, at + 1)
  }
}

/// The functions and loops of a file, each as a range of tokens.
struct Scopes {
  struct Scope {
    var range: Range<Int>
    var isFunction: Bool
    var isLoop: Bool
  }

  /// In the order of their ends.
  private var scopes: [Scope] = []
  private let whole: Range<Int>

  init(_ text: SourceText) {
    whole = text.tokens.indices
    if text.language.isIndented { indented(text) } else { braced(text) }
  }

  /// The outermost function around a token; the whole file where there is none.
  func function(around index: Int) -> Range<Int> {
    var found: Range<Int>?
    for scope in scopes where scope.isFunction && scope.range.contains(index) {
      if scope.range.count > found?.count ?? 0 { found = scope.range }
    }
    return found ?? whole
  }

  /// The innermost loop around a token, with its head.
  func loop(around index: Int) -> Range<Int>? {
    var found: Range<Int>?
    for scope in scopes where scope.isLoop && scope.range.contains(index) {
      if scope.range.count < found?.count ?? .max { found = scope.range }
    }
    return found
  }

  private static let loops: Set<String> = [
    "for", "while", "do", "foreach", "loop", "until", "repeat", "each", "map", "times",
    "forEach".lowercased(), "retry", "eachwithindex",
  ]
  private static let functions: Set<String> = [
    "function", "func", "fun", "def", "fn", "init", "sub",
  ]
  private static let notFunctions: Set<String> = [
    "if", "else", "elseif", "switch", "catch", "try", "finally", "class", "interface", "struct",
    "enum", "namespace", "using", "lock", "synchronized", "with", "extension", "object", "match",
    "when", "select", "guard", "module", "trait", "defer", "record", "protocol", "unless",
  ]

  // MARK: - Braces

  private mutating func braced(_ text: SourceText) {
    for index in text.tokens.indices where text.isMark(index, "{") {
      let end = Int(text.tokens[index].partner)
      guard end > index, !Scopes.isValue(index, text) else { continue }
      let head = Scopes.head(of: index, text)
      let words = head.filter { text.tokens[$0].kind == .word }.map { text.folded($0) }
      let hasRound = head.contains { text.isMark($0, ")") }
      let isArrow = text.folded(index - 1) == "=>"
      // `do` begins no loop in Swift.
      let isLoop = words.contains {
        Scopes.loops.contains($0) && !($0 == "do" && text.language.syntax == .swift)
      }
      let isOther = words.contains(where: Scopes.notFunctions.contains)
      let isFunction =
        isArrow || words.contains(where: Scopes.functions.contains)
        || !isLoop && !isOther && hasRound
      guard isFunction || isLoop else { continue }
      scopes.append(
        Scope(
          range: (head.last ?? index)..<end + 1, isFunction: isFunction, isLoop: isLoop))
    }
  }

  /// Whether a brace opens a value: behind a bracket, a comma, an equals sign and the like.
  private static func isValue(_ brace: Int, _ text: SourceText) -> Bool {
    guard brace > 0 else { return true }
    let token = text.tokens[brace - 1]
    switch token.kind {
    case .word: return ["return", "in", "default", "yield"].contains(text.folded(brace - 1))
    case .number, .string: return false
    case .punctuation: return ![")", "=>", "]", ">", "->"].contains(text.folded(brace - 1))
    }
  }

  /// Tokens between the end of the statement before and the brace, the last one first; of brackets
  /// that were closed again only the closing one.
  private static func head(of brace: Int, _ text: SourceText) -> [Int] {
    var head: [Int] = []
    var index = brace - 1
    while index >= 0, head.count < 60 {
      let token = text.tokens[index]
      if token.kind == .punctuation, token.count == 1 {
        let mark = text.mark(index)
        if ";{},".utf8.contains(mark) { break }
        head.append(index)
        if token.partner >= 0, token.partner < index { index = Int(token.partner) }
      } else {
        head.append(index)
      }
      index -= 1
    }
    return head
  }

  // MARK: - Indentation

  private mutating func indented(_ text: SourceText) {
    var open: [(start: Int, column: Int, isFunction: Bool, isLoop: Bool)] = []
    var line: Int32 = -1
    for index in text.tokens.indices {
      let token = text.tokens[index]
      guard token.line > line else { continue }
      line = token.line
      if token.parent >= 0, text.tokens[Int(token.parent)].partner >= 0,
        text.language.syntax == .python
      {
        continue
      }
      let column = Scopes.column(of: token, text)
      // What goes on with the block before it.
      let goesOn =
        text.language.syntax == .ruby && token.kind == .word
        && ["rescue", "ensure", "else", "elsif"].contains(text.folded(index))
      while let last = open.last, goesOn ? column < last.column : column <= last.column {
        scopes.append(
          Scope(range: last.start..<index, isFunction: last.isFunction, isLoop: last.isLoop))
        open.removeLast()
      }
      let kind = Scopes.lineKind(index, text)
      if kind.isFunction || kind.isLoop {
        open.append((index, column, kind.isFunction, kind.isLoop))
      }
    }
    for last in open {
      scopes.append(
        Scope(
          range: last.start..<text.tokens.count, isFunction: last.isFunction, isLoop: last.isLoop))
    }
  }

  private static func column(of token: SourceText.Token, _ text: SourceText) -> Int {
    var index = Int(token.start)
    // A string's token begins behind its quote.
    while index > 0, text.bytes[index - 1] != 0x0A { index -= 1 }
    var column = 0
    while index < text.bytes.count, text.bytes[index] == 0x20 || text.bytes[index] == 0x09 {
      column += text.bytes[index] == 0x09 ? 8 : 1
      index += 1
    }
    return column
  }

  private static func lineKind(
    _ start: Int, _ text: SourceText
  ) -> (isFunction: Bool, isLoop: Bool) {
    var isLoop = false
    let line = text.tokens[start].line
    var index = start
    while index < text.tokens.count, text.tokens[index].line == line {
      if text.tokens[index].kind == .word {
        let word = text.folded(index)
        let isFirst = index == start || index == start + 1
        if isFirst, word == "def" { return (true, false) }
        if isFirst, ["for", "while", "until", "loop"].contains(word) { isLoop = true }
        if text.language.syntax == .ruby, index > start,
          ["each", "times", "map", "eachwithindex", "findeach", "upto"].contains(word)
        {
          isLoop = true
        }
        // A method that is tried again from its start.
        if text.language.syntax == .ruby, index == start, word == "begin" { isLoop = true }
      }
      index += 1
    }
    return (false, isLoop)
  }
}

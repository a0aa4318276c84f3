/// The functions and loops of a file, each as a range of tokens; where blocks are told by indentation
/// also what defines a class or a table.
struct Scopes {
  struct Scope {
    var range: Range<Int>
    var kind: Kind
  }

  struct Kind: OptionSet {
    let rawValue: UInt8
    static let function = Kind(rawValue: 1)
    static let loop = Kind(rawValue: 2)
    static let definition = Kind(rawValue: 4)
  }

  /// In the order of their ends.
  private var scopes: [Scope] = []
  private let whole: Range<Int>

  init(_ text: SourceText) {
    whole = text.tokens.indices
    if text.language.isIndented { indented(text) } else { braced(text) }
  }

  /// The outermost function around a token, in the innermost definition around it: what one class or
  /// table says tells nothing about the next. The whole file where there is neither.
  func function(around index: Int) -> Range<Int> {
    let definition = innermost(.definition, around: index)
    var found: Range<Int>?
    for scope in scopes where scope.kind.contains(.function) && scope.range.contains(index) {
      if let definition, scope.range.lowerBound < definition.lowerBound { continue }
      if scope.range.count > found?.count ?? 0 { found = scope.range }
    }
    return found ?? definition ?? whole
  }

  /// The innermost loop around a token, with its head.
  func loop(around index: Int) -> Range<Int>? { innermost(.loop, around: index) }

  private func innermost(_ kind: Kind, around index: Int) -> Range<Int>? {
    var found: Range<Int>?
    for scope in scopes where scope.kind.contains(kind) && scope.range.contains(index) {
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

  private static let goHeads: Set<String> = ["for", "func", "if", "select", "switch"]

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
      var kind: Kind = []
      if isFunction { kind.insert(.function) }
      if isLoop { kind.insert(.loop) }
      guard !kind.isEmpty else { continue }
      scopes.append(Scope(range: (head.last ?? index)..<end + 1, kind: kind))
    }
  }

  /// Whether a brace opens a value: behind a bracket, a comma, an equals sign and the like.
  private static func isValue(_ brace: Int, _ text: SourceText) -> Bool {
    guard brace > 0 else { return true }
    let token = text.tokens[brace - 1]
    switch token.kind {
    case .word: return ["return", "in", "default", "yield"].contains(text.folded(brace - 1))
    case .number, .string: return false
    case .punctuation:
      return ![")", "=>", "]", ">", "->", ";", "++", "--"].contains(text.folded(brace - 1))
    }
  }

  /// Tokens between the end of the statement before and the brace, the last one first; of brackets
  /// that were closed again only the closing one.
  private static func head(of brace: Int, _ text: SourceText) -> [Int] {
    var head: [Int] = []
    var index = brace - 1
    var line = text.tokens[brace].line
    let endsWithLine = [.go, .javascript, .kotlin, .swift].contains(text.language.syntax)
    while index >= 0, head.count < 60 {
      let token = text.tokens[index]
      // The brace may have a line of its own.
      if endsWithLine, token.line < line, !head.isEmpty { break }
      if token.kind == .punctuation, token.count == 1 {
        let mark = text.mark(index)
        if "{}".utf8.contains(mark) { break }
        // In Go the heads of `for` and `if` have semicolons and commas, and no brackets around them.
        if ";,".utf8.contains(mark),
          text.language.syntax != .go || token.line != text.tokens[brace].line
        {
          break
        }
        head.append(index)
        if token.partner >= 0, token.partner < index { index = Int(token.partner) }
      } else {
        head.append(index)
        if text.language.syntax == .go, Scopes.goHeads.contains(text.folded(index)) { break }
      }
      line = text.tokens[index].line
      index -= 1
    }
    return head
  }

  // MARK: - Indentation

  private mutating func indented(_ text: SourceText) {
    var open: [(start: Int, column: Int, kind: Kind)] = []
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
        scopes.append(Scope(range: last.start..<index, kind: last.kind))
        open.removeLast()
      }
      let kind = Scopes.lineKind(index, text)
      if !kind.isEmpty { open.append((index, column, kind)) }
    }
    for last in open {
      scopes.append(Scope(range: last.start..<text.tokens.count, kind: last.kind))
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

  private static func lineKind(_ start: Int, _ text: SourceText) -> Kind {
    var isLoop = false
    let line = text.tokens[start].line
    var index = start
    while index < text.tokens.count, text.tokens[index].line == line {
      if text.tokens[index].kind == .word {
        let word = text.folded(index)
        let isFirst = index == start || index == start + 1
        if isFirst, word == "def" { return .function }
        if index == start, word == "class" || word == "createtable" { return .definition }
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
    return isLoop ? .loop : []
  }
}

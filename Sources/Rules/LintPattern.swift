/// A sequence of tokens to look for in code.
///
/// Elements are separated by spaces. Names are folded before they are compared (lower case, without
/// `_`, `-`, `$` and `@`), so that `paymentintents` is `paymentIntents`, `payment_intents` and
/// `PaymentIntents`; `*` stands for anything and `|` separates alternatives.
///
///     paymentintents . create (      a call in any language
///     <card> : { ... <number> :      keys as names or in quotes, nested
///     returnurl : @http              what stands for a value
package struct LintPattern: Sendable {
  package var elements: [Element]

  package struct Element: Sendable {
    package var what: What
    package var isOptional = false
  }

  package enum What: Sendable {
    case word([Glob])
    case string([Glob])
    /// A name, or a string that is one.
    case key([Glob])
    /// One of a class of punctuation.
    case punctuation([[UInt8]])
    /// Anything up to the end of the bracket or statement, inner brackets as a whole.
    case gap
    case anything
    case anyString
    case anyWord
    /// `...`, `**`: more arguments that cannot be seen.
    case spread
    /// A URL with http that does not lead to this machine.
    case plainURL
    /// A Stripe key in a string that is no placeholder; its id ends so.
    case secret(suffix: String)
  }

  /// Text with `*` for anything.
  package struct Glob: Sendable, Equatable {
    package var text: [UInt8]
    package var hasStar: Bool

    package init(_ text: some StringProtocol) {
      self.text = Array(text.utf8)
      hasStar = self.text.contains(UInt8(ascii: "*"))
    }

    /// - Complexity: O(pattern × text) at worst.
    package func matches(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
      if !hasStar { return bytes.count == text.count && bytes.elementsEqual(text) }
      var at = 0
      var index = 0
      var star = -1
      var resume = 0
      while at < bytes.count {
        if index < text.count, text[index] == UInt8(ascii: "*") {
          star = index
          resume = at
          index += 1
        } else if index < text.count, text[index] == bytes[at] {
          index += 1
          at += 1
        } else if star >= 0 {
          index = star + 1
          resume += 1
          at = resume
        } else {
          return false
        }
      }
      while index < text.count, text[index] == UInt8(ascii: "*") { index += 1 }
      return index == text.count
    }
  }

  /// The pattern of a text; several where a name in it stands for phrases, none where one is no
  /// pattern.
  package static func all(_ text: String, names: LintNames) -> [LintPattern] {
    var texts = [""]
    for part in text.split(separator: " ") {
      let words = part.first == "#" ? names[String(part.dropFirst())] ?? [] : []
      let phrases = words.contains { $0.contains(" ") } ? words : [String(part)]
      texts = texts.flatMap { text in phrases.map { text + " " + $0 } }
    }
    let patterns = texts.compactMap { LintPattern($0, names: names) }
    return patterns.count == texts.count ? patterns : []
  }

  /// - Returns: `nil` for a text that is no pattern, or more than one.
  package init?(_ text: String, names: LintNames) {
    var elements: [Element] = []
    for part in text.split(separator: " ") {
      var word = part
      var isOptional = false
      if word.count > 1, word.last == "?", word != "?" {
        word = word.dropLast()
        isOptional = true
      }
      guard let what = LintPattern.what(word, names) else { return nil }
      elements.append(Element(what: what, isOptional: isOptional))
    }
    guard let first = elements.first, !first.isOptional else { return nil }
    if case .gap = first.what { return nil }
    if case .gap? = elements.last?.what { return nil }
    self.elements = elements
  }

  private static let classes: [String: [String]] = [
    // What leads to a member.
    ".": [".", "->", "::", "?.", "?->", "&.", "!."],
    // What stands between a key and its value.
    ":": [":", "=>", "=", ":="],
    // A list of keys and values.
    "{": ["{", "["],
    "}": ["}", "]"],
    "==": ["==", "===", "!=", "!=="],
  ]

  private static func what(_ text: Substring, _ names: LintNames) -> What? {
    switch text {
    case "...": return .gap
    case "@any": return .anything
    case "@string": return .anyString
    case "@word": return .anyWord
    case "@spread": return .spread
    case "@http": return .plainURL
    default: break
    }
    if text == "@:" { return .punctuation([[UInt8(ascii: ":")]]) }
    if text.hasPrefix("@key:") { return .secret(suffix: String(text.dropFirst(5))) }
    if text.hasPrefix("@") { return nil }
    if text.first == "\"" {
      guard text.count > 2, text.last == "\"" else { return nil }
      return globs(text.dropFirst().dropLast(), names).map { .string($0) }
    }
    if text.first == "<", text.last == ">", text.count > 2 {
      return globs(text.dropFirst().dropLast(), names).map { .key($0) }
    }
    if let first = text.first, first.isLetter || first == "*" || first == "#" {
      return globs(text, names).map { .word($0) }
    }
    let parts = text.allSatisfy { $0 == "|" } ? [text] : text.split(separator: "|")
    let marks = parts.flatMap { classes[String($0)] ?? [String($0)] }
    return .punctuation(marks.map { Array($0.utf8) })
  }

  private static func globs(_ text: Substring, _ names: LintNames) -> [Glob]? {
    var globs: [Glob] = []
    for part in text.split(separator: "|", omittingEmptySubsequences: false) {
      if part.isEmpty { return nil }
      if let mark = part.firstIndex(of: "#") {
        // What stands before and behind the name belongs to each of its words.
        let head = part[..<mark]
        let name = part[part.index(after: mark)...].prefix { $0.isLetter }
        let tail = part[name.endIndex...]
        guard let words = names[String(name)], !words.contains(where: { $0.contains(" ") }) else {
          return nil
        }
        for word in words { globs.append(Glob(head + word + tail)) }
      } else {
        globs.append(Glob(part))
      }
    }
    return globs
  }
}

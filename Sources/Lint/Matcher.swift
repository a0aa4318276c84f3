import Rules

/// Finds patterns in one file.
struct Matcher {
  let text: SourceText
  let secrets: [Secret]

  /// The end of the match of `pattern` that begins at a token; `nil` where it does not.
  func match(_ pattern: LintPattern, at index: Int, before end: Int) -> Int? {
    pattern.elements.withUnsafeBufferPointer { elements in
      match(elements, from: 0, at: index, before: end, tries: 0)
    }
  }

  private static let gapTokensMax = 400
  private static let triesMax = 64

  private func match(
    _ elements: UnsafeBufferPointer<LintPattern.Element>, from number: Int, at index: Int,
    before end: Int, tries: Int
  ) -> Int? {
    guard number < elements.count else { return index }
    if case .gap = elements[number].what {
      return matchGap(elements, from: number + 1, at: index, before: end, tries: tries)
    }
    if index < end, matches(elements[number].what, index),
      let rest = match(elements, from: number + 1, at: index + 1, before: end, tries: tries)
    {
      return rest
    }
    return elements[number].isOptional
      ? match(elements, from: number + 1, at: index, before: end, tries: tries) : nil
  }

  /// Skips tokens of the same bracket until the rest fits.
  private func matchGap(
    _ elements: UnsafeBufferPointer<LintPattern.Element>, from number: Int, at start: Int,
    before end: Int, tries: Int
  ) -> Int? {
    guard tries < Matcher.triesMax else { return nil }
    var index = start
    var left = Matcher.gapTokensMax
    while index < end, left > 0 {
      if let found = match(elements, from: number, at: index, before: end, tries: tries + 1) {
        return found
      }
      let token = text.tokens[index]
      if token.kind == .punctuation, token.count == 1 {
        let mark = text.mark(index)
        if mark == UInt8(ascii: ";") || ")]}".utf8.contains(mark) { return nil }
        if token.partner > index { index = Int(token.partner) }
      }
      index += 1
      left -= 1
    }
    return nil
  }

  private func matches(_ what: LintPattern.What, _ index: Int) -> Bool {
    let token = text.tokens[index]
    switch what {
    case .word(let globs): return token.kind == .word && fits(globs, token)
    case .string(let globs): return token.kind == .string && fits(globs, token)
    case .key(let globs):
      return (token.kind == .word || token.kind == .string) && fits(globs, token)
    case .punctuation(let marks): return token.kind == .punctuation && isOne(of: marks, token)
    case .anything: return true
    case .anyString: return token.kind == .string
    case .anyWord: return token.kind == .word
    case .spread:
      return token.kind == .punctuation && token.count > 1
        && isOne(of: [Array("...".utf8), Array("**".utf8)], token)
    case .plainURL: return token.kind == .string && isPlainURL(token)
    case .secret(let suffix): return token.kind == .string && holdsKey(token, suffix)
    case .gap: return false
    }
  }

  private func fits(_ globs: [LintPattern.Glob], _ token: SourceText.Token) -> Bool {
    text.folded.withUnsafeBufferPointer { buffer in
      let start = Int(token.foldedStart)
      let word = UnsafeBufferPointer(rebasing: buffer[start..<start + Int(token.foldedCount)])
      return globs.withUnsafeBufferPointer { globs in
        // A glob is only taken out of the array when its length fits.
        for index in globs.indices
        where globs[index].hasStar || globs[index].text.count == word.count {
          if globs[index].matches(word) { return true }
        }
        return false
      }
    }
  }

  private func isOne(of marks: [[UInt8]], _ token: SourceText.Token) -> Bool {
    let start = Int(token.start)
    let bytes = text.bytes[start..<start + Int(token.count)]
    return marks.contains { $0.count == bytes.count && $0.elementsEqual(bytes) }
  }

  // MARK: - Values

  private static let ownHosts = [
    "localhost", "127.", "[::1]", "0.0.0.0", "10.", "192.168.", "host.docker.internal", "{", "$",
    "%", "<", "#", "\\",
  ].map { Array($0.utf8) }

  private func isPlainURL(_ token: SourceText.Token) -> Bool {
    let start = Int(token.start)
    let bytes = text.bytes[start..<start + Int(token.count)]
    let scheme = Array("http://".utf8)
    guard bytes.count > scheme.count, bytes.starts(with: scheme) else { return false }
    let host = bytes.dropFirst(scheme.count)
    if Matcher.ownHosts.contains(where: { host.starts(with: $0) }) { return false }
    // Names that can only be this machine or a test.
    let name = String(decoding: host.prefix { !"/:?".utf8.contains($0) }, as: UTF8.self)
    return name.contains(".") && ![".test", ".local", ".localhost"].contains { name.hasSuffix($0) }
      && !name.hasPrefix("testserver")
  }

  private func holdsKey(_ token: SourceText.Token, _ suffix: String) -> Bool {
    secret(in: token, where: { $0.id.hasSuffix(suffix) }) != nil
  }

  /// A key in a string that is no placeholder.
  private func secret(
    in token: SourceText.Token, where isMeant: (Secret) -> Bool
  ) -> Secret? {
    let start = Int(token.start)
    let bytes = text.bytes[start..<start + Int(token.count)]
    guard bytes.count >= 12, bytes.contains(UInt8(ascii: "_")) else { return nil }
    for secret in secrets where isMeant(secret) {
      guard let prefix = secret.prefix.map({ Array($0.utf8) }) else { continue }
      guard let at = Matcher.offset(of: prefix, in: bytes) else { continue }
      let value = bytes[(at + prefix.count)...].prefix {
        $0 >= 0x30 && $0 <= 0x39 || $0 | 0x20 >= 0x61 && $0 | 0x20 <= 0x7A
          || (secret.alsoAllowed ?? "").utf8.contains($0)
      }
      if value.count >= max(secret.lengthMin, 16), value.count <= secret.lengthMax,
        !Matcher.isPlaceholder(value)
      {
        return secret
      }
    }
    return nil
  }

  private static func offset(of needle: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
    guard bytes.count >= needle.count else { return nil }
    for index in bytes.startIndex...bytes.endIndex - needle.count
    where bytes[index] == needle[0] && bytes[index...].starts(with: needle) {
      return index
    }
    return nil
  }

  /// Few different characters, or words that say so.
  private static func isPlaceholder(_ value: ArraySlice<UInt8>) -> Bool {
    if Set(value).count < 7 { return true }
    let word = String(decoding: value, as: UTF8.self).lowercased()
    return ["your", "example", "placeholder", "changeme", "replace", "dummy", "fake", "xxxx"]
      .contains { word.contains($0) }
  }
}

import Core

/// Finds values that decode but make no sense. Each check returns the first problem.
struct RuleCheck {
  /// What is wrong, and where in the file.
  struct Problem {
    var path: String
    /// Words to follow "expected".
    var expected: String

    init(_ path: String, _ expected: String) {
      self.path = path
      self.expected = expected
    }
  }

  static let lengths = 8...19

  func brands(_ brands: [Brand]) -> Problem? {
    var ids: Set<String> = []
    for (index, brand) in brands.enumerated() {
      let path = "[\(index)]"
      if brand.id.isEmpty || !ids.insert(brand.id).inserted {
        return Problem(path + ".id", "an id of its own for every brand")
      }
      if let digits = brand.codeDigits, digits != 3, digits != 4 {
        return Problem(path + ".codeDigits", "3 or 4")
      }
      for (number, range) in brand.ranges.enumerated() {
        if let problem = issuerRange(range, path: path + ".ranges[\(number)]") { return problem }
      }
    }
    return nil
  }

  private func issuerRange(_ range: Brand.IssuerRange, path: String) -> Problem? {
    if !(0...100).contains(range.base) { return Problem(path + ".base", "0 to 100 points") }
    guard let shortest = range.lengths.min() else {
      return Problem(path + ".lengths", "at least one length")
    }
    if let index = range.lengths.firstIndex(where: { !RuleCheck.lengths.contains($0) }) {
      return Problem(path + ".lengths[\(index)]", "a length from 8 to 19")
    }
    if range.prefixes.isEmpty { return Problem(path + ".prefixes", "at least one prefix") }
    for (index, prefix) in range.prefixes.enumerated() {
      let place = path + ".prefixes[\(index)]"
      guard let (low, high) = Brand.IssuerRange.bounds(of: prefix) else {
        return Problem(place, "digits, or two of equal width with a dash, the smaller one first")
      }
      if low.count > min(12, shortest) || low.count != high.count {
        return Problem(place, "a prefix of at most 12 digits, not longer than the number")
      }
    }
    return nil
  }

  func shapes(_ shapes: Shapes) -> Problem? {
    for (index, grouping) in shapes.groupings.enumerated() {
      let groups = grouping.groups
      let sum = groups.reduce(0) { $0 &+ $1 }
      if !(2...12).contains(groups.count) || groups.contains(where: { !(1...19).contains($0) })
        || !RuleCheck.lengths.contains(sum)
      {
        return Problem(
          "groupings[\(index)].groups", "two to twelve groups of 8 to 19 digits in all")
      }
    }
    // As bytes: an en quad and an en space are one as strings.
    var texts: Set<[UInt8]> = []
    for (index, separator) in shapes.separators.enumerated() {
      let text = separator.text
      let begins = text.first.map { !$0.isLetter } ?? false
      // The digits of these two are known to the detector.
      let isPlain = ["%20", "&#160;"].contains(text) || !text.contains(where: \.isNumber)
      if !begins || !isPlain || !Shapes.separatorWidths.contains(text.utf8.count)
        || !texts.insert(Array(text.utf8)).inserted
      {
        return Problem(
          "separators[\(index)].text",
          "a text of 1 to 8 bytes that stands once, begins with no letter and has no digit"
        )
      }
      for bytes in separator.otherBytes {
        guard Shapes.separatorWidths.contains(bytes.count), bytes[0] >= 0x80,
          !bytes.contains(where: { (0x30...0x39).contains($0) }), texts.insert(bytes).inserted
        else {
          return Problem(
            "separators[\(index)].other",
            "1 to 8 bytes in hex that stand once, the first of 80 or more, and no digits of ASCII")
        }
      }
    }
    return nil
  }

  func scoring(_ scoring: Scoring) -> Problem? {
    let all: [(String, Int)] = [
      ("label.strong", scoring.label.strong), ("label.medium", scoring.label.medium),
      ("label.weak", scoring.label.weak), ("nearby.strong", scoring.nearby.strong),
      ("nearby.medium", scoring.nearby.medium), ("nearby.weak", scoring.nearby.weak),
      ("nearbyBesideNegativeMax", scoring.nearbyBesideNegativeMax),
      ("negativeLabel", scoring.negativeLabel), ("lookAlike", scoring.lookAlike),
      ("glued", scoring.glued), ("expiryBeside", scoring.expiryBeside),
      ("codeBeside", scoring.codeBeside), ("brandBeside", scoring.brandBeside),
      ("testNumber", scoring.testNumber), ("trailingZeros", scoring.trailingZeros),
      ("oneMoreGroup", scoring.oneMoreGroup), ("luhnRate", scoring.luhnRate),
      ("issuerRate", scoring.issuerRate), ("unionPayWithoutLuhn", scoring.unionPayWithoutLuhn),
    ]
    guard let wrong = all.first(where: { !(-100...100).contains($0.1) }) else { return nil }
    return Problem(wrong.0, "-100 to 100 points")
  }

  func words(_ list: WordList, fileName: String) -> Problem? {
    if fileName != "words/\(list.language).json5" {
      return Problem("language", "the language the file is named after")
    }
    let categories: [(String, WordList.ByWeight?)] = [
      ("pan", list.pan), ("cvv", list.cvv), ("expiry", list.expiry), ("holder", list.holder),
      ("track", list.track), ("pin", list.pin), ("serviceCode", list.serviceCode),
      ("brand", list.brand),
    ]
    for case (let name, let words?) in categories {
      var seen: Set<String> = []
      for (weight, terms) in words.lists {
        if let problem = checkTerms(terms, path: "\(name).\(weight)", seen: &seen) {
          return problem
        }
      }
    }
    var seen: Set<String> = []
    return checkTerms(list.negative ?? [], path: "negative", seen: &seen)
  }

  private func checkTerms(_ terms: [String], path: String, seen: inout Set<String>) -> Problem? {
    for (index, term) in terms.enumerated() {
      let isTidy = term.split(separator: " ").joined(separator: " ") == term
      if term.isEmpty || !isTidy || term != term.lowercased() {
        return Problem("\(path)[\(index)]", "a term in lower case with one space between words")
      }
      if !seen.insert(term).inserted {
        return Problem("\(path)[\(index)]", "every term once in a category")
      }
    }
    return nil
  }

  func identifiers(_ identifiers: Identifiers) -> Problem? {
    let all = [
      ("pan", identifiers.pan), ("cvv", identifiers.cvv), ("expiry", identifiers.expiry),
      ("holder", identifiers.holder), ("track", identifiers.track), ("pin", identifiers.pin),
      ("safe", identifiers.safe), ("notCode", identifiers.notCode),
    ]
    for (name, names) in all {
      var seen: Set<String> = []
      for (index, exact) in names.exact.enumerated() {
        let isPlain = exact.unicodeScalars.allSatisfy { $0.properties.isAlphabetic || $0.isDigit }
        if exact.isEmpty || !isPlain || exact != exact.lowercased() {
          return Problem("\(name).exact[\(index)]", "a name in lower case without separators")
        }
        if !seen.insert(exact).inserted {
          return Problem("\(name).exact[\(index)]", "every name once")
        }
      }
      seen = []
      let path = "\(name).contains"
      if let problem = checkTerms(names.contains, path: path, seen: &seen) { return problem }
    }
    return nil
  }

  func testNumbers(_ groups: [TestNumbers]) -> Problem? {
    var seen: Set<String> = []
    for (index, group) in groups.enumerated() {
      for (place, number) in group.numbers.enumerated() {
        let path = "[\(index)].numbers[\(place)]"
        if !RuleCheck.lengths.contains(number.utf8.count)
          || !number.unicodeScalars.allSatisfy(\.isDigit)
        {
          return Problem(path, "8 to 19 digits and nothing else")
        }
        if !seen.insert(number).inserted { return Problem(path, "every number once") }
        if TestNumbers.passesLuhn(number) != (group.luhn ?? true) {
          return Problem(path, "a right check digit, or luhn: false beside a wrong one")
        }
      }
    }
    return nil
  }

  func secrets(_ secrets: [Secret]) -> Problem? {
    for (index, secret) in secrets.enumerated() {
      let path = "[\(index)]"
      let hasHeads = !(secret.heads ?? []).isEmpty
      if (secret.prefix?.isEmpty ?? true) == (secret.infix?.isEmpty ?? true)
        || (secret.infix != nil) != hasHeads
      {
        return Problem(path, "either a prefix, or an infix with heads")
      }
      if secret.lengthMin < 1 || secret.lengthMax < secret.lengthMin || secret.lengthMax > 4096 {
        return Problem(path + ".lengthMin", "1 <= lengthMin <= lengthMax <= 4096")
      }
      if Severity(rawValue: secret.severity) == nil { return severity(path + ".severity") }
    }
    return nil
  }

  func stripeIDs(_ shapes: [IDShape]) -> Problem? {
    for (index, shape) in shapes.enumerated() where shape.prefix.isEmpty || shape.lengthMin < 1 {
      return Problem("[\(index)]", "a prefix and a lengthMin of at least 1")
    }
    return nil
  }

  func requirements(_ requirements: [Requirement]) -> Problem? {
    for (index, requirement) in requirements.enumerated()
    where requirement.id.isEmpty || requirement.short.isEmpty {
      return Problem("[\(index)]", "a number and words for it")
    }
    return nil
  }

  func rule(_ rule: Rule, fileName: String) -> Problem? {
    if fileName != "catalogue/\(rule.id).json5" {
      return Problem("id", "the id the file is named after")
    }
    if Finding.Kind(rawValue: rule.kind) == nil {
      let kinds = Finding.Kind.allCases.map(\.rawValue).joined(separator: ", ")
      return Problem("kind", "one of \(kinds)")
    }
    if Severity(rawValue: rule.severity) == nil { return severity("severity") }
    for (name, examples) in [("match", rule.match), ("noMatch", rule.noMatch)] {
      if examples.isEmpty { return Problem(name, "at least one text") }
      for (index, example) in examples.enumerated() {
        if example.text.isEmpty { return Problem("\(name)[\(index)].text", "a text") }
        if let count = example.count, count < 1 || name == "noMatch" {
          return Problem("\(name)[\(index)].count", "a count of 1 or more, in match only")
        }
      }
    }
    return nil
  }

  private func severity(_ path: String) -> Problem {
    Problem(path, "one of " + Severity.allCases.map(\.rawValue).joined(separator: ", "))
  }

  /// What can only be seen with all files together.
  static func crossReferences(_ set: RuleSet, directory: String) throws(RuleError) {
    let known = Set(set.requirements.map(\.id))
    for rule in set.rules {
      guard let missing = rule.requirements.first(where: { !known.contains($0) }) else { continue }
      throw RuleError(
        .value, file: "\(directory)/catalogue/\(rule.id).json5", keyPath: "requirements",
        expected: "requirement \(missing) to be listed in requirements.json5")
    }
  }
}

extension Brand.IssuerRange {
  /// The two ends of a prefix (`"51-55"`), equal for a single one; `nil` when it is not well-formed.
  package static func bounds(of prefix: String) -> (low: String, high: String)? {
    let ends = prefix.split(separator: "-", omittingEmptySubsequences: false).map(String.init)
    guard ends.count == 1 || ends.count == 2, let low = ends.first, let high = ends.last else {
      return nil
    }
    let areDigits = ends.allSatisfy { !$0.isEmpty && $0.unicodeScalars.allSatisfy(\.isDigit) }
    guard areDigits, low.count == high.count, low <= high else { return nil }
    return (low, high)
  }
}

extension TestNumbers {
  /// Whether the check digit of `number` is right.
  package static func passesLuhn(_ number: String) -> Bool {
    var sum = 0
    for (index, digit) in number.utf8.reversed().enumerated() {
      let value = Int(digit) - 0x30
      sum += index % 2 == 0 ? value : value * 2 - (value > 4 ? 9 : 0)
    }
    return sum % 10 == 0
  }
}

extension Unicode.Scalar {
  /// An ASCII digit; other scripts' digits are none here.
  fileprivate var isDigit: Bool { (0x30...0x39).contains(value) }
}

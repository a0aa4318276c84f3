/// One file being decoded: turns what the decoder and the checks say into a `RuleError` with a line.
struct RuleSource {
  var file: RuleFile
  var shown: String
  /// Every key that may stand in it, at any depth; `nil` for any.
  var keys: Set<String>?

  func decode<T: Decodable>(_ check: (T) -> RuleCheck.Problem?) throws(RuleError) -> T {
    let value: T
    do {
      value = try JSON5Decoder.decode(T.self, from: file.bytes)
    } catch let error as DecodingError {
      throw ruleError(error)
    } catch {
      throw RuleError(.syntax, file: shown, expected: "JSON5")
    }
    if let problem = check(value) {
      throw RuleError(
        .value, file: shown, line: try outline().line(of: problem.path), keyPath: problem.path,
        expected: problem.expected)
    }
    return value
  }

  func checkOutline() throws(RuleError) {
    let outline = try outline()
    guard let keys else { return }
    for key in outline.keys where !keys.contains(key.name) {
      var error = RuleError(
        .key, file: shown, line: key.line, keyPath: key.path,
        expected: "one of the keys " + keys.sorted().joined(separator: ", "))
      error.known = keys.sorted()
      throw error
    }
  }

  private func outline() throws(RuleError) -> RuleOutline {
    do throws(RuleOutline.Trouble) {
      return try RuleOutline(file.bytes)
    } catch {
      throw RuleError(
        error.isDuplicateKey ? .key : .syntax, file: shown, line: error.line, keyPath: error.path,
        expected: error.expected)
    }
  }

  private func ruleError(_ error: DecodingError) -> RuleError {
    let outline: RuleOutline
    do throws(RuleError) {
      outline = try self.outline()
    } catch {
      return error
    }
    func make(
      _ code: RuleError.Code, _ context: DecodingError.Context, _ expected: String
    ) -> RuleError {
      let path = RuleOutline.path(context.codingPath)
      return RuleError(
        code, file: shown, line: outline.line(of: path), keyPath: path, expected: expected)
    }
    switch error {
    case .typeMismatch(let type, let context): return make(.type, context, words(for: type))
    case .valueNotFound(let type, let context): return make(.type, context, words(for: type))
    case .keyNotFound(let key, let context):
      return make(.key, context, "the key \(key.stringValue)")
    case .dataCorrupted(let context): return make(.syntax, context, "JSON5")
    @unknown default: return RuleError(.syntax, file: shown, expected: "JSON5")
    }
  }

  private func words(for type: any Any.Type) -> String {
    switch type {
    case is Int.Type: "a whole number"
    case is String.Type: "a text in quotes"
    case is Bool.Type: "true or false"
    default: String(describing: type).hasPrefix("Array") ? "a list in [ ]" : "an object in { }"
    }
  }
}

import Core
import Inputs
import Native
import Rules

/// What `.unpan.json5` says about a repository: which paths are judged otherwise, and why.
package struct GuardSettings: Sendable, Equatable {
  /// Where it was found; `nil` when there is none.
  package var file: String?
  /// The baseline, below the settings' own directory.
  package var baseline: String?
  package var minConfidence: Confidence?
  package var failOn: Severity?
  package var testNumbers: ScanOptions.TestNumbers?
  package var paths: [PathRule] = []

  package static let fileName = ".unpan.json5"

  package init() {}

  /// What holds for some paths.
  package struct PathRule: Sendable, Equatable {
    /// As `--exclude` takes it, below the repository.
    package var path: String
    package var reason: String
    package var effect: Effect
    package var owner: String?
    /// The last day it holds.
    package var expires: String?
  }

  /// What a rule does.
  package enum Effect: Sendable, Equatable {
    /// Not read, and listed as excluded.
    case exclude
    /// Published test numbers are counted only.
    case ignoreTestNumbers
    /// Findings of these kinds are told and do not fail the check.
    case allow([Finding.Kind])
  }

  /// Looks for the settings in a directory and those above it, up to the top of the repository.
  /// - Parameter directory: absolute.
  package static func find(from directory: String) -> String? {
    var directory = directory
    while true {
      let file = (directory == "/" ? "" : directory) + "/" + fileName
      if isThere(file) { return file }
      if isThere(directory + "/.git") || directory == "/" || directory.isEmpty { return nil }
      directory = String(directory[..<(directory.lastIndex(of: "/") ?? directory.startIndex)])
      if directory.isEmpty { directory = "/" }
    }
  }

  private static func isThere(_ path: String) -> Bool {
    do throws(SystemError) {
      _ = try FileStatus.of(ForeignBytes.bytes(of: path), followsLinks: true)
      return true
    } catch {
      return false
    }
  }

  /// Reads a small text file.
  package static func bytes(of file: String) throws(SettingsError) -> [UInt8] {
    var bytes: [UInt8] = []
    do throws(SystemError) {
      try forEachLine(of: file) { line, isWhole in
        bytes += line
        if isWhole { bytes.append(UInt8(ascii: "\n")) }
      }
    } catch .tooManyLinks {
      throw SettingsError(.unreadable("it is a symbolic link, which is not followed"), file: file)
    } catch {
      throw SettingsError(.unreadable(error.text), file: file)
    }
    return bytes
  }

  /// - Throws: `SettingsError` with the line, and for an unknown key those that there are.
  package init(decoding bytes: [UInt8], file: String) throws(SettingsError) {
    let outline: RuleOutline
    do throws(RuleOutline.Trouble) {
      outline = try RuleOutline(bytes)
    } catch {
      throw SettingsError(.syntax(error.expected), file: file, line: error.line, path: error.path)
    }
    for key in outline.keys {
      let known = key.path.hasPrefix("paths[") ? GuardSettings.ruleKeys : GuardSettings.keys
      guard known.contains(key.name) else {
        throw SettingsError(
          .unknownKey(key.name, known: known), file: file, line: key.line, path: key.path)
      }
    }
    func fail(_ expected: String, _ path: String) -> SettingsError {
      SettingsError(.value(expected), file: file, line: outline.line(of: path), path: path)
    }
    let raw: Raw
    do {
      raw = try JSON5Decoder.decode(Raw.self, from: bytes)
    } catch DecodingError.keyNotFound(let key, let context) {
      throw fail("the key \(key.stringValue)", RuleOutline.path(context.codingPath))
    } catch let error as DecodingError {
      throw fail("a value of another type", GuardSettings.path(of: error))
    } catch {
      throw SettingsError(.syntax("JSON5"), file: file)
    }
    guard raw.version == 1 else { throw fail("1, the version of this form", "version") }
    self.file = file
    baseline = raw.baseline
    func word<T: RawRepresentable & CaseIterable>(
      _ text: String?, _ type: T.Type, _ path: String
    ) throws(SettingsError) -> T? where T.RawValue == String {
      guard let text else { return nil }
      guard let value = T(rawValue: text) else {
        throw fail("one of " + T.allCases.map(\.rawValue).joined(separator: ", "), path)
      }
      return value
    }
    minConfidence = try word(raw.minConfidence, Confidence.self, "minConfidence")
    failOn = try word(raw.failOn, Severity.self, "failOn")
    testNumbers = try word(raw.testNumbers, ScanOptions.TestNumbers.self, "testNumbers")
    for (index, rule) in (raw.paths ?? []).enumerated() {
      let path = "paths[\(index)]"
      guard !rule.path.isEmpty else { throw fail("a pattern", path + ".path") }
      guard !Suppression.isBlank(rule.reason) else {
        throw fail("why, for whoever asks later", path + ".reason")
      }
      if let expires = rule.expires, !Day.isValid(expires) {
        throw fail("a day such as 2026-12-31", path + ".expires")
      }
      var effects: [Effect] = []
      if rule.exclude == true { effects.append(.exclude) }
      if let testNumbers = rule.testNumbers {
        guard testNumbers == "ignore" else { throw fail("ignore", path + ".testNumbers") }
        effects.append(.ignoreTestNumbers)
      }
      if let names = rule.allow {
        var kinds: [Finding.Kind] = []
        for (place, name) in names.enumerated() {
          guard let kind = try word(name, Finding.Kind.self, path + ".allow[\(place)]") else {
            continue
          }
          guard !kind.isSensitiveAuthenticationData else {
            throw SettingsError(
              .sensitive(kind), file: file, line: outline.line(of: path + ".allow[\(place)]"),
              path: path + ".allow[\(place)]")
          }
          kinds.append(kind)
        }
        effects.append(.allow(kinds))
      }
      guard effects.count == 1 else {
        throw fail("exactly one of exclude: true, testNumbers: \"ignore\", allow: [...]", path)
      }
      paths.append(
        PathRule(
          path: rule.path, reason: rule.reason, effect: effects[0], owner: rule.owner,
          expires: rule.expires))
    }
  }

  private static let keys = [
    "version", "baseline", "minConfidence", "failOn", "testNumbers", "paths",
  ]
  private static let ruleKeys = [
    "path", "reason", "exclude", "testNumbers", "allow", "owner", "expires",
  ]

  private struct Raw: Decodable {
    var version: Int
    var baseline: String?
    var minConfidence: String?
    var failOn: String?
    var testNumbers: String?
    var paths: [RawRule]?
  }

  private struct RawRule: Decodable {
    var path: String
    var reason: String
    var exclude: Bool?
    var testNumbers: String?
    var allow: [String]?
    var owner: String?
    var expires: String?
  }

  private static func path(of error: DecodingError) -> String {
    switch error {
    case .typeMismatch(_, let context), .valueNotFound(_, let context),
      .keyNotFound(_, let context), .dataCorrupted(let context):
      RuleOutline.path(context.codingPath)
    @unknown default: ""
    }
  }

  /// The rules that hold for a path today, in the order of the file.
  package func rules(for path: String, today: String) -> [PathRule] {
    paths.filter { rule in
      (rule.expires.map { $0 >= today } ?? true)
        && GitExclusion(Glob(rule.path)).applies(to: Array(path.utf8))
    }
  }

  /// Paths that are not read at all.
  package func exclusions(today: String) -> [GitExclusion] {
    paths.filter { $0.effect == .exclude && ($0.expires.map { $0 >= today } ?? true) }.map {
      GitExclusion(Glob($0.path), detail: $0.reason)
    }
  }
}

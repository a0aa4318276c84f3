import FoundationEssentials
import Glibc

extension RuleSet {
  /// Version of the rules, raised by hand for a release whose rules can change a result; between releases
  /// the digest of `rules.json` in the evidence tells them apart.
  package static let version = "1.0.0"

  /// The embedded rules, with those of a folder in their place.
  ///
  /// A file in the folder replaces the embedded one of the same name; further `words/` and
  /// `catalogue/` files are added. Files that are not `.json` or `.json5` are left alone.
  /// - Parameter directory: the user's `--rules DIR`.
  /// - Throws: `RuleError` for the first file that cannot be read, decoded or believed.
  package static func load(directory: String? = nil) throws(RuleError) -> RuleSet {
    var builder = Builder()
    let own = try ownFiles(directory)
    let replaced = Set(own.map(\.name))
    for file in merged(own) {
      let isOwn = replaced.contains(file.name)
      let shown = isOwn ? directory! + "/" + file.name : file.name
      try builder.add(file, shownAs: shown, checked: isOwn)
    }
    let set = try builder.finish()
    if !own.isEmpty { try RuleCheck.crossReferences(set, directory: directory ?? "") }
    return set
  }

  /// The files that `load` takes, in its order; not decoded.
  /// - Throws: `RuleError` for the first file that cannot be read.
  package static func files(directory: String?) throws(RuleError) -> [RuleFile] {
    merged(try ownFiles(directory))
  }

  /// The files of a user's folder.
  static func ownFiles(_ directory: String?) throws(RuleError) -> [RuleFile] {
    try directory.map { directory throws(RuleError) in try files(in: directory) } ?? []
  }

  /// By name, so that languages and rules keep their order wherever they come from.
  private static func merged(_ own: [RuleFile]) -> [RuleFile] {
    let replaced = Set(own.map(\.name))
    let files = RuleFile.embedded.filter { !replaced.contains($0.name) } + own
    return files.sorted { $0.name < $1.name }
  }

  /// Decodes and checks one file without loading the others, as `load` does for a user's file.
  package static func check(_ file: RuleFile) throws(RuleError) {
    var builder = Builder()
    try builder.add(file, shownAs: file.name, checked: true)
  }

  /// Rule files are small; a larger one is somebody's mistake.
  private static let fileBytesMax = 16 << 20

  private static func files(in directory: String) throws(RuleError) -> [RuleFile] {
    var files: [RuleFile] = []
    for folder in ["", "words/", "catalogue/", "lint/"] {
      let path = directory + "/" + folder
      if !folder.isEmpty && !FileManager.default.fileExists(atPath: path) { continue }
      let names: [String]
      do {
        names = try FileManager.default.contentsOfDirectory(atPath: path).sorted()
      } catch {
        throw RuleError(
          .unreadable, file: folder.isEmpty ? directory : path,
          expected: "a folder with rule files", cause: cause(of: error))
      }
      for name in names where name.hasSuffix(".json5") || name.hasSuffix(".json") {
        files.append(try readFile(folder + name, in: directory))
      }
    }
    guard !files.isEmpty else {
      throw RuleError(
        .unreadable, file: directory,
        expected: "a folder with rule files ("
          + RuleFile.Kind.allCases.map(\.fileName).joined(separator: ", ") + ")",
        hint: "leave out --rules to use the built-in rules")
    }
    return files
  }

  private static func readFile(
    _ name: String, in directory: String
  ) throws(RuleError) -> RuleFile {
    let path = directory + "/" + name
    guard RuleFile.Kind(fileName: name) != nil else {
      let names = RuleFile.Kind.allCases.map(\.fileName).joined(separator: ", ")
      throw RuleError(.unknownFile, file: path, expected: "one of \(names)")
    }
    let bytes: Data
    do {
      let attributes = try FileManager.default.attributesOfItem(atPath: path)
      let size = attributes[.size] as? UInt64 ?? 0
      guard size <= fileBytesMax else {
        throw RuleError(.unreadable, file: path, expected: "at most \(fileBytesMax) bytes")
      }
      bytes = try Data(contentsOf: URL(filePath: path))
    } catch let error as RuleError {
      throw error
    } catch {
      throw RuleError(
        .unreadable, file: path, expected: "a readable file", cause: cause(of: error))
    }
    return RuleFile(name: name, bytes: bytes)
  }

  /// What the operating system said, without the innards of Foundation's error.
  private static func cause(of error: any Error) -> String? {
    guard let error = (error as? CocoaError)?.underlying as? POSIXError else { return nil }
    return String(cString: strerror(error.code.rawValue))
  }
}

/// Collects decoded files until every part of a rule set is there.
private struct Builder {
  var brands: [Brand]?
  var shapes: Shapes?
  var scoring: Scoring?
  var words: [WordList] = []
  var identifiers: Identifiers?
  var testNumbers: [TestNumbers]?
  var secrets: [Secret]?
  var stripeIDs: [IDShape]?
  var rules: [Rule] = []
  var requirements: [Requirement]?
  var policy: TargetPolicy?

  /// - Parameter checked: also look for unknown keys and values that make no sense. Embedded files are
  ///   checked by the tests, not at every start.
  mutating func add(_ file: RuleFile, shownAs shown: String, checked: Bool) throws(RuleError) {
    guard let kind = file.kind else {
      throw RuleError(.unknownFile, file: shown, expected: "the name of a rule file")
    }
    let source = RuleSource(file: file, shown: shown, keys: checked ? kind.keys : nil)
    if checked { try source.checkOutline() }
    let check = checked ? RuleCheck() : nil
    switch kind {
    case .brands: brands = try source.decode { check?.brands($0) }
    case .shapes: shapes = try source.decode { check?.shapes($0) }
    case .scoring: scoring = try source.decode { check?.scoring($0) }
    case .identifiers: identifiers = try source.decode { check?.identifiers($0) }
    case .testNumbers: testNumbers = try source.decode { check?.testNumbers($0) }
    case .secrets: secrets = try source.decode { check?.secrets($0) }
    case .stripeIDs: stripeIDs = try source.decode { check?.stripeIDs($0) }
    case .requirements: requirements = try source.decode { check?.requirements($0) }
    case .policy: policy = try source.decode { check?.policy($0) }
    case .words: words.append(try source.decode { check?.words($0, fileName: file.name) })
    case .catalogue: rules.append(try source.decode { check?.rule($0, fileName: file.name) })
    case .lintNames:
      if checked { let _: LintNames = try source.decode { _ in nil } }
    case .lint:
      // Decoded by `LintRules.load`, for the commands that need them.
      guard let check else { return }
      let _: LintRule = try source.decode { check.lint($0, fileName: file.name, names: nil) }
    }
  }

  func finish() throws(RuleError) -> RuleSet {
    guard let brands, let shapes, let scoring, let identifiers, let testNumbers, let secrets,
      let stripeIDs, let requirements, let policy
    else {
      throw RuleError(.unreadable, file: "rules", expected: "every rule file in the binary")
    }
    return RuleSet(
      brands: brands, shapes: shapes, scoring: scoring, words: words, identifiers: identifiers,
      testNumbers: testNumbers, secrets: secrets, stripeIDs: stripeIDs, rules: rules,
      requirements: requirements, policy: policy)
  }
}

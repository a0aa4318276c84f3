import Foundation
import Rules
import Testing

/// A folder as a user would pass with `--rules`, removed at the end.
private final class Folder {
  let url = FileManager.default.temporaryDirectory.appending(path: "rules-\(UUID().uuidString)")

  init(_ files: [String: String]) throws {
    for (name, text) in files {
      let file = url.appending(path: name)
      try FileManager.default.createDirectory(
        at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
      try Data(text.utf8).write(to: file)
    }
  }

  deinit { try? FileManager.default.removeItem(at: url) }
}

@Suite struct OwnRulesTests {
  @Test func `a file of the same name replaces the embedded one`() throws {
    let folder = try Folder([
      "requirements.json5": "[{ id: 'X1', short: 'ours' }]",
      "catalogue/pan.json5": rule("pan", requirement: "X1"),
      "catalogue/cvv.json5": rule("cvv", requirement: "X1"),
      "catalogue/pan-hash.json5": rule("pan-hash", requirement: "X1"),
      "catalogue/split-pan.json5": rule("split-pan", requirement: "X1"),
      "catalogue/pin-block.json5": rule("pin-block", requirement: "X1"),
      "catalogue/secret.json5": rule("secret", requirement: "X1"),
      "catalogue/track1.json5": rule("track1", requirement: "X1"),
      "catalogue/track2.json5": rule("track2", requirement: "X1"),
    ])
    let rules = try RuleSet.load(directory: folder.url.path)
    #expect(rules.requirements.map(\.id) == ["X1"])
    #expect(rules.rules.allSatisfy { $0.title == "ours" })
    #expect(rules.brands.count == (try RuleSet.load().brands.count))
  }

  @Test func `a further language is added in the order of names`() throws {
    let folder = try Folder([
      "words/eo.json5": "{ language: 'eo', bounded: true, pan: { strong: ['kartnumero'] } }",
      "README.md": "not a rule file",
    ])
    let languages = try RuleSet.load(directory: folder.url.path).words.map(\.language)
    #expect(languages.contains("eo"))
    #expect(languages == languages.sorted())
  }

  @Test(arguments: ["brand.json5", "brands.json", "words/de.json", "catalogue/x.json"])
  func `a file that would be ignored is an error`(name: String) throws {
    let folder = try Folder([name: "[]"])
    let error = try #require(throws: RuleError.self) {
      _ = try RuleSet.load(directory: folder.url.path)
    }
    #expect(error.code == .unknownFile)
    #expect(error.file.hasSuffix(name))
    #expect(error.expected.contains("brands.json5"))
  }

  @Test func `a folder that is not there is told in the system's words`() throws {
    let error = try #require(throws: RuleError.self) {
      _ = try RuleSet.load(directory: "/no/such/rules")
    }
    #expect(error.file == "/no/such/rules")
    #expect(error.cause == "No such file or directory")
  }

  @Test func `a broken file is named as the user can open it`() throws {
    let folder = try Folder(["brands.json5": "[\n  {,}\n]"])
    let error = try #require(throws: RuleError.self) {
      _ = try RuleSet.load(directory: folder.url.path)
    }
    #expect(error.file == folder.url.path + "/brands.json5")
    #expect(error.line == 2)
    #expect(error.expected == "a key")
  }

  @Test func `a folder that is not there is an error`() {
    #expect(throws: RuleError.self) { try RuleSet.load(directory: "/nonexistent/rules") }
  }

  @Test func `a rule may only name requirements that are listed`() throws {
    let folder = try Folder(["catalogue/own.json5": rule("own", requirement: "99.9")])
    let error = try #require(throws: RuleError.self) {
      _ = try RuleSet.load(directory: folder.url.path)
    }
    #expect(error.keyPath == "requirements")
    #expect(error.expected.contains("99.9"))
  }

  private func rule(_ id: String, requirement: String) -> String {
    """
    { id: '\(id)', title: 'ours', kind: 'pan', severity: 'high', requirements: ['\(requirement)'],
      what: 'x.', why: 'x.', fix: 'x.', match: [{ text: 'a' }], noMatch: [{ text: 'b' }] }
    """
  }
}

import Audit
import Core
import Testing

@Suite struct GuardSettingsTests {
  private func settings(_ text: String) throws -> GuardSettings {
    try GuardSettings(decoding: Array(text.utf8), file: ".unpan.json5")
  }

  @Test func `settings are read`() throws {
    let settings = try settings(
      """
      // Comments are fine.
      {
        version: 1, baseline: "b.json", minConfidence: "high", failOn: "medium", testNumbers: "fail",
        paths: [
          { path: "vendor/", reason: "not ours", exclude: true },
          { path: "tests/**", reason: "fixtures", testNumbers: "ignore" },
          { path: "*.md", reason: "docs", allow: ["pan"], owner: "ann", expires: "2026-12-31" },
        ],
      }
      """)
    #expect(settings.minConfidence == .high)
    #expect(settings.failOn == .medium)
    #expect(settings.testNumbers == .fail)
    #expect(settings.paths.map(\.effect) == [.exclude, .ignoreTestNumbers, .allow([.pan])])
    #expect(settings.rules(for: "vendor/a/b.js", today: "2026-01-01").map(\.path) == ["vendor/"])
    #expect(settings.rules(for: "docs/a.md", today: "2026-12-31").map(\.path) == ["*.md"])
    #expect(settings.rules(for: "docs/a.md", today: "2027-01-01").isEmpty)
    #expect(settings.rules(for: "src/a.js", today: "2026-01-01").isEmpty)
  }

  @Test(arguments: [
    ("{version: 1,\n pathes: []}", 2, "pathes"),
    ("{version: 1, paths: [\n{path: 'a', reason: 'b',\n exclde: true}]}", 3, "paths[0].exclde"),
    ("{\n version: 2}", 2, "version"),
    ("{version: 1,\n failOn: 'never'}", 2, "failOn"),
    ("{version: 1, paths: [{path: 'a', reason: '', exclude: true}]}", 1, "paths[0].reason"),
    ("{version: 1, paths: [{path: 'a', reason: 'b'}]}", 1, "paths[0]"),
    (
      "{version: 1, paths: [{path: 'a', reason: 'b', exclude: true, allow: ['pan']}]}", 1,
      "paths[0]"
    ),
    ("{version: 1, paths: [{path: 'a', reason: 'b', allow: ['pn']}]}", 1, "paths[0].allow[0]"),
    ("{version: 1, paths: [{path: 'a', reason: 'b', allow: ['cvv']}]}", 1, "paths[0].allow[0]"),
    ("{version: 1, paths: [{reason: 'b', exclude: true}]}", 1, "paths[0]"),
    ("{version: 1,\n paths: 3}", 2, "paths"),
  ])
  func `a mistake is told with its line`(text: String, line: Int, path: String) {
    let error = #expect(throws: SettingsError.self) { try settings(text) }
    #expect(error?.line == line)
    #expect(error?.path == path)
  }

  @Test(arguments: ["", "{", "[]", "nonsense", "{version: 1} x", "\u{0}"])
  func `what is no settings file is refused`(text: String) {
    #expect(throws: SettingsError.self) { try settings(text) }
  }
}

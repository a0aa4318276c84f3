import Foundation
import TestSupport
import Testing

/// The ready-made pieces for pre-commit, GitHub and GitLab, run as those would run them.
@Suite(.enabled(if: ScratchRepository.hasGit, "git is not installed"))
struct IntegrationTests {
  let repository: ScratchRepository
  let tool: Tool

  init() throws {
    repository = try ScratchRepository()
    tool = try Tool(in: URL(filePath: repository.path))
  }

  /// A path of the makefile's is one from the package's directory.
  private static let python: String = {
    let name = ProcessInfo.processInfo.environment["UNPAN_PYTHON"] ?? "python3"
    guard name.contains("/"), !name.hasPrefix("/") else { return name }
    return Tool.package.appendingPathComponent(name).path
  }()

  static let hasPreCommit: Bool = {
    do {
      let outcome = try Tool().run(
        ["sh", "-c", "\(python) -m pre_commit --version"], binary: "/usr/bin/env")
      return outcome.exit == 0 || ProcessInfo.processInfo.environment["CI"] == "true"
    } catch { return false }
  }()

  private func shell(_ script: String, _ environment: [String: String] = [:]) throws -> Tool.Outcome
  {
    // A name that is `unpan` leads to the binary under test.
    let bin = repository.path + "/.git/bin"
    try FileManager.default.createDirectory(atPath: bin, withIntermediateDirectories: true)
    if !FileManager.default.fileExists(atPath: bin + "/unpan") {
      try FileManager.default.createSymbolicLink(
        atPath: bin + "/unpan", withDestinationPath: Tool.binary.path)
    }
    var all = ScratchRepository.environment
    all["PATH"] = "\(bin):\(ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin")"
    return try tool.run(
      ["-c", script], environment: all.merging(environment) { $1 }, binary: "/bin/bash")
  }

  @Test(.enabled(if: hasPreCommit, "pre-commit is not installed (PyPI: pre-commit)"))
  func `pre-commit stops a commit`() throws {
    // pre-commit takes a hook from a repository, so the manifest is put into one.
    let hooks = try ScratchRepository()
    let manifest = try String(
      contentsOf: Tool.package.appendingPathComponent(".pre-commit-hooks.yaml"), encoding: .utf8)
    let id = try hooks.commit(manifest, to: ".pre-commit-hooks.yaml")
    try repository.write(
      """
      repos:
        - repo: \(hooks.path)
          rev: \(id)
          hooks:
            - id: unpan

      """, to: ".pre-commit-config.yaml")
    try repository.write("card 4242424242424242\n", to: "a.txt")
    let cache = ["PRE_COMMIT_HOME": repository.path + "/.git/cache"]
    let stopped = try shell(
      "git add -A && \(Self.python) -m pre_commit install >/dev/null && git commit -q -m m", cache)
    #expect(stopped.exit == 1)
    #expect((stopped.out + stopped.err).contains("a.txt"))
    try repository.write("nothing\n", to: "a.txt")
    #expect(try shell("git add -A && git commit -q -m m", cache).exit == 0)
  }

  @Test func `the action's step checks a pull request`() throws {
    let base = try repository.commit("a\n", to: "a.txt")
    let head = try repository.commit("a\ncard 4242424242424242\n", to: "a.txt")
    let temporary = repository.path + "/.git/temporary"
    try FileManager.default.createDirectory(atPath: temporary, withIntermediateDirectories: true)
    let environment = [
      "RUNNER_TEMP": temporary, "GITHUB_OUTPUT": temporary + "/output",
      "GITHUB_STEP_SUMMARY": temporary + "/summary", "UNPAN_BASE": base, "UNPAN_HEAD": head,
      "UNPAN": Tool.binary.path,
    ]
    let script = Tool.package.appendingPathComponent("integrations/github/check").path
    let outcome = try shell("'\(script)'", environment)
    #expect(outcome.exit == 0)
    #expect(outcome.out.contains("::") && outcome.out.contains("a.txt"))
    let output = try String(contentsOfFile: temporary + "/output", encoding: .utf8)
    #expect(output.contains("exit-code=1\n"))
    #expect(output.contains("sarif=\(temporary)/unpan.sarif"))
    let summary = try String(contentsOfFile: temporary + "/summary", encoding: .utf8)
    #expect(summary.contains("a.txt"))
    let sarif = try Data(contentsOf: URL(filePath: temporary + "/unpan.sarif"))
    #expect(try JSONSerialization.jsonObject(with: sarif) is [String: Any])

    // After a forced push the commit before it is in no clone.
    let gone = ["UNPAN_BASE": String(repeating: "e", count: 40)]
    let forced = try shell("'\(script)'", environment.merging(gone) { $1 })
    #expect(forced.exit == 0 && forced.err.contains("the whole history"))
    #expect(forced.out.contains("a.txt"))

    let wrong = try shell("'\(script)'", environment.merging(["UNPAN_SCAN": "all"]) { $1 })
    #expect(wrong.exit == 0)
    let after = try String(contentsOfFile: temporary + "/output", encoding: .utf8)
    #expect(after.hasSuffix("exit-code=64\n"))
  }

  /// Runs the steps of `action.yml` as GitHub's runner would; what they use from elsewhere is only
  /// looked at: it has to be given a file.
  private static let runner = #"""
    import os, re, subprocess, sys
    from ruamel.yaml import YAML
    action = YAML(typ="safe").load(open(sys.argv[1] + "/action.yml"))
    inputs = {name: str(given.get("default", "")) for name, given in action["inputs"].items()}
    inputs.update(word.split("=", 1) for word in sys.argv[2:])
    outputs = {}
    def one(match):
      for part in match[1].split("||"):
        words = part.strip().split(".")
        places = {"inputs": inputs.get(words[1]), "steps": outputs.get(words[-1])}
        found = places.get(words[0], os.environ.get("_".join(words)))
        if found: return found
      return ""
    def value(text): return re.sub(r"\$\{\{(.*?)\}\}", one, str(text))
    code = 0
    for step in action["runs"]["steps"]:
      if "uses" in step:
        assert os.path.getsize(value(step["with"]["sarif_file"])) > 0
        continue
      env = dict(os.environ, GITHUB_ACTION_PATH=sys.argv[1])
      env.update((name, value(text)) for name, text in step.get("env", {}).items())
      shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
      code = subprocess.call(shell, env=env)
      for line in open(os.environ["GITHUB_OUTPUT"]):
        name, _, text = line.strip().partition("=")
        outputs[name] = text
    sys.exit(code)
    """#

  @Test(.enabled(if: hasCheckSchema, "check-jsonschema, which brings a YAML reader, is missing"))
  func `all steps of the action run, and its last one fails the job`() throws {
    let base = try repository.commit("a\n", to: "a.txt")
    let head = try repository.commit("a\ncard 4242424242424242\n", to: "a.txt")
    let clean = try repository.commit("b\n", to: "a.txt")
    let temporary = repository.path + "/.git/temporary"
    try FileManager.default.createDirectory(atPath: temporary, withIntermediateDirectories: true)
    for (from, to, code) in [(base, head, 1), (head, clean, 0)] {
      let environment = [
        "RUNNER": Self.runner, "RUNNER_TEMP": temporary, "GITHUB_OUTPUT": temporary + "/output",
        "GITHUB_STEP_SUMMARY": temporary + "/summary",
        "github_event_pull_request_base_sha": from, "github_event_pull_request_head_sha": to,
      ]
      let outcome = try shell(
        "\(Self.python) -c \"$RUNNER\" '\(Tool.package.path)' 'unpan=\(Tool.binary.path)'",
        environment)
      #expect(outcome.exit == code, "\(outcome.out)\(outcome.err)")
    }
  }

  @Test func `everything the action uses from elsewhere is pinned to a commit`() throws {
    let text = try String(
      contentsOf: Tool.package.appendingPathComponent("action.yml"), encoding: .utf8)
    let uses = text.split(separator: "\n").filter { $0.contains("uses:") }
    #expect(!uses.isEmpty)
    for line in uses {
      let revision = line.split(separator: "@").last ?? ""
      #expect(revision.count == 40 && revision.allSatisfy(\.isHexDigit), "\(line)")
    }
  }

  @Test func `the GitLab job writes its reports and keeps the exit code`() throws {
    let base = try repository.commit("a\n", to: "a.txt")
    let head = try repository.commit("a\ncard 4242424242424242\n", to: "a.txt")
    let template = try String(
      contentsOf: Tool.package.appendingPathComponent("integrations/gitlab/unpan.gitlab-ci.yml"),
      encoding: .utf8)
    // The block of the script, as GitLab's runner would give it to the shell.
    let lines = template.split(separator: "\n", omittingEmptySubsequences: false)
    let start = try #require(lines.firstIndex { $0.hasSuffix("- |") })
    let block = lines[(start + 1)...].prefix { $0.hasPrefix("      ") }.joined(separator: "\n")
    let outcome = try shell(
      block,
      [
        "UNPAN_FAIL_ON": "low", "UNPAN_BASELINE": "", "CI_MERGE_REQUEST_DIFF_BASE_SHA": base,
        "CI_COMMIT_SHA": head,
      ])
    #expect(outcome.exit == 1)
    for name in ["gl-sast-report.json", "gl-code-quality-report.json"] {
      let data = try Data(contentsOf: URL(filePath: repository.path + "/" + name))
      #expect(String(decoding: data, as: UTF8.self).contains("a.txt"), "\(name)")
    }
    #expect(try shell("set -e; \(block)", ["UNPAN_FAIL_ON": "never"]).exit == 0)
    // Without it the repository's own settings hold.
    try repository.write("{version: 1, failOn: 'critical'}", to: ".unpan.json5")
    #expect(try shell("set -e; \(block)", ["UNPAN_FAIL_ON": ""]).exit == 0)
  }

  @Test func `a push is checked for what it brings`() throws {
    try repository.git(["clone", "-q", "--bare", ".", ".git/remote.git"])
    try repository.git(["remote", "add", "origin", repository.path + "/.git/remote.git"])
    try repository.commit("a\n", to: "a.txt")
    try repository.git(["push", "-q", "origin", "main"])
    let hook = Tool.package.appendingPathComponent("integrations/git/pre-push").path
    try FileManager.default.createSymbolicLink(
      atPath: repository.path + "/.git/hooks/pre-push", withDestinationPath: hook)
    try repository.commit("a\ncard 4242424242424242\n", to: "a.txt")
    #expect(try shell("git push -q origin main").exit != 0)
    try repository.git(["reset", "-q", "--hard", "HEAD~1"])
    try repository.commit("b\n", to: "a.txt")
    #expect(try shell("git push -q origin main").exit == 0)
  }

  static let hasCheckSchema: Bool = {
    do {
      let outcome = try Tool().run(
        ["sh", "-c", "\(python) -m check_jsonschema --version"], binary: "/usr/bin/env")
      return outcome.exit == 0 || ProcessInfo.processInfo.environment["CI"] == "true"
    } catch { return false }
  }()

  @Test(.enabled(if: hasCheckSchema, "check-jsonschema is not installed (PyPI)"))
  func `the action and the GitLab template fit the schemas of their makers`() throws {
    for (schema, file) in [
      ("vendor.github-actions", "action.yml"),
      ("vendor.gitlab-ci --data-transform gitlab-ci", "integrations/gitlab/unpan.gitlab-ci.yml"),
    ] {
      let path = Tool.package.appendingPathComponent(file).path
      let outcome = try shell(
        "\(Self.python) -m check_jsonschema --builtin-schema \(schema) '\(path)'")
      #expect(outcome.exit == 0, "\(file): \(outcome.out)\(outcome.err)")
    }
  }

  @Test(.enabled(if: hasPreCommit, "pre-commit is not installed (PyPI: pre-commit)"))
  func `pre-commit takes the manifest, and its hook stops a push`() throws {
    let manifest = Tool.package.appendingPathComponent(".pre-commit-hooks.yaml").path
    let valid = try shell("\(Self.python) -m pre_commit validate-manifest '\(manifest)'")
    #expect(valid.exit == 0, "\(valid.out)\(valid.err)")

    // The hook of pushes is a script of the repository that has the manifest.
    let hooks = try ScratchRepository()
    let script = try String(
      contentsOf: Tool.package.appendingPathComponent("integrations/git/pre-push"), encoding: .utf8)
    try hooks.write(script, to: "integrations/git/pre-push")
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: hooks.path + "/integrations/git/pre-push")
    let id = try hooks.commit(
      try String(contentsOfFile: manifest, encoding: .utf8), to: ".pre-commit-hooks.yaml")
    let settings = """
      repos:
        - repo: \(hooks.path)
          rev: \(id)
          hooks:
            - id: unpan-pre-push

      """
    try repository.git(["clone", "-q", "--bare", ".", ".git/remote.git"])
    try repository.git(["remote", "add", "origin", repository.path + "/.git/remote.git"])
    try repository.commit(settings, to: ".pre-commit-config.yaml")
    let cache = ["PRE_COMMIT_HOME": repository.path + "/.git/cache"]
    let first = try shell(
      """
      \(Self.python) -m pre_commit install --hook-type pre-push >/dev/null &&
      git push -q origin main
      """, cache)
    #expect(first.exit == 0, "\(first.out)\(first.err)")
    try repository.commit("card 4242424242424242\n", to: "a.txt")
    let stopped = try shell("git push -q origin main", cache)
    #expect(stopped.exit != 0 && (stopped.out + stopped.err).contains("a.txt"))
  }

  private static let hasValidator: Bool = {
    do {
      let outcome = try Tool().run(
        ["sh", "-c", "\(python) -c 'import jsonschema'"], binary: "/usr/bin/env")
      return outcome.exit == 0 || ProcessInfo.processInfo.environment["CI"] == "true"
    } catch { return false }
  }()

  @Test(.enabled(if: hasValidator, "python3 has no jsonschema; make test installs it"))
  func `a baseline and settings fit their schemas`() throws {
    try repository.commit("old 4242424242424242\n", to: "a.txt")
    let written = try tool.run(
      [
        "guard", "--update-baseline", "--baseline", "b.json", "--accept", "old", "--owner", "ann",
        "--expires", "2099-01-01",
      ], environment: ScratchRepository.environment)
    #expect(written.exit == 0)
    try repository.write("import stripe\nprint(payment_intent)\n", to: "pay/a.py")
    let linted = try tool.run([
      "lint", "pay", "--update-baseline", "--baseline", "l.json", "--accept", "old", "--owner",
      "ann", "--expires", "2099-01-01",
    ])
    #expect(linted.exit == 0)
    try repository.write(
      #"{"version": 1, "paths": [{"path": "a/", "reason": "b", "allow": ["pan"]}]}"#,
      to: "good.json")
    try repository.write(
      #"{"version": 1, "paths": [{"path": "a/", "reason": "b", "allow": ["cvv"]}]}"#,
      to: "bad.json")
    let schemas = Tool.package.appendingPathComponent("reports/schema").path
    let program = """
      import json, sys, jsonschema
      schema = json.load(open(sys.argv[1]))
      jsonschema.Draft202012Validator.check_schema(schema)
      jsonschema.Draft202012Validator(schema).validate(json.load(open(sys.argv[2])))
      """
    for (schema, file, fits) in [
      ("baseline", "b.json", true), ("baseline", "l.json", true), ("settings", "good.json", true),
      ("settings", "bad.json", false),
    ] {
      let outcome = try shell(
        "\(Self.python) -c \"$PROGRAM\" '\(schemas)/\(schema).schema.json' \(file)",
        ["PROGRAM": program])
      #expect((outcome.exit == 0) == fits, "\(file): \(outcome.err)")
    }
  }
}

import Foundation
import TestSupport
import Testing

/// `unpan guard` as a hook and a CI job run it.
@Suite(.enabled(if: ScratchRepository.hasGit, "git is not installed"))
struct GuardTests {
  let repository: ScratchRepository
  let tool: Tool

  init() throws {
    repository = try ScratchRepository()
    tool = try Tool(in: URL(filePath: repository.path))
  }

  let visa = "4242424242424242"
  let other = "4111111111111111"

  func check(_ arguments: String..., environment: [String: String] = [:]) throws
    -> Tool.Outcome
  {
    try run(arguments, environment: environment)
  }

  private func run(_ arguments: [String], environment: [String: String] = [:]) throws
    -> Tool.Outcome
  {
    try tool.run(
      ["guard"] + arguments,
      environment: ScratchRepository.environment.merging(environment) { $1 })
  }

  /// Findings as `path:line kind`, with a star when suppressed.
  func findings(_ arguments: String...) throws -> [String] {
    let outcome = try tool.run(
      ["guard", "--format", "jsonl"] + arguments, environment: ScratchRepository.environment)
    return try outcome.out.split(separator: "\n").compactMap { line in
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
      guard object?["type"] as? String == "finding",
        let place = object?["location"] as? [String: Any]
      else { return nil }
      let star = object?["suppression"] == nil ? "" : "*"
      return
        "\(place["path"] as? String ?? "message"):\(place["line"] ?? 0) \(object?["kind"] ?? "")\(star)"
    }
  }

  func stage(_ text: String, to name: String) throws {
    try repository.write(text, to: name)
    try repository.git(["add", "-A"])
  }

  @Test func `outside a repository it says so`() throws {
    let outcome = try Tool().run(
      ["guard"], environment: ["GIT_CEILING_DIRECTORIES": "/", "GIT_DIR": ""])
    #expect(outcome.exit == 64)
    #expect(outcome.err.contains("git repository"))
  }

  @Test func `the first commit of a repository is checked`() throws {
    try stage("pay with \(visa)\n", to: "a.txt")
    let outcome = try check()
    #expect(outcome.exit == 1)
    #expect(outcome.out.contains("a.txt"))
    #expect(outcome.err.contains("commit is stopped"))
    #expect(!(outcome.out + outcome.err).contains(visa))
  }

  @Test func `only lines that were added count, wherever they move`() throws {
    try repository.commit("a\nold \(visa)\n", to: "a.txt")
    try stage("new\na\nold \(visa)\n\nmore\ncard \(other)\n", to: "a.txt")
    #expect(try findings() == ["a.txt:6 pan"])
    try repository.git(["commit", "-q", "-m", "m"])
    try repository.git(["mv", "a.txt", "b.txt"])
    #expect(try check().exit == 0)
    try stage("new\na\nold \(visa)\n\nmore\ncard \(other)\nand \(visa)\n", to: "b.txt")
    #expect(try findings() == ["b.txt:7 pan"])
  }

  @Test func `what is not staged does not count`() throws {
    try repository.commit("a\n", to: "a.txt")
    try repository.write("card \(visa)\n", to: "a.txt")
    #expect(try check().exit == 0)
  }

  @Test func `a header above an added line is context`() throws {
    try repository.commit("name,cvv\nann,\n", to: "a.csv")
    try stage("name,card_number,cvv\nann,\(visa),123\n", to: "a.csv")
    #expect(try findings().contains("a.csv:2 cvv"))
  }

  @Test func `a binary file counts as a whole, and so does one that attributes hide`() throws {
    try repository.commit("*.txt -diff\n", to: ".gitattributes")
    try stage("x\ncard \(visa)\n", to: "a.txt")
    try stage("\0\0\ncard \(other)\n", to: "b.bin")
    #expect(try findings() == ["a.txt:2 pan", "b.bin:2 pan"])
  }

  @Test func `a detached head is no trouble`() throws {
    try repository.commit("a\n", to: "a.txt")
    try repository.git(["checkout", "-q", "--detach"])
    try stage("card \(visa)\n", to: "a.txt")
    #expect(try findings() == ["a.txt:1 pan"])
  }

  @Test func `a conflict is listed, and the check is not complete`() throws {
    try repository.commit("a\n", to: "f")
    try repository.git(["checkout", "-q", "-b", "side"])
    try repository.commit("b\n", to: "f")
    try repository.git(["checkout", "-q", "main"])
    try repository.commit("c\n", to: "f")
    try repository.git(["merge", "-q", "side"], mayFail: true)
    let outcome = try check()
    #expect(outcome.exit == 2)
    #expect(outcome.out.contains("unmerged"))
  }

  @Test func `a merge counts only for what it brings itself`() throws {
    try repository.commit("a\nb\n", to: "f")
    try repository.git(["checkout", "-q", "-b", "side"])
    try repository.commit("a\nB \(visa)\n", to: "f")
    try repository.git(["checkout", "-q", "main"])
    try repository.commit("A\nb\n", to: "f")
    try repository.git(["merge", "-q", "side"], mayFail: true)
    try stage("A\nB \(visa)\nevil \(other)\n", to: "f")
    #expect(try findings() == ["f:3 pan"])
    try repository.git(["commit", "-q", "-m", "merge"])
    #expect(try findings("--range", "main~1..main") == ["f:2 pan", "f:3 pan"])
    #expect(try findings("--history") == ["f:2 pan", "f:3 pan"])
  }

  @Test func `a branch is checked commit by commit`() throws {
    try repository.commit("a \(visa)\n", to: "a.txt")
    try repository.git(["tag", "base"])
    try repository.commit("a \(visa)\nb \(other)\n", to: "a.txt", message: "card \(other)")
    try repository.commit("clean\n", to: "a.txt")
    // Taken out again, it is in the history all the same.
    #expect(try findings("--range", "base..HEAD") == ["message:6 pan", "a.txt:2 pan"])
    #expect(try check("--range", "base..HEAD").exit == 1)
    #expect(try check("--range", "HEAD~1..HEAD").exit == 0)
  }

  @Test func `a base that is not there stops the check`() throws {
    try repository.commit("a\n", to: "a.txt")
    let outcome = try check("--range", "origin/main..HEAD")
    #expect(outcome.exit == 3)
    #expect(outcome.err.contains("origin/main") && outcome.err.contains("fetch"))
    #expect(try check("--range", "--all..x").exit == 64)
    #expect(try check("--range", "HEAD").exit == 64)
    #expect(try check("--staged", "--history").exit == 64)
  }

  @Test func `a shallow clone says what it could not see`() throws {
    try repository.commit("one\n", to: "a")
    try repository.commit("two\n", to: "a")
    try repository.git(["clone", "-q", "--depth", "1", "file://\(repository.path)", "cut"])
    let cut = try Tool(in: URL(filePath: repository.path + "/cut"))
    let outcome = try cut.run(["guard", "--history"], environment: ScratchRepository.environment)
    #expect(outcome.exit == 2)
    #expect(outcome.out.contains("shallow"))
  }

  @Test func `a comment with a reason speaks for a number, not for a code`() throws {
    try stage(
      """
      const a = "\(visa)"; // unpan:allow published test number
      # unpan:allow the line below
      b = "\(other)"
      c = "5555555555554444" /* unpan:allow */
      cvv = "123" // unpan:allow please

      """, to: "a.js")
    #expect(try findings() == ["a.js:1 pan*", "a.js:3 pan*", "a.js:4 pan", "a.js:5 cvv"])
    #expect(try check().err.contains("without a reason"))
    // Data is no source.
    try stage("card \(visa) unpan:allow no\n", to: "a.csv")
    try stage("card \(visa) unpan:allow no\n", to: "a.log.1")
    #expect(try Set(findings()).isSuperset(of: ["a.csv:1 pan", "a.log.1:1 pan"]))
    let scanned = try tool.run(["scan", "a.js", "--format", "jsonl"])
    #expect(!scanned.out.contains("suppression"))
  }

  @Test func `rules for paths hold where they say`() throws {
    try repository.write(
      """
      {version: 1, paths: [
        {path: "vendor/", reason: "not ours", exclude: true},
        {path: "tests/", reason: "fixtures", testNumbers: "ignore"},
        {path: "docs/", reason: "examples", allow: ["pan"], owner: "ann"},
      ]}
      """, to: ".unpan.json5")
    for name in ["vendor/a.js", "tests/a.js", "docs/a.md", "src/a.js"] {
      try stage("card \(visa)\ncvv: 123\n", to: name)
    }
    #expect(
      try findings() == [
        "docs/a.md:1 pan*", "docs/a.md:2 cvv", "src/a.js:1 pan", "src/a.js:2 cvv",
        "tests/a.js:2 cvv",
      ])
    let told = try check("--explain", "docs/a.md", "src/a.js")
    #expect(told.exit == 0)
    #expect(told.out.contains("docs/: does not fail: pan (examples, ann)"))
    #expect(told.out.contains("no rule"))
  }

  @Test func `a key that is not known is told with the closest one`() throws {
    try repository.write("{version: 1,\n  baselin: 'b'}", to: ".unpan.json5")
    let outcome = try check()
    #expect(outcome.exit == 64)
    #expect(outcome.err.contains(".unpan.json5:2") && outcome.err.contains("mean baseline"))
  }

  @Test func `a baseline grows when asked and shrinks by itself`() throws {
    try repository.commit("x\nold \(visa)\ncvv: 123\n", to: "a.txt")
    let grown = try check(
      "--update-baseline", "--baseline", "b.json", "--accept", "old", "--owner", "ann",
      "--expires", "2099-01-01")
    // The code stays out, so it still fails.
    #expect(grown.exit == 1)
    #expect(grown.err.contains("1 added"))
    let text = try String(contentsOfFile: repository.path + "/b.json", encoding: .utf8)
    #expect(!text.contains(visa) && !text.contains("cvv"))

    // The line moves and another number comes.
    try stage("new\nx\nold \(visa)\nmore \(other)\n", to: "a.txt")
    #expect(try findings("--baseline", "b.json") == ["a.txt:4 pan"])
    #expect(try findings("--history", "--baseline", "b.json").prefix(1) == ["a.txt:2 pan*"])
    let shrunk = try check("--update-baseline", "--baseline", "b.json")
    #expect(shrunk.exit == 1)
    #expect(shrunk.err.contains("1 kept, 0 removed, 0 added"))

    let expired = try check(
      "--history", "--baseline", "b.json", environment: ["SOURCE_DATE_EPOCH": "4102444800"])
    #expect(expired.exit == 1 && expired.err.contains("expired"))

    try stage("clean\n", to: "a.txt")
    #expect(try check("--update-baseline", "--baseline", "b.json").exit == 0)
    let empty = try String(contentsOfFile: repository.path + "/b.json", encoding: .utf8)
    #expect(empty.contains("\"entries\" : ["))
    #expect(!empty.contains("visa"))
  }

  @Test func `only a check that could see what an entry is about takes it out`() throws {
    let update = ["--update-baseline", "--baseline", "b.json"]
    let accept = update + ["--accept", "old", "--owner", "ann", "--expires", "2099-12-31"]
    func places() throws -> [String] {
      let baseline = try Data(contentsOf: URL(filePath: repository.path + "/b.json"))
      let object = try JSONSerialization.jsonObject(with: baseline) as? [String: Any]
      return (object?["entries"] as? [[String: Any]] ?? []).compactMap {
        ($0["place"] as? [String: Any])?["path"] as? String
      }
    }
    try repository.commit("card \(visa)\n", to: "a.txt")
    #expect(try run(["--history"] + accept).exit == 0)
    try repository.git(["rm", "-q", "a.txt"])
    try stage("card \(other)\n", to: "staged.txt")
    #expect(try run(accept).exit == 0)
    #expect(try places() == ["a.txt", "staged.txt"])
    #expect(try run(["--history"] + update).exit == 0)
    #expect(try places() == ["a.txt", "staged.txt"])
    try repository.git(["rm", "-qf", "staged.txt"])
    #expect(try run(update).exit == 0)
    #expect(try places() == ["a.txt"])
    #expect(try check("--history", "--baseline", "b.json").exit == 0)
    try repository.git(["update-ref", "-d", "HEAD"])
    try repository.git(["reflog", "expire", "--expire=now", "--all"])
    #expect(try run(["--history"] + update).exit == 0)
    #expect(try places() == [])
  }

  @Test(arguments: ["", "  "])
  func `an entry needs a reason and an owner`(blank: String) throws {
    try stage("card \(visa)\n", to: "a.txt")
    for words in [["--accept", blank, "--owner", "ann"], ["--accept", "old", "--owner", blank]] {
      let rest = ["--expires", "2099-12-31", "--baseline", "b.json", "--update-baseline"]
      let outcome = try run(words + rest)
      #expect(outcome.exit == 64 && outcome.err.contains("not empty"), "\(outcome.err)")
    }
    let entry =
      #"{"id":"e","rule":"pan","kind":"pan","place":{"target":"git:.","path":"a.txt"},"#
      + #""reason":"\#(blank)","owner":"ann","expires":"2099-12-31"}"#
    try repository.write(
      #"{"kind":"unpan-baseline","version":1,"entries":[\#(entry)]}"#, to: "b.json")
    let outcome = try check("--baseline", "b.json")
    #expect(outcome.exit == 64 && outcome.err.contains("a reason and an owner"), "\(outcome.err)")
  }

  @Test func `an entry holds when its row moves`() throws {
    let files = [
      ("a.csv", "id,card_number\n", "0,none\n", "1,\(visa)\n"),
      ("a.json", "{\"cards\": [", "{\"card_number\": 0}, ", "{\"card_number\": \"\(visa)\"}]}\n"),
      (
        "a.sql", "", "INSERT INTO t (n, pan) VALUES (0, NULL);\n",
        "INSERT INTO t (n, pan) VALUES (1, '\(visa)');\n"
      ),
    ]
    for (name, head, _, row) in files { try repository.commit(head + row, to: name) }
    let made = try check(
      "--update-baseline", "--baseline", "b.json", "--accept", "old", "--owner", "ann",
      "--expires", "2099-01-01")
    #expect(made.exit == 0 && made.err.contains("3 added"))
    for (name, head, new, row) in files { try stage(head + new + row, to: name) }
    let kept = try check("--update-baseline", "--baseline", "b.json")
    #expect(kept.exit == 0 && kept.err.contains("3 kept, 0 removed, 0 added"), "\(kept.err)")
  }

  @Test func `a new key above a baselined one does not pass as it`() throws {
    let (old, new) = ("AbCdEfGhIjKlMnOpQrStUvWx", "ZyXwVuTsRqPoNmLkJiHgFeDc")
    try repository.commit("const a=\"sk_live_\(old)\";\n", to: "a.js")
    let made = try check(
      "--update-baseline", "--baseline", "b.json", "--accept", "old", "--owner", "ann",
      "--expires", "2099-01-01")
    #expect(made.exit == 0, "\(made.err)")
    try repository.git(["add", "b.json"])
    try repository.git(["commit", "-q", "-m", "b"])
    try stage("\n\nconst b=\"sk_live_\(new)\";\nconst a=\"sk_live_\(old)\";\n", to: "a.js")
    #expect(try findings("--baseline", "b.json") == ["a.js:3 secret"])
    #expect(try check("--baseline", "b.json").exit == 1)
    try repository.git(["commit", "-q", "-m", "m"])
    #expect(try findings("--range", "HEAD~1..HEAD", "--baseline", "b.json") == ["a.js:3 secret"])
    #expect(
      try findings("--history", "--baseline", "b.json") == ["a.js:1 secret*", "a.js:3 secret"])
  }

  @Test func `a number that an added line completes is new`() throws {
    try repository.commit("card 4242 4242\n", to: "a.txt")
    try stage("card 4242 4242\n4242 4242\n", to: "a.txt")
    #expect(try findings() == ["a.txt:1 split_pan"])
    try repository.git(["commit", "-q", "-m", "m"])
    #expect(try findings("--range", "HEAD~1..HEAD") == ["a.txt:1 split_pan"])
    #expect(try findings("--history") == ["a.txt:1 split_pan"])
    // What comes behind it does not make it new again.
    try stage("card 4242 4242\n4242 4242\nmore\n", to: "a.txt")
    #expect(try findings() == [])
  }

  @Test func `what was only renamed, or got another mode, is not new`() throws {
    try repository.commit("card \(visa)\n", to: "a b.txt")
    try repository.git(["mv", "a b.txt", "c d.txt"])
    try repository.git(["commit", "-q", "-m", "m"])
    #expect(try findings("--range", "HEAD~1..HEAD") == [])
    try repository.git(["mv", "c d.txt", "é\t.txt"])
    try repository.git(["commit", "-q", "-m", "m"])
    #expect(try findings("--range", "HEAD~1..HEAD") == [])
    try repository.git(["update-index", "--chmod=+x", "é\t.txt"])
    try repository.git(["commit", "-q", "-m", "m"])
    #expect(try findings("--range", "HEAD~1..HEAD") == [])
  }

  @Test func `words of people hold no number and no key`() throws {
    let key = "sk_live_" + "AbCdEfGhIjKlMnOpQrStUvWx"
    let track = ";4242424242424242=29111010000000000?"
    try repository.write(
      """
      {version: 1, paths: [
        {path: "vendor/", reason: "\(key)", exclude: true},
        {path: "docs/", reason: "as \(key)", allow: ["pan"], owner: "\(other)"},
      ]}
      """, to: ".unpan.json5")
    try repository.git(["add", ".unpan.json5"])
    try repository.git(["commit", "-q", "-m", "m"])
    try stage("card \(other)\n", to: "docs/a.md")
    try stage("card \(other)\n", to: "vendor/a.js")
    try stage("a = \(visa) // unpan:allow \(track) cvv: 737 \(key)\n", to: "a.js")
    // Cut where it is shown, a number is not half of one.
    let long = String(repeating: "x ", count: 94)
    try stage("a = \(visa) // unpan:allow \(long)\(visa)\n", to: "b.js")
    for format in [
      "json", "jsonl", "sarif", "html", "junit", "gitlab", "csv", "github", "markdown",
    ] {
      let out = try check("--format", format).out
      for secret in [key, "2911101", ": 737", String(visa.dropLast(4)), String(other.dropLast(4))] {
        #expect(!out.contains(secret), "\(format)")
      }
    }
    let told = try check("--explain")
    #expect(!told.out.contains(key) && !told.out.contains(other))
    try repository.git(["commit", "-q", "--no-verify", "-m", "m"])
    try stage("card \(visa)\n", to: "r-\(visa).txt")
    _ = try check(
      "--update-baseline", "--baseline", "b.json", "--accept", "as \(other), \(key)", "--owner",
      "5555555555554444", "--expires", "2099-01-01")
    let text = try String(contentsOfFile: repository.path + "/b.json", encoding: .utf8)
    for secret in [key, visa, other, "5555555555554444"] { #expect(!text.contains(secret)) }
    #expect(try findings("--baseline", "b.json").contains("r-************4242.txt:1 pan*"))
  }

  @Test func `settings behind a link are told as such`() throws {
    try repository.write("{version: 1}", to: "other.json5")
    try FileManager.default.createSymbolicLink(
      atPath: repository.path + "/.unpan.json5", withDestinationPath: "other.json5")
    let outcome = try check()
    #expect(outcome.exit == 64 && outcome.err.contains("it is a symbolic link"), "\(outcome.err)")
  }

  @Test func `a baseline of another version is refused`() throws {
    try stage(#"{"kind": "unpan-baseline", "version": 9, "entries": []}"#, to: "b.json")
    let outcome = try check("--baseline", "b.json")
    #expect(outcome.exit == 64 && outcome.err.contains("version 9"))
  }

  @Test func `the hook that is installed stops a commit`() throws {
    let environment = ["PATH": Tool.binary.deletingLastPathComponent().path + ":/usr/bin:/bin"]
    #expect(try check("--install-hook").exit == 0)
    try stage("card \(visa)\n", to: "a.txt")
    let commit = ["-C", repository.path, "commit", "-q", "-m", "m"]
    let stopped = try tool.run(
      commit, environment: ScratchRepository.environment.merging(environment) { $1 },
      binary: "/usr/bin/git")
    #expect(stopped.exit == 1)
    #expect(stopped.err.contains("commit is stopped"))
    try stage("nothing\n", to: "a.txt")
    let passed = try tool.run(
      commit, environment: ScratchRepository.environment.merging(environment) { $1 },
      binary: "/usr/bin/git")
    #expect(passed.exit == 0)
    // Another's hook is left alone.
    try repository.write("#!/bin/sh\n", to: ".git/hooks/pre-commit")
    #expect(try check("--install-hook").exit == 3)
  }

  @Test func `a hook goes where the settings say, though nothing is there yet`() throws {
    try repository.git(["config", "core.hooksPath", "tools/git/hooks"])
    let outcome = try check("--install-hook")
    #expect(outcome.exit == 0, "\(outcome.err)")
    let hook = repository.path + "/tools/git/hooks/pre-commit"
    #expect(FileManager.default.isExecutableFile(atPath: hook))
  }

  @Test func `git that is not installed is told by its package`() throws {
    let outcome = try check(environment: ["PATH": "/nonexistent"])
    #expect(outcome.exit == 3)
    #expect(outcome.err.contains("Debian package git"))
  }

  @Test func `a scan takes a baseline too`() throws {
    try repository.write("old \(visa)\n", to: "a.txt")
    try repository.write(#"{"kind": "unpan-baseline", "version": 1, "entries": []}"#, to: "b.json")
    #expect(try tool.run(["scan", "a.txt", "--baseline", "b.json"]).exit == 1)
  }

  @Test func `a submodule is listed and not looked into`() throws {
    let inner = try ScratchRepository()
    try inner.commit("card \(visa)\n", to: "s.txt")
    try repository.commit("a\n", to: "a.txt")
    try repository.git([
      "-c", "protocol.file.allow=always", "submodule", "add", "-q", inner.path, "vendor/sub",
    ])
    let outcome = try check("--format", "jsonl")
    #expect(outcome.exit == 0 && outcome.out.contains("submodule"), "\(outcome.out)")
    try repository.git(["commit", "-q", "-m", "sub"])
    #expect(try check("--history", "--format", "jsonl").out.contains("submodule"))
  }

  @Test func `a file that moves and changes counts for what is new in it`() throws {
    let lines = (0..<60).map { "line \($0) of the page\n" }.joined()
    try repository.commit(lines + "old \(visa)\n", to: "a.txt")
    try repository.git(["mv", "a.txt", "b.txt"])
    try stage(lines + "old \(visa)\nnew \(other)\n", to: "b.txt")
    #expect(try findings() == ["b.txt:62 pan"])
    try repository.git(["commit", "-q", "-m", "m"])
    #expect(try findings("--range", "HEAD~1..HEAD") == ["b.txt:62 pan"])
  }

  @Test func `in a bare repository nothing is staged, and that is told`() throws {
    try repository.commit("card \(visa)\n", to: "a.txt")
    try repository.git(["clone", "-q", "--bare", ".", "bare.git"])
    let bare = try Tool(in: URL(filePath: repository.path + "/bare.git"))
    let outcome = try bare.run(["guard"], environment: ScratchRepository.environment)
    #expect(outcome.exit == 64)
    #expect(outcome.err.contains("bare") && outcome.err.contains("--history"))
    #expect(
      try bare.run(["guard", "--history"], environment: ScratchRepository.environment).exit == 1)
  }

  @Test func `a large file is read whole and counts by its lines`() throws {
    let lines = String(repeating: "nothing to see on this line of a long file\n", count: 400_000)
    try repository.commit(lines + "old \(visa)\n", to: "a.txt")
    try stage(lines + "old \(visa)\nnew \(other)\n", to: "a.txt")
    #expect(try findings() == ["a.txt:400002 pan"])
  }

  @Test func `a name that is not UTF-8 is shown escaped, and its lines are told apart`() throws {
    let name = "'bad\\377.txt'"
    let script = """
      cd "$1" && printf 'old \(visa)\\n' > "$(printf \(name))" && git add -A && git commit -q -m 1 &&
      printf 'old \(visa)\\ncard \(other)\\n' > "$(printf \(name))" && git add -A
      """
    let made = try tool.run(
      ["-c", script, "sh", repository.path], environment: ScratchRepository.environment,
      binary: "/bin/sh")
    #expect(made.exit == 0, "\(made.err)")
    #expect(try findings() == ["bad\\xFF.txt:2 pan"])
  }

  @Test func `a range in a shallow clone is checked as far as it reaches`() throws {
    try repository.commit("card \(other)\n", to: "old")
    try repository.commit("one\n", to: "a")
    try repository.commit("one\ncard \(visa)\n", to: "a")
    try repository.git(["clone", "-q", "--depth", "2", "file://\(repository.path)", "cut"])
    let cut = try Tool(in: URL(filePath: repository.path + "/cut"))
    let near = try cut.run(
      ["guard", "--range", "HEAD~1..HEAD"], environment: ScratchRepository.environment)
    #expect(near.exit == 1 && near.out.contains("line 2"))
    let far = try cut.run(
      ["guard", "--range", "HEAD~2..HEAD"], environment: ScratchRepository.environment)
    #expect(far.exit == 3 && far.err.contains("fetch-depth: 0"))
  }

  @Test func `settings are explained, with what is over`() throws {
    try repository.commit("a\n", to: "a.txt")
    #expect(try check("--explain").out.contains("settings   none"))
    try repository.write(
      """
      {
        version: 1, baseline: "b.json", failOn: "high", minConfidence: "low",
        paths: [
          { path: "docs/", reason: "examples", allow: ["pan"], expires: "2001-02-03" },
          { path: "vendor/", reason: "not ours", exclude: true },
          { path: "tests/", reason: "fixtures", testNumbers: "ignore" },
        ],
      }
      """, to: ".unpan.json5")
    let told = try check("--explain").out
    for words in [
      "b.json", "confidence low and above", "severity   high and above", "vendor/: not read",
      "expired on 2001-02-03", "tests/: test numbers are counted only",
    ] {
      #expect(told.contains(words), "\(words)")
    }
    // Rules name paths from the top, wherever it is asked.
    try repository.write("", to: "tests/unit/a.txt")
    let below = try Tool(in: URL(filePath: repository.path + "/tests/unit")).run(
      ["guard", "--explain", "../a.txt", "a.txt"], environment: ScratchRepository.environment)
    #expect(below.out.contains("\ntests/a.txt\n") && below.out.contains("\ntests/unit/a.txt\n"))
    #expect(!below.out.contains("no rule"))
    // A rule that is over holds nowhere.
    #expect(try check("--explain", "docs/a.md").out.contains("no rule"))
  }

  @Test(arguments: [
    ("{version: 2}", "version of this form"), ("{version: 1, failOn: 'hih'}", "one of"),
    ("{version: 1, paths: [{path: 'a', reason: '', exclude: true}]}", "why"),
    ("{version: 1, paths: [{path: 'a', reason: 'b'}]}", "exactly one of"),
    ("{version: 1, paths: [{path: 'a', reason: 'b', allow: ['cvv']}]}", "cannot be put up with"),
    ("{version: 1, paths: [{pth: 'a', reason: 'b', exclude: true}]}", "did you mean path?"),
    ("{version: 1, paths: [{path: 'a', reason: ' \u{A0}', exclude: true}]}", "why"),
    ("{version: 1, paths: [{path: 'a', exclude: true}]}", "the key reason at paths[0]"),
    ("{}", "the key version"), ("{version: 1, ", "expected"),
    ("{version: 1, paths: {}}", "another type"),
  ])
  func `settings that make no sense stop the check with their place`(
    text: String, words: String
  ) throws {
    try stage("card \(visa)\n", to: "a.txt")
    try repository.write(text, to: ".unpan.json5")
    let outcome = try check()
    #expect(outcome.exit == 64, "\(outcome.err)")
    #expect(outcome.err.contains(".unpan.json5") && outcome.err.contains(words), "\(outcome.err)")
  }
}

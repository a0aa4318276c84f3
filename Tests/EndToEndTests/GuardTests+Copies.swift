import Foundation
import TestSupport
import Testing

/// The same bytes at several paths: read once, judged at each.
extension GuardTests {
  @Test func `the same bytes at several places are read once and judged at each`() throws {
    try repository.write(
      """
      {version: 1, paths: [
        {path: "fixtures/", reason: "f", allow: ["pan"]},
        {path: "a/", reason: "t", testNumbers: "ignore"},
      ]}
      """, to: ".unpan.json5")
    try stage("card \(other)\n", to: "fixtures/c.txt")
    try stage("card \(other)\n", to: "src/c.txt")
    try repository.commit("card \(visa)\n", to: "a/c.txt")
    // The same file again, in a commit after it.
    try stage("card \(visa)\n", to: "z/c.txt")
    try repository.commit("card \(other)\n", to: "last/c.txt")
    let all = [
      "fixtures/c.txt:1 pan*", "src/c.txt:1 pan", "last/c.txt:1 pan", "z/c.txt:1 pan",
    ]
    #expect(try findings("--history").sorted() == all.sorted())
    #expect(try findings("--range", "HEAD~1..HEAD").sorted() == all.suffix(2).sorted())
    let report = try check("--history", "--format", "jsonl").out
    // Two commits, the settings and two texts.
    #expect(report.contains("\"objects\":5"))
    let ids = report.split(separator: "\n").filter { $0.contains("\"type\":\"finding\"") }
      .compactMap { $0.firstMatch(of: /"id":"[^"]*"/).map { String($0.0) } }
    #expect(ids.count == all.count && Set(ids).count == ids.count)
  }

  @Test func `a copy of a file with an old line brings that line, a file that moved does not`()
    throws
  {
    try repository.commit("card \(visa)\n", to: "r.txt")
    try repository.git(["mv", "r.txt", "a.txt"])
    try repository.commit("card \(visa)\n", to: "s.txt")
    #expect(try findings("--range", "HEAD~1..HEAD") == ["s.txt:1 pan"])
    try repository.commit("card \(visa)\nmore\n", to: "s.txt")
    try repository.commit("card \(visa)\nmore\n", to: "t.txt")
    #expect(try findings("--range", "HEAD~2..HEAD") == ["t.txt:1 pan"])
    try repository.git(["mv", "t.txt", "u.txt"])
    try repository.git(["commit", "-q", "-m", "moved"])
    #expect(try findings("--range", "HEAD~3..HEAD") == ["t.txt:1 pan"])
    #expect(try findings("--history") == ["r.txt:1 pan", "s.txt:1 pan", "t.txt:1 pan"])
  }

  @Test func `a comment speaks for a copy by the name that the copy has`() throws {
    let text = "card \(visa) # unpan:allow published\n"
    for name in ["a.py", "b.log", "c.py"] { try stage(text, to: name) }
    try stage(text + "\n", to: "d.log")
    try repository.commit(text + "\n", to: "e.py")
    let expected = ["a.py:1 pan*", "b.log:1 pan", "c.py:1 pan*", "d.log:1 pan", "e.py:1 pan*"]
    #expect(try findings("--history").sorted() == expected)
  }

  @Test func `what is in a container counts in each copy of it`() throws {
    try repository.write(
      #"{version: 1, paths: [{path: "a/", reason: "b", allow: ["pan"]}]}"#, to: ".unpan.json5")
    let script = """
      cd "$1" && mkdir a b c && echo 'card \(visa)' | gzip -n > a/c.gz && cp a/c.gz b && git add -A &&
      git commit -q -m 1 && git mv b/c.gz c && git commit -q -m 2
      """
    let made = try tool.run(
      ["-c", script, "sh", repository.path], environment: ScratchRepository.environment,
      binary: "/bin/sh")
    #expect(made.exit == 0, "\(made.err)")
    #expect(try findings("--history") == ["a/c.gz:1 pan*", "b/c.gz:1 pan"])
  }

  @Test func `a copy out of a path that is not read, or spoken for, is told`() throws {
    try repository.write(
      """
      {version: 1, paths: [
        {path: "skipped/", reason: "s", exclude: true},
        {path: "fixtures/", reason: "f", allow: ["pan"]},
      ]}
      """, to: ".unpan.json5")
    try stage("card \(visa)\n", to: "skipped/a.txt")
    try repository.commit("card \(other)\n", to: "fixtures/a.txt")
    // What was there before the range is copied in it.
    try stage("card \(visa)\n", to: "src/v.txt")
    try repository.commit("card \(other)\n", to: "src/o.txt")
    #expect(
      try findings("--range", "HEAD~1..HEAD").sorted() == ["src/o.txt:1 pan", "src/v.txt:1 pan"])
    #expect(
      try findings("--history").sorted()
        == ["fixtures/a.txt:1 pan*", "src/o.txt:1 pan", "src/v.txt:1 pan"])
  }

  @Test func `a file that moves to where other rules hold is judged by them`() throws {
    try repository.write(
      #"{version: 1, paths: [{path: "skipped/", reason: "s", exclude: true}]}"#,
      to: ".unpan.json5")
    try stage("card \(visa)\n", to: "skipped/a.txt")
    try stage("card \(other)\n", to: "open/b.txt")
    try repository.commit("card \(visa) # unpan:allow published\nmore\n", to: "c.py")
    try repository.write("", to: "src/keep.txt")
    for (old, new) in [
      ("skipped/a.txt", "src/a.txt"), ("open/b.txt", "src/b.txt"), ("c.py", "c.log"),
    ] {
      try repository.git(["mv", old, new])
    }
    let told = ["c.log:1 pan", "src/a.txt:1 pan"]
    #expect(try findings("--staged").sorted() == told)
    try repository.git(["commit", "-q", "-m", "moved"])
    #expect(try findings("--range", "HEAD~1..HEAD").sorted() == told)
    #expect(
      try findings("--history").sorted()
        == ["c.log:1 pan", "c.py:1 pan*", "open/b.txt:1 pan", "src/a.txt:1 pan"])
  }

  @Test func `a path to which a file moved gets a copy of it later`() throws {
    try repository.commit("card \(visa)\n", to: "a.txt")
    try repository.git(["mv", "a.txt", "b.txt"])
    try repository.git(["commit", "-q", "-m", "there"])
    try repository.git(["mv", "b.txt", "a.txt"])
    try repository.git(["commit", "-q", "-m", "and back"])
    #expect(try findings("--range", "HEAD~2..HEAD") == [])
    try repository.commit("card \(visa)\n", to: "b.txt")
    #expect(try findings("--range", "HEAD~3..HEAD") == ["b.txt:1 pan"])
  }

  @Test func `a merge that copies a file is told, one that moves it is not`() throws {
    try repository.commit("card \(visa)\n", to: "a.txt")
    for (side, finish) in [
      ("copied", ["add", "-A"]), ("moved", ["mv", "c.txt", "d.txt"]),
    ] {
      try repository.git(["checkout", "-q", "-b", side])
      try repository.commit("card \(visa)\n", to: side + ".txt")
      try repository.git(["checkout", "-q", "-"])
      try repository.commit("nothing\n", to: "beside-\(side).txt")
      try repository.git(["merge", "-q", "--no-commit", side])
      if side == "copied" { try repository.write("card \(visa)\n", to: "c.txt") }
      try repository.git(finish)
      try repository.git(["commit", "-q", "-m", "merged"])
      let own = side == "copied" ? ["c.txt:1 pan"] : []
      #expect(try findings("--range", "HEAD^1..HEAD").sorted() == own + ["\(side).txt:1 pan"])
    }
  }

  @Test func `an entry of a baseline does not speak for a copy`() throws {
    try repository.commit("card \(visa)\n", to: "a.txt")
    let accepted = try check(
      "--history", "--update-baseline", "--baseline", "b.json", "--accept", "old", "--owner", "ann",
      "--expires", "2099-12-31")
    #expect(accepted.exit == 0, "\(accepted.err)")
    try repository.commit("card \(visa)\n", to: "z.txt")
    #expect(
      try findings("--history", "--baseline", "b.json") == ["a.txt:1 pan*", "z.txt:1 pan"])
  }
}

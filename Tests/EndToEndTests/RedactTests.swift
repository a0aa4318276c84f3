import Foundation
import Testing

/// `unpan redact` on real files and pipes.
@Suite struct RedactTests {
  private let log = "a 1\ncard 4242424242424242 cvv=737\nend"

  @Test func `a file is only looked at unless told`() throws {
    let tool = try Tool()
    try tool.write(log, to: "a.log")
    let dry = try tool.run(["redact", "a.log"])
    #expect(dry.exit == 1 && dry.out == "a.log: would mask 2 places: 1 pan, 1 cvv\n")
    #expect(try content("a.log", tool) == log)
    let clean = try tool.run(["redact", "--in-place", "a.log"])
    #expect(clean.exit == 0 && clean.out == "a.log: masked 2 places: 1 pan, 1 cvv\n")
    #expect(try content("a.log", tool) == "a 1\ncard XXXXXXXXXXXX4242 cvv=XXX\nend")
    #expect(try tool.run(["redact", "a.log"]).exit == 0)
    #expect(try tool.run(["scan", "a.log"]).exit == 0)
  }

  @Test func `mode and times are kept, a backup only when asked for`() throws {
    let tool = try Tool()
    try tool.write(log, to: "a.log")
    let path = tool.directory.appendingPathComponent("a.log").path
    let date = Date(timeIntervalSince1970: 1_500_000_000)
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o640, .modificationDate: date], ofItemAtPath: path)
    #expect(try tool.run(["redact", "--in-place", "--backup", ".old", "a.log"]).exit == 0)
    let attributes = try FileManager.default.attributesOfItem(atPath: path)
    #expect(attributes[.posixPermissions] as? Int == 0o640)
    #expect(attributes[.modificationDate] as? Date == date)
    #expect(try content("a.log.old", tool) == log)
    #expect(try FileManager.default.contentsOfDirectory(atPath: tool.directory.path).count == 2)
  }

  @Test func `what cannot be redacted is told and left alone`() throws {
    let tool = try Tool()
    try tool.write("SQLite format 3\u{0} 4242424242424242", to: "x.db")
    try tool.write(log, to: "b.log")
    let path = tool.directory.path
    try FileManager.default.linkItem(atPath: path + "/b.log", toPath: path + "/c.log")
    let outcome = try tool.run(["redact", "--in-place", "x.db", "b.log", "none.log", "."])
    #expect(outcome.exit == 3)
    for part in ["x.db: is a database", "b.log: has several names", "none.log: cannot be read"] {
      #expect(outcome.err.contains(part))
    }
    #expect(outcome.err.contains("is no regular file"))
    #expect(try content("b.log", tool) == log)
  }

  @Test func `standard input goes to standard output, with a receipt`() throws {
    let tool = try Tool()
    let outcome = try tool.run(["redact", "--receipt", "r.jsonl"], stdin: Data(log.utf8))
    #expect(outcome.exit == 0 && outcome.out == "a 1\ncard XXXXXXXXXXXX4242 cvv=XXX\nend")
    #expect(outcome.err == "unpan: masked 2 places: 1 pan, 1 cvv\n")
    let receipt = try content("r.jsonl", tool)
    #expect(receipt.contains(#""counts":{"pan":1,"cvv":1}"#) && !receipt.contains("4242"))
    #expect(try tool.run(["redact", "--in-place"]).exit == 64)
    #expect(try tool.run(["redact", "-", "a.log"]).exit == 64)
  }

  /// Somebody who watches a log sees each line when it is written; how soon, `Benchmarks guard` tells.
  @Test func `a line goes out before the next one comes in`() throws {
    let process = Process()
    process.executableURL = Tool.binary
    process.arguments = ["redact", "--quiet"]
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    try process.run()
    for number in 0..<50 {
      let text = number % 10
      try input.fileHandleForWriting.write(contentsOf: Data("\(text) 4242424242424242\n".utf8))
      let line = try output.fileHandleForReading.read(upToCount: 19)
      #expect(line == Data("\(text) XXXXXXXXXXXX4242\n".utf8))
    }
    try input.fileHandleForWriting.close()
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
  }

  private func shell(_ script: String, _ tool: Tool) throws -> Tool.Outcome {
    try tool.run(
      ["-c", script], environment: ["UNPAN": Tool.binary.path], binary: "/bin/bash")
  }

  @Test func `a gzip file is packed again, with its name, level, mode and times`() throws {
    let tool = try Tool()
    try tool.write(String(repeating: log + "\n", count: 20_000), to: "a.log")
    let made = try shell(
      "touch -d '2019-05-06 07:08:09' a.log && gzip -9 -k a.log && chmod 640 a.log.gz", tool)
    #expect(made.exit == 0, "\(made.err)")
    let dry = try tool.run(["redact", "a.log.gz"])
    #expect(dry.exit == 1 && dry.out == "a.log.gz: would mask 40000 places: 20000 pan, 20000 cvv\n")
    let before = try shell("stat -c '%a %u %g %Y %X' a.log.gz; gzip -lvN a.log.gz | tail -1", tool)
    #expect(try tool.run(["redact", "--in-place", "a.log.gz", "a.log"]).exit == 0)
    // The compressed size is another.
    let words = before.out.split { $0 == " " || $0 == "\n" }
    let after = try shell("stat -c '%a %u %g %Y %X' a.log.gz; gzip -lvN a.log.gz | tail -1", tool)
    let newWords = after.out.split { $0 == " " || $0 == "\n" }
    #expect(words.prefix(5) == newWords.prefix(5) && words.last == newWords.last)
    let same = try shell(
      "gzip -t a.log.gz && zcat a.log.gz | cmp - a.log && [ $(od -An -tu1 -j8 -N1 a.log.gz) = 2 ]",
      tool)
    #expect(same.exit == 0, "\(same.out)\(same.err)")
    #expect(try tool.run(["scan", "a.log.gz"]).exit == 0)
    #expect(try FileManager.default.contentsOfDirectory(atPath: tool.directory.path).count == 2)
  }

  @Test func `gzip that is damaged, holds an archive or has something behind it stays`() throws {
    let tool = try Tool()
    try tool.write(log, to: "a.log")
    let made = try shell(
      """
      gzip -k a.log && head -c 40 a.log.gz > cut.gz && cat a.log.gz a.log > more.gz &&
      cat a.log.gz a.log.gz > two.gz && tar czf a.tar.gz a.log && gzip -c a.log.gz > twice.gz &&
      printf '\\375\\067zXZ\\000....' > a.xz && tar cf a.tar a.log && sha256sum * > .sums
      """, tool)
    #expect(made.exit == 0, "\(made.err)")
    for (name, words) in [
      ("cut.gz", "cannot be unpacked to its end"), ("more.gz", "something behind it"),
      ("a.tar.gz", "holds an archive"), ("twice.gz", "holds an archive"),
      ("a.xz", "compressed, and not as gzip"), ("a.tar", "is an archive"),
    ] {
      let outcome = try tool.run(["redact", "--in-place", name])
      #expect(outcome.exit == 3 && outcome.err.contains(words), "\(name): \(outcome.err)")
    }
    #expect(try shell("sha256sum --quiet -c .sums", tool).exit == 0)
    // Two members are text as one.
    #expect(try tool.run(["redact", "--in-place", "two.gz"]).exit == 0)
    let text = try shell("zcat two.gz", tool).out
    #expect(
      text == "a 1\ncard XXXXXXXXXXXX4242 cvv=XXX\nenda 1\ncard XXXXXXXXXXXX4242 cvv=XXX\nend")
  }

  @Test func `what cannot be masked in place is told, and the file stays`() throws {
    let tool = try Tool()
    let page =
      "<html><body>card <b>4242</b>4242<i>4242</i>4242 and 5555555555554444</body></html>\n"
    try tool.write(page, to: "a.html")
    let outcome = try tool.run(["redact", "--in-place", "a.html"])
    #expect(outcome.exit == 3 && outcome.err.contains("still finds card data in 1 place"))
    #expect(try content("a.html", tool) == page)
  }

  @Test func `a file that changes meanwhile is left as it is`() throws {
    let tool = try Tool()
    try tool.write(String(repeating: log + "\n", count: 200_000), to: "a.log")
    let outcome = try shell(
      """
      "$UNPAN" redact --in-place a.log & pid=$!
      while kill -0 $pid 2>/dev/null; do echo more >> a.log; sleep 0.01; done
      wait $pid; code=$?; grep -c 4242424242424242 a.log; ls | wc -l; exit $code
      """, tool)
    #expect(outcome.exit == 3 && outcome.err.contains("changed while it was redacted"))
    #expect(outcome.out == "200000\n1\n")
  }

  /// Whichever pass it comes in, the last of them the scan that proves the new content.
  @Test(arguments: [("INT", 130, 1), ("TERM", 143, 1), ("INT", 130, 2), ("TERM", 143, 3)])
  func `who is asked to stop leaves the file as it was`(signal: String, code: Int, pass: Int)
    throws
  {
    let tool = try Tool()
    let large = String(repeating: log + "\n", count: 200_000)
    try tool.write(log, to: "b.log")
    let wait = """
      import glob, os, signal, sys, time
      def size(path):
        try: return os.path.getsize(path)
        except OSError: return -1
      whole = size("a.log")
      def opened():
        try: return "a.log" in [os.path.basename(os.readlink(path)) for path in glob.glob(files)]
        except OSError: return False
      files = f"/proc/{sys.argv[1]}/fd/*"
      for _ in range(60_000):
        found = [size(path) for path in glob.glob("a.log.unpan-*")]
        if \(pass) == 1 and opened(): break
        if \(pass) > 1 and found and found[0] >= (whole if \(pass) == 3 else 0): break
        time.sleep(0.001)
      os.kill(int(sys.argv[1]), signal.SIG\(signal))
      """
    for _ in 0..<20 {
      try tool.write(large, to: "a.log")
      try tool.write(wait, to: "wait.py")
      let outcome = try shell(
        """
        cp a.log old; rm -f r.jsonl
        "$UNPAN" redact --in-place --receipt r.jsonl a.log b.log & pid=$!
        python3 wait.py $pid; wait $pid; code=$?; rm wait.py
        cmp a.log old; wc -l < r.jsonl; ls; exit $code
        """, tool)
      // A busy machine may let the signal come when the file was done.
      if outcome.out.contains("a.log: masked") {
        try tool.write(log, to: "b.log")
        continue
      }
      #expect(outcome.exit == Int32(code), "\(outcome.out)\(outcome.err)")
      #expect(outcome.out == "0\na.log\nb.log\nold\nr.jsonl\n")
      #expect(outcome.err.contains("a.log: was left as it is: interrupted"))
      #expect(try content("b.log", tool) == log)
      return
    }
    Issue.record("the signal never came in time")
  }

  @Test func `a stream of packed bytes goes through, and is told`() throws {
    let tool = try Tool()
    try tool.write(log, to: "a.log")
    // What Git LFS leaves in a file's place is text, and nothing is packed in it.
    let pointer =
      "version https://git-lfs.github.com/spec/v1\noid sha256:"
      + String(repeating: "0a", count: 32) + "\nsize 12345\n"
    try tool.write(pointer, to: "pointer")
    #expect(try tool.run(["redact", "--in-place", "pointer"]).exit == 0)
    for (made, words) in [
      ("gzip -c a.log", "is compressed"), ("tar c a.log", "is an archive"),
      ("printf 'SQLite format 3\\0 4242424242424242'", "is a database"),
      ("printf '%%PDF-1.4\\n'", "is a document"),
      ("echo '-----BEGIN PGP MESSAGE-----'", "is a message of PGP that is encrypted"),
    ] {
      let outcome = try shell(
        "\(made) > in; \"$UNPAN\" redact < in > out; code=$?; wc -c < out; exit $code", tool)
      let size = try Data(contentsOf: tool.directory.appendingPathComponent("in")).count
      #expect(outcome.exit == 2 && outcome.out == "\(size)\n", "\(made): \(outcome.out)")
      #expect(outcome.err.contains(words) && outcome.err.contains("not masked"), "\(outcome.err)")
    }
  }

  @Test func `a receipt takes the place of none of the files`() throws {
    let tool = try Tool()
    try tool.write(log, to: "a.log")
    try tool.write(log, to: "b.log")
    for arguments in [
      ["a.log", "--receipt", "./a.log"], ["b.log", "a.log", "--receipt", "a.log"],
      ["--in-place", "--backup", ".old", "a.log", "--receipt", "a.log.old"],
    ] {
      let outcome = try tool.run(["redact"] + arguments)
      #expect(outcome.exit == 64 && outcome.err.contains("--receipt"), "\(arguments)")
    }
    #expect(try shell("\"$UNPAN\" redact --receipt a.log < a.log", tool).exit == 64)
    #expect(try content("a.log", tool) == log)
  }

  @Test func `a receipt tells of files that were masked before the end`() throws {
    let tool = try Tool()
    try tool.write(log, to: "a.log")
    let outcome = try shell(
      "\"$UNPAN\" redact --in-place --receipt r.jsonl a.log | (exec <&-; sleep 0.1); cat r.jsonl",
      tool)
    #expect(try content("a.log", tool) != log)
    #expect(outcome.out.contains(#""file":"a.log","applied":true"#))
    // As many places as it has room for, and how many it has not.
    try tool.write(String(repeating: log + "\n", count: 6_000), to: "b.log")
    _ = try tool.run(["redact", "--receipt", "r.jsonl", "b.log"])
    #expect(try content("r.jsonl", tool).contains(#""placesLeftOut":2000}"#))
  }

  @Test func `a name that is not UTF-8 is no trouble`() throws {
    let tool = try Tool()
    let outcome = try shell(
      """
      printf 'card 4242424242424242\\n' > $'bad\\xff.log' &&
      "$UNPAN" redact --in-place --backup .old --receipt r.jsonl $'bad\\xff.log' &&
      cat $'bad\\xff.log' $'bad\\xff.log.old' && python3 -c 'import json; json.load(open("r.jsonl"))'
      """, tool)
    #expect(outcome.exit == 0, "\(outcome.err)")
    #expect(
      outcome.out
        == "bad\\xFF.log: masked 1 place: 1 pan\ncard XXXXXXXXXXXX4242\ncard 4242424242424242\n")
    let missing = try shell("\"$UNPAN\" redact $'no\\xfe.log'", tool)
    #expect(missing.exit == 3 && missing.err.contains("no\\xFE.log: cannot be read"))
  }

  @Test func `a full disk leaves the old file as it was`() throws {
    let tool = try Tool()
    try tool.write(String(repeating: log + "\n", count: 2000), to: "a.log")
    // No file may grow past 8 blocks of 1 KiB, as if there were no more room.
    let outcome = try shell(
      "cp a.log b.log; ulimit -f 8; \"$UNPAN\" redact --in-place a.log", tool)
    #expect(outcome.exit == 3 && outcome.err.contains("what is redacted is unchanged"))
    #expect(try shell("cmp a.log b.log && [ $(ls | wc -l) = 2 ]", tool).exit == 0)
  }

  @Test func `a full disk behind standard output is told as that`() throws {
    let outcome = try shell("printf 'card 4242424242424242' | \"$UNPAN\" redact >/dev/full", Tool())
    #expect(outcome.exit == 3, "\(outcome.err)")
    #expect(outcome.err.contains("standard output: cannot be written: No space left"))
  }

  @Test func `a backup takes the place of no file`() throws {
    let tool = try Tool()
    try tool.write(log, to: "a.log")
    try tool.write("mine", to: "a.log.old")
    let outcome = try tool.run(["redact", "--in-place", "--backup", ".old", "a.log"])
    #expect(outcome.exit == 3 && outcome.err.contains("a.log.old is there already"))
    #expect(try content("a.log", tool) == log)
    #expect(try content("a.log.old", tool) == "mine")
    #expect(try FileManager.default.contentsOfDirectory(atPath: tool.directory.path).count == 2)
  }

  private func content(_ name: String, _ tool: Tool) throws -> String {
    try String(contentsOf: tool.directory.appendingPathComponent(name), encoding: .utf8)
  }
}

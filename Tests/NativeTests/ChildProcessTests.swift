import Core
import Glibc
import Native
import Testing

@Suite struct ChildProcessTests {
  private func child(
    _ script: String, input: ChildProcess.Input = .none, environment: [String: String] = [:],
    timeoutSeconds: Int? = 20
  ) throws -> ChildProcess {
    try ChildProcess(
      .init(
        "/bin/sh", [Array("-c".utf8), Array(script.utf8)], environment: environment,
        timeoutSeconds: timeoutSeconds), input: input)
  }

  private func text(_ child: ChildProcess) throws -> String {
    String(decoding: try child.readAll(bytesMax: 1 << 20), as: UTF8.self)
  }

  @Test func `a child gives its output, its complaint and its status`() throws {
    let child = try child("echo out; echo bad >&2; exit 7")
    #expect(try text(child) == "out\n")
    #expect(try child.finish() == 7)
    #expect(child.complaint == "bad")
  }

  @Test func `a child inherits nothing of the environment`() throws {
    setenv("UNPAN_TEST_SECRET", "hidden", 1)
    defer { unsetenv("UNPAN_TEST_SECRET") }
    let child = try child("echo \"$UNPAN_TEST_SECRET-$GIVEN\"", environment: ["GIVEN": "yes"])
    #expect(try text(child) == "-yes\n")
  }

  @Test func `a child inherits no open file`() throws {
    let file = open("/dev/null", O_RDONLY)
    defer { close(file) }
    let child = try child("ls /proc/self/fd | wc -l")
    // The three streams and the directory that ls itself lists.
    #expect(try text(child).contains("4"))
  }

  @Test func `a child that writes much to both streams does not hang`() throws {
    let child = try child(
      "i=0; while [ $i -lt 3000 ]; do printf '%100s' x >&2; i=$((i+1)); done; echo")
    #expect(try text(child) == "\n")
    #expect(child.complaint.utf8.count <= 4096)
    #expect(try child.finish() == 0)
  }

  @Test func `a child past its deadline is killed`() throws {
    let child = try child("sleep 60; echo late", timeoutSeconds: 1)
    let error = #expect(throws: ChildError.self) { _ = try text(child) }
    #expect(error?.code == .deadline)
  }

  @Test func `a child that closes its output and goes on is killed as well`() throws {
    let child = try child("exec >&- 2>&-; sleep 60", timeoutSeconds: 1)
    let error = #expect(throws: ChildError.self) { _ = try child.finish() }
    #expect(error?.code == .deadline)
  }

  @Test func `a program that is not there is told`() {
    let error = #expect(throws: ChildError.self) {
      try ChildProcess(.init("unpan-no-such-program", [], environment: ["PATH": "/usr/bin:/bin"]))
    }
    #expect(error?.code == .missing)
    #expect(error?.program == "unpan-no-such-program")
  }

  @Test func `children can be joined, and read from memory`() throws {
    let first = try child("cat", input: .bytes(Array("b\na\n".utf8)))
    let second = try child("sort", input: .output(of: first))
    #expect(try second.read(until: 0x0A, bytesMax: 10) == Array("a".utf8))
    #expect(try second.read(until: 0x0A, bytesMax: 10) == Array("b".utf8))
    #expect(try second.read(until: 0x0A, bytesMax: 10) == nil)
    #expect(try second.finish() == 0)
    #expect(try first.finish() == 0)
  }

  @Test func `a pipe is written and read in turn`() throws {
    let child = try child("cat", input: .pipe)
    for _ in 0..<3 {
      try child.write(Array("ping\n".utf8))
      #expect(try child.read(until: 0x0A, bytesMax: 10) == Array("ping".utf8))
    }
    child.closeInput()
    #expect(try child.finish() == 0)
  }

  @Test func `writing to a child that ended is an error and no end of ours`() throws {
    let child = try child("exit 0", input: .pipe)
    _ = try text(child)
    #expect(throws: ChildError.self) {
      for _ in 0..<100 { try child.write([UInt8](repeating: 0x61, count: 4096)) }
    }
  }

  @Test func `a line longer than allowed is an error`() throws {
    let child = try child("head -c 200000 /dev/zero")
    let error = #expect(throws: ChildError.self) { try child.read(until: 0x0A, bytesMax: 1000) }
    #expect(error?.code == .tooLong)
  }
}

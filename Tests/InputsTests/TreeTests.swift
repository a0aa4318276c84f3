import Core
import Foundation
import Glibc
import Inputs
import Native
import Synchronization
import Testing

@Suite struct TreeTests {
  @Test func `hidden and ignored files are read in the order of their bytes`() throws {
    let scratch = try Scratch()
    try scratch.makeDirectory("b/.git")
    try scratch.write("b/.git/config", "1")
    try scratch.write(".hidden", "2")
    try scratch.write(".gitignore", "*")
    try scratch.write("a-b", "3")
    try scratch.makeDirectory("a")
    try scratch.write("a/z", "4")
    try scratch.write("Z", "5")
    let walked = try walk(scratch.path)
    let names = walked.readings.map { String($0.location.path!.dropFirst(scratch.path.count + 1)) }
    #expect(names == [".gitignore", ".hidden", "Z", "a/z", "a-b", "b/.git/config"])
    #expect(walked.readings.allSatisfy { $0.location.target == scratch.path })
  }

  @Test func `links and special files are listed and not opened`() throws {
    let scratch = try Scratch()
    try scratch.write("file", "x")
    symlink("file", scratch.path + "/link")
    symlink(".", scratch.path + "/loop")
    mkfifo(scratch.path + "/pipe", 0o600)
    try makeSocket(scratch.path + "/socket")
    let walked = try walk(scratch.path)
    #expect(walked.readings.count == 1)
    #expect(walked.reason("/link") == "symbolic-link")
    #expect(walked.reason("/loop") == "symbolic-link")
    #expect(walked.reason("/pipe") == "fifo")
    #expect(walked.reason("/socket") == "socket")
    #expect(walked.notExamined.isEmpty)
  }

  @Test func `names that are no text are read and shown escaped`() throws {
    let scratch = try Scratch()
    try scratch.write([0x63, 0x61, 0x66, 0xE9], [0x31])
    try scratch.write("two\nlines", "2")
    let walked = try walk(scratch.path)
    #expect(walked.readings.map { $0.ownedBytes } == [[0x31], [0x32]])
    #expect(walked.readings[0].location.path == scratch.path + "/caf\\xE9")
    #expect(walked.readings[1].location.path == scratch.path + "/two\nlines")
  }

  @Test func `a file with two names is read once`() throws {
    let scratch = try Scratch()
    try scratch.write("a", "x")
    link(scratch.path + "/a", scratch.path + "/b")
    let walked = try walk(scratch.path)
    #expect(walked.readings.count == 1)
    #expect(walked.reason("/b") == "already-examined")
  }

  @Test func `patterns and sizes leave files out and say so`() throws {
    let scratch = try Scratch()
    try scratch.makeDirectory("node_modules/x")
    try scratch.write("node_modules/x/y", "1")
    try scratch.write("photo.jpg", "1")
    try scratch.write("small", "1")
    try scratch.write("large", "12345")
    var options = InputOptions()
    options.excludes = [Glob("*.jpg"), Glob("node_modules/")]
    options.fileBytesMax = 4
    let walked = try walk(scratch.path, options)
    #expect(walked.readings.count == 1)
    #expect(walked.reason("/photo.jpg") == "excluded-by-pattern")
    #expect(walked.reason("/node_modules") == "excluded-by-pattern")
    #expect(walked.reason("/large") == "larger-than-max-file-size")
    #expect(walked.excluded.count == 3)
  }

  @Test func `what the run itself writes is left out under the name it gets`() throws {
    let scratch = try Scratch()
    try scratch.write("log", "x")
    try scratch.write("a.jsonl.partial-\(getpid())", "finding")
    try scratch.write("b.jsonl", "an older one")
    try scratch.write("b.jsonl.partial-\(getpid())", "finding")
    try scratch.write("c.jsonl.partial-1", "of another run")
    try scratch.makeDirectory("evidence.unpan-partial")
    try scratch.write("evidence.unpan-partial/report.txt", "finding")
    var options = InputOptions()
    for name in [
      "a.jsonl.partial-\(getpid())", "b.jsonl.partial-\(getpid())", "evidence.unpan-partial",
    ] {
      let path = Array("\(scratch.path)/\(name)".utf8)
      options.ownFiles[try FileStatus.of(path, followsLinks: false).identity] = .report
    }
    let walked = try walk(scratch.path, options)
    #expect(
      walked.excluded.map { $0.place.dropFirst(scratch.path.count + 1) } == [
        "a.jsonl", "b.jsonl", "evidence.unpan-partial",
      ])
    #expect(walked.excluded.allSatisfy { $0.reason == .ownReport })
    // What b.jsonl held before the run is not of this run.
    #expect(walked.readings.count == 3)
  }

  @Test func `a directory below the deepest level is told`() throws {
    let scratch = try Scratch()
    let deep = Array(repeating: "d", count: Limits.directoryDepthMax + 2).joined(separator: "/")
    try scratch.makeDirectory(deep)
    try scratch.write(deep + "/file", "x")
    let walked = try walk(scratch.path)
    #expect(walked.readings.isEmpty)
    #expect(walked.notExamined.count == 1)
  }

  @Test func `a file that vanishes after it was listed is told`() throws {
    let scratch = try Scratch()
    try scratch.write("gone", "x")
    let item = try firstItem(scratch.path)
    unlink(scratch.path + "/gone")
    #expect(read(item).reasons == ["vanished"])
  }

  @Test(.enabled(if: getuid() == 0, "needs root to become another user"))
  func `what may not be read is told`() throws {
    let scratch = try Scratch()
    chmod(scratch.path, 0o755)
    try scratch.write("file", "x")
    chmod(scratch.path + "/file", 0)
    try scratch.makeDirectory("inside")
    chmod(scratch.path + "/inside", 0)
    let result = try walkAsNobody(scratch.path)
    #expect(result.readings.map(\.reasons) == [["permission-denied"]])
    #expect(result.reason("/inside") == "permission-denied")
  }

  @Test(.enabled(if: getuid() == 0, "needs root to become another user"))
  func `a log that may not be read is told once`() throws {
    let scratch = try Scratch()
    chmod(scratch.path, 0o755)
    do {
      let database = try Database.create(scratch.path + "/shop.db")
      try database.execute(
        "PRAGMA journal_mode = wal; CREATE TABLE t (a); INSERT INTO t VALUES ('x')")
    }
    chmod(scratch.path + "/shop.db", 0o644)
    try scratch.write("shop.db-wal", "frames")
    chmod(scratch.path + "/shop.db-wal", 0)
    let result = try walkAsNobody(scratch.path)
    let told = result.readings.flatMap(\.outcome.notExamined)
    #expect(told.map(\.place) == [scratch.path + "/shop.db-wal"])
    #expect(told.map(\.reason) == [.permissionDenied])
    #expect(result.excluded.isEmpty && result.notExamined.isEmpty)
  }

  /// Walks with the rights of a user who owns nothing.
  private func walkAsNobody(_ path: String) throws -> Walked {
    // The Glibc module leaves sys/fsuid.h out.
    typealias SetUser = @convention(c) (uid_t) -> CInt
    let setFileSystemUser = unsafeBitCast(
      try #require(dlsym(nil, "setfsuid")), to: SetUser.self)
    let walked = Mutex<Swift.Result<Walked, any Error>?>(nil)
    // The user id for files is one thread's own, so a thread that ends takes it along.
    runWorkers(1) { _ in
      _ = setFileSystemUser(65534)
      walked.withLock { $0 = Swift.Result { try walk(path) } }
    }
    return try #require(walked.withLock { $0 }).get()
  }

  private func makeSocket(_ path: String) throws {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let result = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    #expect(result == 0)
  }
}

@Suite struct GlobTests {
  @Test(arguments: [
    ("*.jpg", "a/b/c.jpg"), ("*.jpg", ".jpg"), ("logs/*.gz", "logs/a.gz"), ("/build", "build"),
    ("**/cache", "cache"), ("**/cache", "a/b/cache"), ("a/**", "a/b/c"), ("a/**/z", "a/z"),
    ("a/**/z", "a/b/c/z"), ("file[0-9]", "x/file7"), ("file[!0-9]", "filex"), ("a?c", "abc"),
    ("\\*", "*"), ("[", "["), ("a**b", "axxb"), ("**/a/**", "x/a/y"), ("caf?", "cafe"),
  ])
  func `a pattern matches`(pattern: String, path: String) {
    #expect(Glob(pattern).matches(path: path.utf8, isDirectory: false))
  }

  @Test(arguments: [
    ("*.jpg", "a.jpg.txt"), ("logs/*.gz", "x/logs/a.gz"), ("logs/*.gz", "logs/a/b.gz"),
    ("/build", "a/build"), ("**/cache", "xcache"), ("a/**/z", "a/bz"), ("a/**", "a"),
    ("a?c", "ac"), ("\\*", "x"), ("file[0-9]", "filex"), ("build/", "build"), ("a/?", "a//"),
    ("**/a/**", "xa/y"), ("", "a"),
  ])
  func `a pattern does not match`(pattern: String, path: String) {
    #expect(!Glob(pattern).matches(path: path.utf8, isDirectory: false))
  }

  @Test func `a pattern made to be slow is not`() {
    let pattern = String(repeating: "*a", count: 200) + "b"
    let path = String(repeating: "a", count: 2000)
    #expect(!Glob(pattern).matches(path: path.utf8, isDirectory: false))
  }

  @Test(arguments: [
    ("[", false), ("a[b", false), ("[]", false), ("a\\", false), ("[]]", true),
    ("\\[", true), ("[a-z]*", true), ("", true), ("[[]", true),
  ])
  func `a pattern is whole when its brackets are closed`(pattern: String, isWhole: Bool) {
    #expect(Glob.isComplete(pattern) == isWhole)
  }
}

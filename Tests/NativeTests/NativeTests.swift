import Foundation
import Glibc
import Native
import Synchronization
import Testing

@Suite struct NativeTests {
  @Test func `a full disk is told from other trouble of SQLite`() {
    // SQLITE_FULL, SQLITE_IOERR_SHMSIZE, SQLITE_IOERR, SQLITE_IOERR_READ.
    let codes: [Int32] = [13, 10 | 19 << 8, 10, 10 | 1 << 8]
    #expect(codes.map { SQLiteCode(rawValue: $0).isDiskFull } == [true, true, false, false])
  }

  @Test func `every worker runs once with its number`() {
    let seen = Mutex<[Int]>([])
    runWorkers(8) { index in seen.withLock { $0.append(index) } }
    #expect(seen.withLock { $0.sorted() } == Array(0..<8))
  }

  @Test func `a waiter wakes when the state is as it wants`() {
    let monitor = Monitor(0)
    runWorkers(4) { index in
      if index == 0 {
        for _ in 0..<3 { monitor.withLock { $0 += 1 } }
      } else {
        let value = monitor.wait { $0 >= index ? $0 : nil }
        #expect(value >= index)
      }
    }
  }

  @Test func `a wait with a limit gives up`() {
    let monitor = Monitor(false)
    #expect(monitor.wait(milliseconds: 20) { $0 ? 1 : nil } == nil)
  }

  @Test func `opening a FIFO does not wait for its writer`() throws {
    let path = NSTemporaryDirectory() + "/unpan-fifo-\(getpid())"
    mkfifo(path, 0o600)
    defer { unlink(path) }
    let file = try Descriptor.open(Array(path.utf8), followsLinks: false)
    #expect(try file.status().kind == .fifo)
  }

  @Test func `a link is not followed unless asked to`() throws {
    let path = NSTemporaryDirectory() + "/unpan-link-\(getpid())"
    symlink("/etc/passwd", path)
    defer { unlink(path) }
    #expect(throws: SystemError.tooManyLinks) {
      _ = try Descriptor.open(Array(path.utf8), followsLinks: false)
    }
    let file = try Descriptor.open(Array(path.utf8), followsLinks: true)
    #expect(try file.status().kind == .regular)
  }

  // In a process of its own: the flag is one for all threads.
  @Test func `the first signal sets the flag and the second ends the process`() async {
    await #expect(processExitsWith: .exitCode(143)) {
      Interruption.install()
      var all = sigset_t()
      sigfillset(&all)
      pthread_sigmask(SIG_UNBLOCK, &all, nil)
      guard Interruption.requested == nil else { exit(1) }
      raise(SIGTERM)
      guard Interruption.requested == .terminate else { exit(2) }
      raise(SIGPIPE)
      raise(SIGTERM)
      exit(3)
    }
  }

  @Test func `a hardened process leaves no core dump`() async {
    await #expect(processExitsWith: .exitCode(0)) {
      Hardening.apply()
      var limit = rlimit()
      getrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &limit)
      exit(limit.rlim_max == 0 ? 0 : 1)
    }
  }

  @Test func `a listing finds names by their bytes`() throws {
    let directory = try Descriptor.openDirectory(Array("/etc".utf8), followsLinks: true)
    let listing = try DirectoryListing(of: directory)
    #expect(listing.contains(Array("passwd".utf8)))
    #expect(!listing.contains(Array("passw".utf8)))
    let names = (0..<listing.count).map { listing[$0] }
    #expect(names == names.sorted { $0.lexicographicallyPrecedes($1) })
  }

  @Test(arguments: [
    (
      "Unsupported proxy syntax in 'http://user:s3cretPW@127.0.0.1:99999'",
      "Unsupported proxy syntax in '***'"
    ),
    ("Unsupported proxy scheme for 'socks9://s3cretPW:8'", "Unsupported proxy scheme for '***'"),
    ("Could not resolve host: user:s3cret PW@host", "Could ***@host"),
    ("Failed to connect to http://a:s3cretPW@host:1", "Failed to connect to http://***@host:1"),
    ("Could not resolve proxy: proxy.example", "Could not resolve proxy: proxy.example"),
    ("no alternative name matches 'a.example'", "no alternative name matches 'a.example'"),
  ])
  func `what libcurl says is told without passwords`(text: String, told: String) {
    #expect(HTTPTransfers.withoutSecrets(text) == told)
  }
}

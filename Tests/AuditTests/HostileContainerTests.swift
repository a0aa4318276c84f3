import Core
import Foundation
import TestSupport
import Testing

/// Containers that are damaged or mean harm: no crash, no hang, nothing written, and the coverage says
/// what was not read.
@Suite(.enabled(if: ContainerFixtures.isPossible, Comment(rawValue: ContainerFixtures.missing)))
struct HostileContainerTests {
  @Test(arguments: [
    ("cut.gz", "truncated-while-reading", 1), ("cut.tar.gz", "truncated-while-reading", 1),
    ("cut.zip", "corrupt", 1), ("cut.xz", "corrupt", 0), ("cut.pdf", "corrupt", 0),
    ("picture.pdf", "unsupported", 0), ("bomb.xz", "over-limit", 0),
    ("bomb.gz.gz", "over-limit", 0), ("deep.gz", "over-limit", 0), ("secret.zip", "encrypted", 0),
    ("fake.gz", "corrupt", 20), ("crc.zip", "corrupt", 2),
    ("end.tar", "truncated-while-reading", 2),
    ("log.tar", "unsupported", 1), ("unlisted.zip", "corrupt", 1), ("locked.odt", "encrypted", 0),
  ])
  func `what was not read is told once`(file: String, reason: String, found: Int) throws {
    let result = try ContainerFixtures.scan("bad/" + file, threads: 2)
    #expect(result.reasons == [reason])
    #expect(result.findings.count == found)
    #expect(result.summary?.complete == false)
  }

  @Test func `names that lead elsewhere are only names`() throws {
    let result = try ContainerFixtures.scan("bad/up.tar")
    #expect(
      result.findings.map(\.location.member) == [
        "../../etc/unpan-was-here", "/unpan-was-here", "a\u{1B}[31m\n!b",
      ])
    for path in ["/etc/unpan-was-here", "/unpan-was-here"] {
      #expect(!FileManager.default.fileExists(atPath: path))
    }
  }

  @Test func `links in an archive are not followed`() throws {
    let result = try ContainerFixtures.scan("bad/links.tar")
    #expect(result.places == ["real 2 1111"])
    #expect(result.reasons.isEmpty)
  }

  @Test func `a million empty members are counted`() throws {
    let result = try ContainerFixtures.scan("bad/million.tar.gz", threads: 2)
    #expect(result.summary?.examined.objects == 1_000_000)
    #expect(result.summary?.complete == true)
  }

  @Test func `a directory of many members is not held in memory`() throws {
    let result = try ContainerFixtures.scan("bad/many.zip")
    #expect(result.places == ["last.txt 2 1111"])
  }

  @Test func `what no member has is told where nobody can look for it`() throws {
    let result = try ContainerFixtures.scan("bad/large.zip.gz") { $0.ratio = 1_000_000 }
    #expect(Set(result.reasons) == ["encrypted", "over-limit"])
    let undirected = try ContainerFixtures.scan("bad/undirected.zip")
    #expect(undirected.places == ["behind its end 2 1111"])
    #expect(undirected.reasons == ["truncated-while-reading"])
    let lost = try ContainerFixtures.scan("bad/lost.zip")
    #expect(lost.reasons.contains("unsupported"))
  }

  @Test func `each limit stops the reading and is told`() throws {
    let deep = try ContainerFixtures.scan("good/outer.zip") { $0.depth = 1 }
    #expect(deep.places == ["x/app.log 2 1111"])
    #expect(deep.reasons == ["over-limit", "over-limit", "over-limit"])
    let few = try ContainerFixtures.scan("bad/many.zip") { $0.members = 1000 }
    #expect(few.reasons == ["over-limit"])
    let small = try ContainerFixtures.scan("good/a.gz") { $0.expandedBytes = 10 }
    #expect(small.reasons == ["over-limit"])
    let ratio = try ContainerFixtures.scan("bad/bomb.xz") { $0.ratio = 1_000_000 }
    #expect(ratio.reasons.isEmpty)
  }

  @Test(arguments: ["zip", "7zip", "gzip", "bzip2", "xz"])
  func `a flipped bit is told`(kind: String) throws {
    let writer = try #require(ArchiveWriter())
    var random = SplitMix(seed: 7)
    let text = (0..<4000).map { _ in "line \(random.next())\n" }.joined()
    let isArchive = kind == "zip" || kind == "7zip"
    let whole = writer.pack(
      [("a.log", Array(text.utf8))], isArchive ? kind : "raw", filter: isArchive ? nil : kind)
    let scratch = try Scratch()
    for part in 2..<8 {
      var bytes = whole
      bytes[whole.count * part / 10] ^= 0x10
      try scratch.write("flipped\(part)", bytes)
      let result = try ContainerFixtures.scan(path: scratch.path + "/flipped\(part)")
      #expect(!result.reasons.isEmpty, "\(part)")
    }
  }

  @Test func `what follows a bomb is told as not read`() throws {
    let result = try ContainerFixtures.scan("bad/bombs.tar")
    let entries = result.coverages.flatMap(\.notExamined)
    #expect(result.places == ["a.log 2 1111"])
    #expect(
      entries.map { $0.place.split(separator: "/").last } == ["bombs.tar!bomb.xz"])
    #expect(entries.first?.reason == .overLimit)
    #expect(entries.first?.detail?.hasSuffix("What follows in the file was not read.") == true)
  }

  @Test(
    arguments: [
      ("unsupported", "\u{89}LZO\0\r\n\u{1A}\n"), ("unsupported", "!BDN1234SM\u{17}\0"),
      ("unsupported", "ORC\n\u{3}"),
      ("unsupported", "ARROW1\0\0"), ("unsupported", "Obj\u{1}"),
      ("unsupported", "REDIS0009\u{FA}"),
      ("unsupported", "\u{D0}\u{CF}\u{11}\u{E0}\u{A1}\u{B1}\u{1A}\u{E1}"),
      (
        "encrypted",
        "\u{D0}\u{CF}\u{11}\u{E0}\u{A1}\u{B1}\u{1A}\u{E1}"
          + "E\0n\0c\0r\0y\0p\0t\0e\0d\0P\0a\0c\0k\0a\0g\0e\0"
      ),
      ("unsupported", "PACK\0\0\0\u{2}\0\0\0\u{1}"), ("unsupported", "# v2 git bundle\n"),
      ("unsupported", "\u{19}\u{22}-lh5-\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
      ("encrypted", "-----BEGIN PGP MESSAGE-----\n"), ("encrypted", "Salted__\u{9F}1234567"),
      ("encrypted", "\u{85}\u{1}\u{C}\u{3}12345678\u{1}\0\0\0"),
      ("encrypted", "\u{8C}\r\u{4}\u{9}\u{3}\u{8}1234567890"),
      ("encrypted", "age-encryption.org/v1\n"), ("encrypted", "LUKS\u{BA}\u{BE}"),
      ("corrupt", "\n\u{1F}\u{8B}\u{8}"),
    ])
  func `what cannot be unpacked is told and scanned as it is`(reason: String, head: String) throws {
    let scratch = try Scratch()
    let bytes = head.unicodeScalars.map { UInt8($0.value) }
    try scratch.write("file", bytes + Array("\ncard=4111111111111111\n".utf8))
    let result = try ContainerFixtures.scan(path: scratch.path)
    #expect(result.reasons == [reason])
    #expect(result.findings.map(\.last4) == ["1111"])
    let writer = try #require(ArchiveWriter())
    try scratch.write(
      "file.tar", writer.pack([("file", bytes + Array("\ncard=4111111111111111\n".utf8))], "ustar"))
    let packed = try ContainerFixtures.scan(path: scratch.path + "/file.tar")
    #expect(packed.reasons == [reason])
    #expect(packed.findings.map(\.last4) == ["1111"])
  }

  @Test func `damaged containers are read as far as they go`() throws {
    let folder = ContainerFixtures.folder + "/good/"
    let corpus = try ContainerTests.expected
      // A child a run is too slow for many runs.
      .filter { !$0.file.hasSuffix(".pdf") && $0.file != "p.zip" }
      .map { Array(try Data(contentsOf: URL(filePath: folder + $0.file))) }
    let scratch = try Scratch()
    let before = try FileManager.default.contentsOfDirectory(atPath: scratch.path).count
    let wrong = Fuzz("containers", corpus: corpus).run(600) { bytes, random in
      var bytes = bytes
      // Flips that leave the magic alone get further in.
      for _ in 0..<Int.random(in: 0...3, using: &random) where bytes.count > 16 {
        let at = Int.random(in: 8..<bytes.count, using: &random)
        bytes[at] ^= 1 << UInt8.random(in: 0...7, using: &random)
      }
      do {
        try scratch.write("file", bytes)
        let start = Date()
        let result = try ContainerFixtures.scan(path: scratch.path + "/file")
        if result.summary == nil { return "no summary" }
        if -start.timeIntervalSinceNow > 20 { return "took too long" }
      } catch {
        return "\(error)"
      }
      return nil
    }
    #expect(wrong == nil)
    let after = try FileManager.default.contentsOfDirectory(atPath: scratch.path).count
    #expect(after == before + 1, "nothing but the file itself")
  }
}

import Core
import Foundation
import Inputs
import TestSupport
import Testing

@Suite(.enabled(if: ScratchRepository.hasGit, "git is not installed"))
struct GitTests {
  private func texts(_ walked: Walked) -> [String: String] {
    Dictionary(
      walked.readings.map { reading in
        (reading.location.member ?? "", String(decoding: reading.ownedBytes, as: UTF8.self))
      }, uniquingKeysWith: { a, b in a + "|" + b })
  }

  private func short(_ id: String) -> String { String(id.prefix(10)) }

  @Test func `every version of a file is read once, with the commit that brought it`() throws {
    let repository = try ScratchRepository()
    let first = try repository.commit("one\n", to: "a.txt")
    let second = try repository.commit("two\n", to: "a.txt")
    // The same content under another name, and back again: nothing new.
    try repository.commit("one\n", to: "b.txt")
    try repository.commit("one\n", to: "a.txt")
    let walked = try walk("git:\(repository.path)")
    let blobs = walked.readings.filter { $0.location.member?.contains(":") == true }
    #expect(
      blobs.map(\.location.member) == ["\(short(first)):a.txt", "\(short(second)):a.txt"])
    #expect(blobs.map { String(decoding: $0.ownedBytes, as: UTF8.self) } == ["one\n", "two\n"])
    #expect(walked.readings.allSatisfy { $0.location.path == repository.path })
    #expect(walked.notExamined.isEmpty)
  }

  @Test(arguments: [false, true])
  func `messages, tags, notes, stashes and what was dropped are read`(isPacked: Bool) throws {
    let repository = try ScratchRepository()
    let first = try repository.commit("x\n", to: "a.txt", message: "message-text")
    try repository.git(["tag", "-a", "v1", "-m", "tag-text"])
    try repository.git(["notes", "add", "-m", "note-text"])
    try repository.write("stash-text\n", to: "a.txt")
    try repository.git(["stash", "-q"])
    try repository.commit("dropped-text\n", to: "d.txt", message: "dropped-message")
    try repository.git(["reset", "-q", "--hard", first])
    try repository.git(["reflog", "expire", "--expire=now", "--all"])
    try repository.git(["hash-object", "-w", "--stdin"], input: "loose-text\n")
    if isPacked { try repository.git(["repack", "-q", "-a", "-d", "-k"]) }
    let texts = texts(try walk("git:\(repository.path)"))
    #expect(texts[short(first)]?.contains("message-text") == true)
    #expect(texts["tag v1"]?.contains("tag-text") == true)
    #expect(texts.values.contains("note-text\n"))
    #expect(texts.values.contains("stash-text\n") == true)
    #expect(texts.contains { $0.key.hasSuffix(":d.txt") && $0.value == "dropped-text\n" })
    #expect(texts.contains { $0.key.hasPrefix("blob ") && $0.value == "loose-text\n" })
    #expect(texts.values.contains { $0.contains("dropped-message") })
  }

  @Test func `what a merge itself brought is read`() throws {
    let repository = try ScratchRepository()
    try repository.commit("a\nb\n", to: "f")
    try repository.git(["checkout", "-q", "-b", "side"])
    try repository.commit("a\nB\n", to: "f")
    try repository.git(["checkout", "-q", "main"])
    try repository.commit("A\nb\n", to: "f")
    try repository.git(["merge", "-q", "side"], mayFail: true)
    let merge = try repository.commit("A\nB\nevil\n", to: "f")
    #expect(texts(try walk("git:\(repository.path)"))["\(short(merge)):f"] == "A\nB\nevil\n")
  }

  @Test func `bare repositories and bundles hold the same`() throws {
    let repository = try ScratchRepository()
    try repository.commit("text\n", to: "a.txt")
    try repository.git(["tag", "-a", "v1", "-m", "tag-text"])
    let plain = texts(try walk("git:\(repository.path)"))
    try repository.git(["clone", "-q", "--bare", ".", "bare.git"])
    try repository.git(["bundle", "create", "-q", "all.bundle", "--all"])
    #expect(texts(try walk("git:\(repository.path)/bare.git")) == plain)
    #expect(texts(try walk("git:\(repository.path)/all.bundle")) == plain)
  }

  @Test func `a truncated bundle is told`() throws {
    let repository = try ScratchRepository()
    try repository.commit("text\n", to: "a.txt")
    try repository.git(["bundle", "create", "-q", "all.bundle", "--all"])
    let path = repository.path + "/all.bundle"
    let data = try Data(contentsOf: URL(filePath: path))
    try data.prefix(data.count - 30).write(to: URL(filePath: path))
    let walked = try walk("git:\(path)")
    #expect(walked.readings.isEmpty)
    #expect(walked.notExamined.map(\.reason) == [.readError])
  }

  @Test func `a repository without a commit is empty and complete`() throws {
    let repository = try ScratchRepository()
    let walked = try walk("git:\(repository.path)")
    #expect(walked.readings.isEmpty)
    #expect(walked.notExamined.isEmpty)
  }

  @Test func `what is no repository is told`() throws {
    let scratch = try Scratch()
    setenv("GIT_CEILING_DIRECTORIES", "/", 1)
    let walked = try walk("git:\(scratch.path)")
    #expect(walked.notExamined.map(\.reason) == [.unsupported])
    #expect(try walk("git:\(scratch.path)/nowhere").notExamined.count == 1)
  }

  @Test func `a shallow clone says what is not there`() throws {
    let repository = try ScratchRepository()
    try repository.commit("one\n", to: "a")
    try repository.commit("two\n", to: "a")
    try repository.git(["clone", "-q", "--depth", "1", "file://\(repository.path)", "cut"])
    let walked = try walk("git:\(repository.path)/cut")
    #expect(walked.notExamined.map(\.reason) == [.missing])
    #expect(walked.notExamined[0].detail?.contains("shallow") == true)
    #expect(texts(walked).values.contains("two\n"))
  }

  @Test func `a damaged object is told and the rest is read`() throws {
    let repository = try ScratchRepository()
    let ids = try ["one\n", "two\n", "three\n"].map { text in
      try repository.commit(text, to: "a")
      return try repository.git(["rev-parse", "HEAD:a"])
    }
    let file = URL(
      filePath: "\(repository.path)/.git/objects/\(ids[1].prefix(2))/\(ids[1].dropFirst(2))")
    try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: file.path)
    var data = try Data(contentsOf: file)
    data[data.count / 2] ^= 0xFF
    data[data.count / 2 + 1] ^= 0xFF
    try data.write(to: file)
    let walked = try walk("git:\(repository.path)")
    let all = texts(walked)
    #expect(all.values.contains("one\n") && all.values.contains("three\n"))
    let broken = walked.readings.flatMap(\.outcome.notExamined)
    #expect(broken.count == 1)
    // Versions of git differ in whether they call it missing.
    #expect([.corrupt, .missing].contains(broken.first?.reason))
  }

  @Test func `a name that is not UTF-8 is shown escaped`() throws {
    let repository = try ScratchRepository()
    let id = try repository.git(["hash-object", "-w", "--stdin"], input: "x\n")
    let listing = [UInt8]("100644 \(id)\tcaf".utf8) + [0xE9] + [UInt8]("\0".utf8)
    let file = URL(filePath: repository.path + "/listing")
    try Data(listing).write(to: file)
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["git", "-C", repository.path, "update-index", "-z", "--index-info"]
    process.standardInput = try FileHandle(forReadingFrom: file)
    try process.run()
    process.waitUntilExit()
    try repository.git(["commit", "-q", "-m", "m"])
    let walked = try walk("git:\(repository.path)")
    #expect(walked.readings.contains { $0.location.member?.hasSuffix("caf\\xE9") == true })
  }

  @Test func `nothing of a hostile repository is run`() throws {
    let repository = try ScratchRepository()
    try repository.write("*.txt diff=evil filter=evil\n", to: ".gitattributes")
    try repository.commit("one\n", to: "a.txt")
    try repository.commit("two\n", to: "a.txt")
    let trap = "touch '\(repository.path)/ran'; cat"
    for key in [
      "core.fsmonitor", "core.sshCommand", "core.pager", "diff.external", "diff.evil.textconv",
      "diff.evil.command", "filter.evil.clean", "filter.evil.smudge", "core.alternateRefsCommand",
      "gpg.program", "credential.helper", "core.askPass", "core.editor",
    ] { try repository.git(["config", key, trap]) }
    try repository.git(["config", "log.showSignature", "true"])
    for hook in ["post-index-change", "pre-auto-gc", "reference-transaction", "post-checkout"] {
      let path = "\(repository.path)/.git/hooks/\(hook)"
      try repository.write("#!/bin/sh\n\(trap)\n", to: ".git/hooks/\(hook)")
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    }
    let walked = try walk("git:\(repository.path)")
    #expect(walked.readings.count >= 4)
    #expect(!FileManager.default.fileExists(atPath: repository.path + "/ran"))
  }

  @Test func `a replacement does not hide what it replaces`() throws {
    let repository = try ScratchRepository()
    try repository.commit("secret\n", to: "a")
    let id = try repository.git(["rev-parse", "HEAD:a"])
    let other = try repository.git(["hash-object", "-w", "--stdin"], input: "harmless\n")
    try repository.git(["replace", id, other])
    #expect(texts(try walk("git:\(repository.path)")).values.contains("secret\n"))
  }

  @Test func `a large object is read as it comes, whole`() throws {
    let repository = try ScratchRepository()
    let text = String(repeating: "0123456789 lorem ipsum\n", count: 500_000)
    let id = try repository.commit(text, to: "big.txt")
    try repository.commit("small\n", to: "small.txt")
    let walked = try walk("git:\(repository.path)")
    let big = try #require(walked.readings.first { $0.location.member == "\(short(id)):big.txt" })
    #expect(big.ownedBytes == Array(text.utf8))
    #expect(texts(walked).values.contains("small\n"))
  }

  @Test func `items that nobody reads do not hold up the others`() throws {
    let repository = try ScratchRepository()
    for number in 0..<20 { try repository.commit("text \(number)\n", to: "a") }
    let source = try makeSource(target: "git:\(repository.path)", options: InputOptions())
    var read: [String] = []
    var index = 0
    while let event = source.next() {
      guard case .item(let item) = event else { continue }
      index += 1
      if index % 3 == 0 {
        read.append(String(decoding: InputsTests.read(item).ownedBytes, as: UTF8.self))
      }
    }
    #expect(read.count == 13)
    #expect(read.allSatisfy { $0.contains("text") || $0.contains("change") })
  }

  @Test func `patterns of a tree mean the files of a history where they would lie`() throws {
    let outer = try ScratchRepository()
    try outer.git(["init", "-q", "-b", "main", "rep"])
    for name in ["rep/vendor/lib.js", "rep/own.js"] { try outer.write(name + "\n", to: name) }
    try outer.git(["-C", "rep", "add", "-A"])
    try outer.git(["-C", "rep", "commit", "-q", "-m", "m"])
    func members(_ pattern: String) throws -> [String] {
      var options = InputOptions()
      options.excludes = [Glob(pattern)]
      return try walk(outer.path, options).readings.compactMap(\.location.member).compactMap {
        $0.split(separator: ":").dropFirst().first.map(String.init)
      }
    }
    #expect(try members("rep/vendor/") == ["own.js"])
    #expect(try members("vendor/") == ["own.js"])
    #expect(try members("/vendor") == ["own.js", "vendor/lib.js"])
  }

  @Test func `submodules, exclusions and a size limit are listed`() throws {
    let repository = try ScratchRepository()
    let commit = try repository.commit(String(repeating: "x", count: 2000), to: "vendor/lib.js")
    try repository.git(["update-index", "--add", "--cacheinfo", "160000,\(commit),sub"])
    try repository.git(["commit", "-q", "-m", "submodule"])
    var options = InputOptions()
    options.excludes = [Glob("vendor/")]
    let walked = try walk("git:\(repository.path)", options)
    #expect(walked.excluded.map(\.reason.rawValue) == ["excluded-by-pattern", "submodule"])
    options.excludes = []
    options.fileBytesMax = 1000
    let small = try walk("git:\(repository.path)", options)
    #expect(small.readings.flatMap(\.outcome.excluded).map(\.reason) == [.largerThanLimit])
  }
}

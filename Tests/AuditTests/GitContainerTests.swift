import Core
import Foundation
import TestSupport
import Testing

/// Containers among the files of a repository.
@Suite(
  .enabled(if: ContainerFixtures.isPossible, Comment(rawValue: ContainerFixtures.missing)),
  .enabled(if: ScratchRepository.hasGit, "git is not installed"))
struct GitContainerTests {
  private func commit(_ files: [String: [UInt8]], to repository: ScratchRepository) throws -> String
  {
    for (name, bytes) in files {
      try Data(bytes).write(to: URL(filePath: repository.path).appending(path: name))
    }
    return String(try repository.commit("", to: "empty").prefix(10))
  }

  private func fixture(_ name: String) throws -> [UInt8] {
    Array(try Data(contentsOf: URL(filePath: ContainerFixtures.folder + "/good/" + name)))
  }

  @Test(arguments: [1, 3])
  func `containers in commits are opened`(threads: Int) throws {
    let repository = try ScratchRepository()
    let names = ["a.gz", "d.docx", "db.gz", "i.pdf", "outer.zip", "page.html", "t.tar"]
    var files: [String: [UInt8]] = [:]
    for name in names { files[name] = try fixture(name) }
    let id = try commit(files, to: repository)
    let result = try ContainerFixtures.scan(path: "git:" + repository.path, threads: threads)
    #expect(
      result.places == [
        "\(id):a.gz 2 1111", "\(id):d.docx!word/document.xml 2 1111",
        "\(id):db.gz cards/number 1111", "\(id):i.pdf!page 1 2 1111",
        "\(id):outer.zip!x/app.log 2 1111", "\(id):outer.zip!inner.tar.gz!logs/app.log 2 1111",
        "\(id):outer.zip!q.zip!deep.txt 2 1111", "\(id):outer.zip!b.7z!app.log 2 1111",
        "\(id):page.html 5 4242", "\(id):page.html 4 1111", "\(id):t.tar!logs/app.log 2 1111",
      ])
    #expect(result.findings.first?.encoding == ["gzip"])
    #expect(result.reasons.isEmpty)
  }

  @Test func `a damaged container is told with its commit, and the next file is read`() throws {
    let repository = try ScratchRepository()
    let cut = Array(
      try Data(contentsOf: URL(filePath: ContainerFixtures.folder + "/bad/cut.gz")))
    let id = try commit(["a.gz": cut, "b.gz": try fixture("a.gz")], to: repository)
    let result = try ContainerFixtures.scan(path: "git:" + repository.path)
    #expect(result.places == ["\(id):a.gz 2 1111", "\(id):b.gz 2 1111"])
    let entries = result.coverages.flatMap(\.notExamined)
    #expect(entries.map(\.place) == ["\(repository.path)!\(id):a.gz"])
    #expect(entries.map(\.reason.rawValue) == ["truncated-while-reading"])
  }

  @Test func `one too large to be held is read as git gives it`() throws {
    let repository = try ScratchRepository()
    var random = SplitMix(seed: 21)
    var text: [UInt8] = []
    while text.count < 9 << 20 { text += Array("entry \(random.next() >> 40)\n".utf8) }
    let line = text.count(where: { $0 == 0x0A }) + 1
    text += Array("card=4111111111111111 exp 11/29\n".utf8)
    let packed = StoredDeflate.gzip(text)
    let id = try commit(
      ["big.gz": packed, "cut.gz": Array(packed.dropLast(1000)), "z.gz": try fixture("a.gz")],
      to: repository)
    let result = try ContainerFixtures.scan(path: "git:" + repository.path, threads: 2)
    #expect(result.places == ["\(id):big.gz \(line) 1111", "\(id):z.gz 2 1111"])
    #expect(result.reasons == ["truncated-while-reading"])
    // A limit stops the reading in the middle of an object; the next one is read from its beginning.
    let limited = try ContainerFixtures.scan(path: "git:" + repository.path) {
      $0.expandedBytes = 1 << 20
    }
    #expect(limited.places == ["\(id):z.gz 2 1111"])
    #expect(limited.reasons == ["over-limit", "over-limit"])
  }

  @Test func `a tree with a repository has its history`() throws {
    let repository = try ScratchRepository()
    let id = try repository.commit("card=4111111111111111\n", to: "a.txt").prefix(10)
    _ = try repository.commit("nothing\n", to: "a.txt")
    let blob = try repository.git(["rev-parse", "\(id):a.txt"])
    let objects = repository.path + "/.git/objects/"
    for isPacked in [false, true] {
      if isPacked {
        try repository.git(["gc", "-q"])
      } else {
        // An object that lies somewhere else.
        let loose = try ContainerFixtures.scan(
          path: objects + "\(blob.prefix(2))/\(blob.dropFirst(2))")
        #expect(loose.places == ["- 1 1111"])
      }
      let result = try ContainerFixtures.scan(path: repository.path, threads: 2)
      #expect(result.places == ["\(id):a.txt 1 1111"])
      #expect(result.findings.first?.location.path == repository.path + "/.git")
      #expect(result.reasons.isEmpty)
      #expect(result.coverages[0].excluded.map(\.place) == [repository.path + "/.git/objects"])
    }
    let packs = try FileManager.default.contentsOfDirectory(atPath: objects + "pack")
    let pack = try #require(packs.first { $0.hasSuffix(".pack") })
    let alone = try ContainerFixtures.scan(path: objects + "pack/" + pack)
    #expect(alone.reasons == ["unsupported"])
  }

  @Test func `what lies beside the objects of a repository is read as it is`() throws {
    let repository = try ScratchRepository()
    try repository.commit("nothing\n", to: "a.txt")
    try repository.git(["gc", "-q"])
    let text = "card=4111111111111111\n"
    let names = [
      "12/readme", "info/commit-graph", "info/commit-graphs/x.graph", "info/notes", "notes",
      "pack/multi-pack-index-cards.csv", "pack/pack-1.keep", "pack/pack-1.pack", "pack/tmp_pack_x",
      "shop/" + String(repeating: "a", count: 38),
    ]
    for name in names { try repository.write(text, to: ".git/objects/" + name) }
    let result = try ContainerFixtures.scan(path: repository.path)
    let objects = repository.path + "/.git/objects"
    #expect(result.findings.map(\.location.path) == names.map { "\(objects)/\($0)" })
    #expect(result.reasons.isEmpty)
    #expect(result.coverages[0].excluded.map(\.place) == [objects])
  }

  @Test func `objects that git cannot read are read as the files they are`() throws {
    let repository = try ScratchRepository()
    try repository.commit("card=4111111111111111\n", to: "a.txt")
    try repository.write("x", to: ".git/HEAD")
    try repository.write("", to: "a.txt")
    let result = try ContainerFixtures.scan(path: repository.path)
    #expect(result.places == ["- 1 1111"])
    #expect(result.reasons == ["corrupt"])
    #expect(result.coverages[0].excluded.isEmpty)
  }

  @Test func `objects that git passes over without failing are told`() throws {
    let repository = try ScratchRepository()
    try repository.commit("nothing\n", to: "a.txt")
    let id = String(repeating: "ab", count: 20)
    try repository.write("no object", to: ".git/objects/ab/" + id.dropFirst(2))
    let stray = try ContainerFixtures.scan(path: repository.path)
    #expect(stray.reasons.contains("missing") || stray.reasons.contains("corrupt"))
    #expect(stray.coverages[0].notExamined.contains { $0.place.hasSuffix("!blob ababababab") })
    let other = try ScratchRepository()
    try other.commit("nothing\n", to: "a.txt")
    try other.git(["gc", "-q"])
    let packs = other.path + "/.git/objects/pack"
    let index = try #require(
      try FileManager.default.contentsOfDirectory(atPath: packs).first { $0.hasSuffix(".idx") })
    try FileManager.default.removeItem(atPath: packs + "/" + index)
    try other.write("no index", to: ".git/objects/pack/" + index)
    // Nothing leads to the objects any more.
    try other.git(["reflog", "expire", "--expire=now", "--all"], mayFail: true)
    for name in ["packed-refs", "refs/heads/main", "logs"] {
      try? FileManager.default.removeItem(atPath: other.path + "/.git/" + name)
    }
    let unlisted = try ContainerFixtures.scan(path: other.path)
    #expect(unlisted.reasons == ["read-error"])
  }

  @Test func `what Git LFS keeps elsewhere is told of a file and not of a commit`() throws {
    let repository = try ScratchRepository()
    let pointer =
      "version https://git-lfs.github.com/spec/v1\noid sha256:"
      + String(repeating: "0a", count: 32) + "\nsize 12345\n"
    try repository.commit(pointer, to: "cards.csv")
    let tree = try ContainerFixtures.scan(path: repository.path)
    #expect(tree.reasons == ["stored-elsewhere"])
    #expect(tree.coverages[0].notExamined.first?.place == repository.path + "/cards.csv")
    let history = try ContainerFixtures.scan(path: "git:" + repository.path)
    #expect(history.reasons.isEmpty)
    #expect(history.coverages[0].excluded.map(\.reason) == [.init(rawValue: "stored-elsewhere")])
  }

  @Test func `what looks like a repository and is none is told`() throws {
    let scratch = try Scratch()
    for name in ["HEAD", "refs", "objects"] { try scratch.write(name, "x") }
    #expect(try ContainerFixtures.scan(path: scratch.path).reasons.isEmpty)
    let other = try Scratch()
    for name in ["objects/12", "refs"] {
      try FileManager.default.createDirectory(
        atPath: other.path + "/" + name, withIntermediateDirectories: true)
    }
    try other.write("HEAD", "x")
    let result = try ContainerFixtures.scan(path: other.path)
    #expect(result.reasons == ["corrupt"])
    let entry = result.coverages[0].notExamined.first
    #expect(entry?.place == other.path + "/objects")
  }
}

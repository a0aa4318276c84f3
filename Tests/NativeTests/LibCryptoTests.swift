import Core
import Foundation
import Native
import Testing

@Suite struct LibCryptoTests {
  /// From FIPS 180-4's examples.
  @Test(arguments: [
    ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
    ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
  ])
  func `a hash is the one of the standard`(text: String, hash: String) throws {
    let library = try LibCrypto()
    #expect(try library.sha256(Array(text.utf8)) == hash)
    let file = FileManager.default.temporaryDirectory.appending(path: "unpan-\(UUID().uuidString)")
    defer { try? FileManager.default.removeItem(at: file) }
    try Data(text.utf8).write(to: file)
    let (ofFile, bytes) = try library.sha256(ofFile: file.path)
    #expect(ofFile == hash)
    #expect(bytes == text.utf8.count)
    #expect(throws: RunError.self) { try library.sha256(ofFile: file.path + ".none") }
    #expect(throws: RunError.self) { try library.sha256(ofFile: "/dev") }
  }

  @Test func `a directory appears only when it is whole`() throws {
    let path = FileManager.default.temporaryDirectory.appending(
      path: "unpan-\(UUID().uuidString)"
    ).path
    defer { try? FileManager.default.removeItem(atPath: path) }
    let exists = { FileManager.default.fileExists(atPath: $0) }
    do {
      let directory = try StagedDirectory(path + "/")
      try Data().write(to: URL(filePath: directory.temporary + "/a"))
      #expect(throws: WriteFailure.self) { _ = try StagedDirectory(path) }
      #expect(!exists(path))
      #expect(exists(path + StagedDirectory.suffix))
      #expect(directory.temporary == path + StagedDirectory.suffix)
    }
    #expect(!exists(path + StagedDirectory.suffix))
    var directory = try StagedDirectory(path)
    try Data().write(to: URL(filePath: directory.temporary + "/a"))
    try directory.commit()
    #expect(try StagedDirectory.names(in: path) == ["a"])
    #expect(throws: WriteFailure(code: ENOTEMPTY)) { _ = try StagedDirectory(path) }
  }
}

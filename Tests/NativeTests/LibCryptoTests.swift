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

  /// From RFC 1321 and FIPS 180-4: the hashes of "abc" begin so.
  @Test(arguments: [
    (LibCrypto.HashFunction.md5, "900150983cd24fb0d6963f7d"),
    (LibCrypto.HashFunction.sha1, "a9993e364706816aba3e2571"),
    (LibCrypto.HashFunction.sha224, "23097d223405d8228642a477"),
    (LibCrypto.HashFunction.sha256, "ba7816bf8f01cfea414140de"),
    (LibCrypto.HashFunction.sha384, "cb00753f45a35e8bb5a03d69"),
    (LibCrypto.HashFunction.sha512, "ddaf35a193617abacc417349"),
  ])
  func `a hasher makes the hash of the standard, again and again`(
    function: LibCrypto.HashFunction, start: String
  ) throws {
    let hasher = try LibCrypto.Hasher(function, try LibCrypto())
    var result = [UInt8](repeating: 0, count: 64)
    for _ in 0..<3 {
      #expect(hasher.hash(Array("abcd".utf8), into: &result))
      #expect(hasher.hash(Array("abc".utf8), into: &result))
      let hex = result.prefix(12).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }
      #expect(hex.joined() == start)
    }
    #expect(LibCrypto.HashFunction(byteCount: function.byteCount) == function)
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
      #expect(throws: WriteFailure(code: EBUSY)) { _ = try StagedDirectory(path) }
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

  @Test func `what a killed run left of its directory goes away`() throws {
    let path = FileManager.default.temporaryDirectory.appending(
      path: "unpan-\(UUID().uuidString)"
    ).path
    let temporary = path + StagedDirectory.suffix
    try FileManager.default.createDirectory(atPath: temporary, withIntermediateDirectories: false)
    try Data().write(to: URL(filePath: temporary + "/report.txt"))
    do {
      let directory = try StagedDirectory(path)
      #expect(try StagedDirectory.names(in: directory.temporary) == [])
      #expect(throws: WriteFailure(code: EBUSY)) { _ = try StagedDirectory(path) }
    }
    #expect(!FileManager.default.fileExists(atPath: temporary))
  }
}

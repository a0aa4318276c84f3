import Core
import Foundation
import TestSupport
import Testing

@testable import Audit

/// What is packed behind text: bodies of saved answers, gzip in a line of a log.
extension UnreadCornerTests {
  private func answer(_ headers: String, _ body: [UInt8]) -> [UInt8] {
    Array("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\(headers)\r\n\r\n".utf8) + body
  }

  @Test func `what is packed behind the headers of an answer is opened`() throws {
    let packed = writer.compress(card, "gzip")
    let whole = try scan(answer("Content-Encoding: gzip", packed))
    #expect(whole.places == ["body 2 1111"])
    #expect(whole.findings.first?.encoding == ["gzip"])
    #expect(whole.reasons == [])
    let bare = try #require(Data(base64Encoded: Self.zlib))
    #expect(
      try scan(answer("Content-Encoding: deflate", Array(bare))).places == ["body 2 1111"])
    // The next answer follows.
    let two = answer("Content-Encoding: gzip", packed)
    #expect(
      try scan(two + two).places == ["body 2 1111", "body!behind its end!body 2 1111"])
    // What stands in the headers is told as well.
    #expect(
      try scan(answer("X-Card: 4539578763621486", packed)).places == ["- 3 1486", "body 2 1111"])
  }

  @Test func `a packed body that comes in pieces is joined`() throws {
    let packed = writer.compress(Array(repeating: card, count: 9).flatMap(\.self), "gzip")
    func piece(_ bytes: some Collection<UInt8>) -> [UInt8] {
      Array("\(String(bytes.count, radix: 16))\r\n".utf8) + Array(bytes) + [0x0D, 0x0A]
    }
    let body = piece(packed.prefix(30)) + piece(packed.dropFirst(30)) + piece([])
    let result = try scan(
      answer("Transfer-Encoding: chunked\r\nContent-Encoding: gzip", body))
    #expect(result.findings.count == 9 && result.reasons == [])
  }

  @Test func `an archive behind headers is opened whose start is plain text`() throws {
    func member(_ name: String, _ bytes: [UInt8]) -> [UInt8] {
      func field(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: width - text.utf8.count)
      }
      let head =
        field(name, 16) + field("0", 12) + field("0", 6) + field("0", 6) + field("100644", 8)
        + field("\(bytes.count)", 10) + "`\n"
      return Array(head.utf8) + bytes + (bytes.count % 2 == 0 ? [] : [0x0A])
    }
    let archive =
      Array("!<arch>\n".utf8) + member("notes", [UInt8](repeating: 0x61, count: 5000))
      + member("card.gz", writer.compress(card, "gzip"))
    #expect(try scan(answer("X: y", archive)).places == ["body!card.gz 2 1111"])
  }

  @Test func `gzip in a line of text is opened, and its mark alone is none`() throws {
    let line = Array("2026-11-29 POST /pay body=".utf8)
    #expect(
      try scan(line + writer.compress(card, "gzip")).places == ["packed at \(line.count) 2 1111"])
    let mark = try scan(line + [0x1F, 0x8B, 8, 0] + [UInt8](repeating: 0x61, count: 40))
    #expect(mark.findings.isEmpty && mark.reasons == [])
  }

  @Test func `a body that is packed in another way is told`() throws {
    let other = answer("Content-Encoding: br", [0x8B, 0x05, 0x80, 0x61, 0x62, 0x63, 0x03])
    #expect(try scan(other).reasons == ["unsupported"])
    #expect(try scan(answer("Content-Encoding: br", Array("plain".utf8))).reasons == [])
  }
}

import Core
import Foundation
import TestSupport
import Testing

@testable import Audit

/// What stands in corners of files that the usual reader of their format does not show.
@Suite(.enabled(if: ContainerFixtures.isPossible, Comment(rawValue: ContainerFixtures.missing)))
struct UnreadCornerTests {
  private let scratch: Scratch
  private let writer: ArchiveWriter
  private let card = Array("info nothing\ncard=4111111111111111 exp 11/29\n".utf8)

  init() throws {
    scratch = try Scratch()
    writer = try #require(ArchiveWriter())
  }

  private func scan(_ bytes: [UInt8]) throws -> Collector {
    try scratch.write("file", bytes)
    return try run([try scratch.source("file")])
  }

  /// What `zlib` makes of a line and a card; its first 32 bytes hold no control byte.
  private static let zlib =
    "eJzLKC5KzSkpKC1OLklUKMgsykgvLyhSKCrILU3NKE0tzK1ILKtMTqss5kpOLEqxNTFEBQqpFQUKhob6RpZcAPzIGCM="

  @Test func `bare zlib is told by unpacking it`() throws {
    let bytes = Array(try #require(Data(base64Encoded: UnreadCornerTests.zlib)))
    let whole = try scan(bytes)
    #expect(whole.places == ["- 2 1111"])
    #expect(whole.findings.first?.encoding == ["zlib"])
    #expect(whole.reasons == [])
    #expect(try scan(Array(bytes.dropLast(6))).reasons == ["truncated-while-reading"])
  }

  // MARK: - Mails

  private func mail(_ first: String, _ type: String, _ coding: String, _ body: String) -> [UInt8] {
    Array(
      """
      \(first)
      From: a@example.org
      To: b@example.org
      Content-Type: multipart/mixed; boundary="edge"

      --edge
      Content-Type: \(type)
      Content-Transfer-Encoding: \(coding)

      \(body)
      --edge--

      """.utf8)
  }

  @Test(arguments: ["Lines: 5", "", "\u{FEFF}X-A: b", ">From a@b Mon"])
  func `attachments are opened whatever header comes first`(first: String) throws {
    let body = Data(writer.compress(card, "gzip")).base64EncodedString(
      options: [.lineLength76Characters, .endLineWithLineFeed])
    let result = try scan(mail(first, "application/gzip", "base64", body))
    #expect(result.places == ["part 1 2 1111"])
  }

  @Test(arguments: ["7bit", "base64"])
  func `a part that is said to be a page is read without its tags`(coding: String) throws {
    let page = "my card <b>5555</b> <i>5555</i> <b>5555</b> 4444"
    let body = coding == "base64" ? Data(page.utf8).base64EncodedString() : page
    #expect(
      try scan(mail("Lines: 1", "text/html; charset=utf-8", coding, body)).places
        == ["part 1 1 4444"])
    #expect(try scan(mail("Lines: 1", "text/plain", coding, body)).findings.isEmpty)
    #expect(try scan(Array("<div dir=\"ltr\">\(page)</div>".utf8)).places == ["- 1 4444"])
  }
}

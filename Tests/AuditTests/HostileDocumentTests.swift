import Core
import Foundation
import TestSupport
import Testing

@testable import Audit

/// Every container and document cut short, with flipped bits, and made to do harm.
@Suite(.enabled(if: ContainerFixtures.isPossible, Comment(rawValue: ContainerFixtures.missing)))
struct HostileDocumentTests {
  private let scratch: Scratch
  private let containers: MatrixContainers
  private let card = Array("info nothing\ncard=4111111111111111 exp 11/29\n".utf8)

  init() throws {
    scratch = try Scratch()
    containers = MatrixContainers(
      writer: try #require(ArchiveWriter()), folder: scratch.path)
  }

  private func scan(
    _ bytes: [UInt8], set: (inout ContainerLimits) -> Void = { _ in }
  ) throws -> Collector {
    try scratch.write("file", bytes)
    defer { unlink(scratch.path + "/file") }
    return try ContainerFixtures.scan(path: scratch.path + "/file", threads: 2, set: set)
  }

  /// A card, then what no program compresses.
  private var text: [UInt8] {
    var random = SplitMix(seed: 77)
    return card + (0..<60_000).map { _ in UInt8.random(in: 0x21...0x7E, using: &random) }
  }

  private static let cut = MatrixContainers.names.filter { !["bare"].contains($0) }

  @Test(arguments: cut) func `what is cut short is told`(container: String) throws {
    let whole = try containers.wrap(text, in: container)
    #expect(try scan(whole).places.count == 1)
    for share in [10, 50, 90] {
      let result = try scan(Array(whole.prefix(whole.count * share / 100)))
      // A cut attachment is text still, and this compression knows neither length nor end.
      if container != "mail attachment", container != "compress" {
        #expect(!result.reasons.isEmpty, "\(share) %")
      }
      #expect(result.findings.count <= 1)
    }
  }

  @Test(arguments: cut) func `flipped bits do no harm`(container: String) throws {
    let whole = try containers.wrap(text, in: container)
    var random = SplitMix(seed: 78)
    for _ in 0..<6 {
      var bytes = whole
      for _ in 0..<8 {
        let at = Int.random(in: 0..<bytes.count, using: &random)
        bytes[at] ^= 1 << UInt8.random(in: 0...7, using: &random)
      }
      let start = Date()
      #expect(try scan(bytes).summary != nil)
      #expect(-start.timeIntervalSinceNow < 20)
    }
  }

  @Test(arguments: ["gzip", "bzip2", "zstd", "xz", "lzma", "lzip", "zip", "7zip"])
  func `a bomb is given up and told`(container: String) throws {
    let bomb = try containers.wrap([UInt8](repeating: 0, count: 80 << 20), in: container)
    let result = try scan(bomb)
    #expect(result.reasons == ["over-limit"])
    #expect((result.summary?.examined.bytes ?? 0) <= 80 << 20)
  }

  @Test(arguments: MatrixContainers.archives)
  func `names are only names`(format: String) throws {
    let before = try FileManager.default.contentsOfDirectory(atPath: "/tmp").count
    let names = ["../../etc/unpan-was-here", "/unpan-was-here", "x\u{1B}[31m", "a!b"]
    // This format has no directories, and cuts long names.
    let made = format == "argnu" ? ["x\u{1B}[31m", "a!b"] : names
    let result = try scan(containers.writer.pack(made.map { ($0, card) }, format))
    #expect(
      result.findings.compactMap(\.location.member).map { $0.suffix(5) }
        == made.map { $0.suffix(5) })
    #expect(!FileManager.default.fileExists(atPath: "/etc/unpan-was-here"))
    #expect(!FileManager.default.fileExists(atPath: "/unpan-was-here"))
    #expect(before > 0)
  }

  @Test(arguments: ["zip", "ustar", "7zip", "newc"])
  func `levels past the limit are told`(format: String) throws {
    var bytes = card
    for _ in 0..<40 { bytes = containers.writer.pack([("a", bytes)], format) }
    let result = try scan(bytes)
    #expect(result.findings.isEmpty)
    #expect(result.reasons == ["over-limit"])
  }

  @Test(arguments: ["zip", "newc", "ustar"])
  func `members past the limit are told`(format: String) throws {
    let members = (0..<3000).map { ("m\($0)", [UInt8]()) }
    let result = try scan(containers.writer.pack(members, format)) { $0.members = 2000 }
    #expect(result.reasons == ["over-limit"])
  }

  // MARK: - Documents

  private func word(_ xml: String) -> [UInt8] {
    let space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    let document = "<w:document xmlns:w=\"\(space)\"><w:body>\(xml)</w:body></w:document>"
    return containers.writer.pack([("word/document.xml", Array(document.utf8))], "zip")
  }

  @Test func `elements in each other without end are read`() throws {
    let deep =
      String(repeating: "<w:p>", count: 100_000) + "<w:t>card 4111111111111111</w:t>"
      + String(repeating: "</w:p>", count: 100_000)
    #expect(try scan(word(deep)).findings.count == 1)
    // Never closed.
    #expect(try scan(word("<w:p><w:t>card 4111111111111111" + deep)).summary != nil)
  }

  @Test func `entities that grow are not expanded`() throws {
    var text = "<!DOCTYPE html [<!ENTITY a \"4111111111111111\">"
    for level in 1...40 {
      let last = level == 1 ? "a" : "a\(level - 1)"
      text += "<!ENTITY a\(level) \"&\(last);&\(last);&\(last);&\(last);\">"
    }
    text += "]>\n<html><body>&a40; card 4242424242424242</body></html>"
    let result = try scan(Array(text.utf8))
    #expect(result.findings.contains { $0.last4 == "4242" })
    #expect((result.summary?.examined.bytes ?? 0) < 1 << 20)
  }

  @Test func `mails in each other without end are given up`() throws {
    var mail = "From: a@example.org\nSubject: x\n"
    for level in 0..<10_000 {
      mail += "Content-Type: multipart/mixed; boundary=\"b\(level)\"\n\n--b\(level)\n"
    }
    mail += "Content-Type: text/plain\n\ncard=4111111111111111\n"
    let start = Date()
    let result = try scan(Array(mail.utf8))
    #expect(-start.timeIntervalSinceNow < 30)
    #expect(result.findings.count == 1)
    var forwarded = "card=4111111111111111\n"
    for _ in 0..<60 {
      forwarded =
        "From: a@example.org\nSubject: x\nMIME-Version: 1.0\nContent-Type: message/rfc822\n\n"
        + forwarded
    }
    #expect(try scan(Array(forwarded.utf8)).findings.count == 1)
  }

  @Test func `cells repeated a thousand million times are read once`() throws {
    let space = "urn:oasis:names:tc:opendocument:xmlns"
    let xml = """
      <office:document-content xmlns:office="\(space):office:1.0" xmlns:table="\(space):table:1.0" \
      xmlns:text="\(space):text:1.0"><office:body><office:spreadsheet><table:table table:name="t">\
      <table:table-row table:number-rows-repeated="1000000000">\
      <table:table-cell table:number-columns-repeated="1000000000"/>\
      <table:table-cell table:number-columns-repeated="1000000000"><text:p>card 4111111111111111\
      </text:p></table:table-cell></table:table-row></table:table></office:spreadsheet>\
      </office:body></office:document-content>
      """
    let start = Date()
    let result = try scan(containers.writer.pack([("content.xml", Array(xml.utf8))], "zip"))
    #expect(-start.timeIntervalSinceNow < 20)
    #expect(!result.findings.isEmpty && result.findings.count < 2000)
  }

  @Test func `documents may hold anything`() throws {
    let documents = MatrixDocuments(containers: containers)
    var source = SelftestSamples(stream: 4999)
    let records = source.make(.pan).prefix(2).enumerated().map {
      SelftestSamples.record($0.element, $0.offset)
    }
    let names = ["html spans", "rtf", "mail qp", "mail base64", "har"]
    let plain = try names.map { try documents.make(records, $0) }
    let members = [
      ("word/document.xml", "<w:document xmlns:w=\"wordprocessingml\"><w:p><w:r><w:t>4111"),
      ("ppt/slides/slide1.xml", "<p:sld xmlns:p=\"presentationml\"><a:p><a:t>4111</a:t></a:p>"),
      (
        "xl/worksheets/sheet1.xml",
        "<worksheet xmlns=\"spreadsheetml\"><sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>0</v>"
      ),
      ("xl/sharedStrings.xml", "<sst xmlns=\"spreadsheetml\"><si><t>4111</t></si></sst>"),
      ("content.xml", "<table:table-row table:number-rows-repeated=\"3\"><table:table-cell>"),
    ].map { (name: $0.0, bytes: Array($0.1.utf8)) }
    let corpus = plain + members.map(\.bytes)
    let wrong = Fuzz("documents", corpus: corpus).run(400) { bytes, random in
      do {
        var file = bytes
        if Bool.random(using: &random) {
          let member = members.randomElement(using: &random) ?? members[0]
          let inner = Bool.random(using: &random) ? member.bytes + bytes : bytes
          file = containers.writer.pack([(member.name, inner)], "zip")
        }
        let start = Date()
        if try scan(file).summary == nil { return "no summary" }
        return -start.timeIntervalSinceNow > 20 ? "took too long" : nil
      } catch {
        return "\(error)"
      }
    }
    #expect(wrong == nil)
  }
}

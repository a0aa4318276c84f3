import Core
import FoundationEssentials
import Reporting
import TestSupport
import Testing

@Suite struct HostileTextTests {
  @Test(arguments: Formats.all.map(\.id))
  func `names cannot move the cursor, hide or reorder text`(format: String) throws {
    let text = try rendered(.hostile, format)
    for scalar in text.unicodeScalars where scalar != "\n" {
      #expect(!Escaping.isInvisible(scalar), "U+\(String(scalar.value, radix: 16))")
    }
    // The format for GitHub writes such lines on purpose; `HostileFormatTests` looks at each.
    if format != "github" { #expect(!text.contains("\n::error")) }
  }

  @Test(arguments: Formats.all.map(\.id))
  func `a card number in a name is masked`(format: String) throws {
    let text = try rendered(.hostile, format)
    #expect(!text.contains("4111111111111111"))
    #expect(!text.contains("5555 5555 5555 4444"))
    // These two show the worst only.
    if !["text", "github"].contains(format) {
      #expect(text.contains("card-************1111.pdf"))
    }
  }

  @Test func `JSON gives every name back as it was, except for card numbers`() throws {
    struct Line: Decodable {
      var type: String
      var location: Location?
    }
    let lines = try rendered(.hostile, "jsonl").split(separator: "\n")
    let findings = try lines.map { try JSONDecoder().decode(Line.self, from: Data($0.utf8)) }
      .filter { $0.type == "finding" }
    #expect(
      findings.compactMap { $0.location?.table }
        == SampleReport.hostileNames.map(NumberGuard.masked))
  }

  @Test func `lines keep to the width whatever the names are`() throws {
    for report in SampleReport.all + [.hostile] {
      for line in try rendered(report, "text").split(separator: "\n") {
        let wide = line.unicodeScalars.count { $0.value >= 0x2E80 }
        #expect(line.count + wide <= 80, "\(line)")
      }
    }
  }
}

import Core
import Foundation
import Inputs
import Native
import TestSupport
import Testing

@testable import Audit

/// What was redacted, scanned again as anybody would scan it.
@Suite struct RedactionTests {
  private func redacted(_ bytes: [UInt8], pieces: Int = .max) throws(WriteFailure) -> [UInt8] {
    let redactor = Redactor(detector)
    var out: [UInt8] = []
    var at = 0
    while at < bytes.count {
      let end = pieces < bytes.count - at ? at + pieces : bytes.count
      try bytes[at..<end].withUnsafeBufferPointer { piece throws(WriteFailure) in
        try redactor.take(UnsafeRawBufferPointer(piece), isLast: false) {
          part throws(WriteFailure) in out += part
        }
      }
      at = end
    }
    let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
    try redactor.take(nothing, isLast: true) { part throws(WriteFailure) in out += part }
    return out
  }

  private func findings(in bytes: [UInt8], called name: String) throws -> [Finding] {
    let scratch = try Scratch()
    try scratch.write(name, bytes)
    return try run([try scratch.source(name)]).findings
  }

  /// Every kind of card data in every format and encoding that the self-test plants.
  @Test(arguments: SelftestDocument.Format.allCases)
  func `a scan of what was redacted finds nothing`(format: SelftestDocument.Format) throws {
    for (index, encoding) in SelftestDocument.Encoding.allCases.enumerated() {
      for kind in SelftestSamples.Kind.allCases
      where SelftestDocument.isSupported(kind, format, encoding) {
        var samples = SelftestSamples(stream: UInt64(index))
        let records = samples.make(kind).enumerated().map { SelftestSamples.record($1, $0) }
        let document = SelftestDocument(records, format, encoding)
        let out = try redacted(document.bytes)
        #expect(out.count == document.bytes.count, "\(kind) \(format) \(encoding)")
        let left = try findings(in: out, called: "document")
        #expect(left == [], "\(kind) \(format) \(encoding)")
      }
    }
  }

  /// Objects, arrays, numbers and texts of many shapes, with card data in some of them.
  private func jsonText(_ random: inout SplitMix, depth: Int = 0) -> String {
    let blank = ["", " ", "\n  "][Int.random(in: 0..<3, using: &random)]
    switch Int.random(in: depth > 4 ? 2..<10 : 0..<10, using: &random) {
    case 0:
      let keys = ["card", "cvv", "card_number", "id", "pan", "note", "items"]
      let fields = (0..<Int.random(in: 0..<6, using: &random)).map { index in
        let key = keys[Int.random(in: 0..<keys.count, using: &random)] + (index > 3 ? "2" : "")
        return "\"\(key)\"\(blank):\(blank)\(jsonText(&random, depth: depth + 1))"
      }
      return "{\(blank)\(fields.joined(separator: ",\(blank)"))\(blank)}"
    case 1:
      let values = (0..<Int.random(in: 0..<5, using: &random)).map { _ in
        jsonText(&random, depth: depth + 1)
      }
      return "[\(blank)\(values.joined(separator: ",\(blank)"))\(blank)]"
    case 2, 3: return TestCards.number("4", 16, using: &random)
    case 4: return "\"\(TestCards.number("51", 16, using: &random))\""
    case 5: return "\(Int.random(in: 100...999, using: &random))"
    case 6: return "\"cvv: \(Int.random(in: 100...999, using: &random)) \\u0034\""
    case 7: return "-\(TestCards.number("37", 15, using: &random))"
    case 8: return "\(Int.random(in: 0...Int.max, using: &random)).5e3"
    default: return ["true", "null", "\"a \\\"quoted\\\" text\""].randomElement(using: &random)!
    }
  }

  @Test(arguments: 0..<60)
  func `JSON stays JSON, and a scan finds nothing in it`(seed: Int) throws {
    var random = SplitMix(seed: UInt64(seed) &+ 7)
    // One document, or one a line.
    let isOne = seed.isMultiple(of: 2)
    let texts = (0..<(isOne ? 1 : 8)).map { _ in
      let text = "{\"rows\":[\(jsonText(&random)),\(jsonText(&random)),\(jsonText(&random))]}"
      return isOne ? text : text.replacing("\n", with: "")
    }
    let text = texts.joined(separator: "\n") + "\n"
    let out = try redacted(Array(text.utf8), pieces: seed.isMultiple(of: 3) ? 700 : .max)
    #expect(out.count == text.utf8.count)
    for part in isOne ? [out[...]] : out.split(separator: 0x0A) {
      #expect(throws: Never.self, "\(String(decoding: part, as: UTF8.self))") {
        try JSONSerialization.jsonObject(with: Data(part))
      }
    }
    #expect(try findings(in: out, called: "a.json") == [], "seed \(seed): \(text)")
  }

  private func fields(_ line: Substring, _ separator: String) -> [String] {
    var fields = [""]
    var isQuoted = false
    for character in line {
      if character == "\"" { isQuoted.toggle() }
      if String(character) == separator, !isQuoted {
        fields.append("")
      } else {
        fields[fields.count - 1].append(character)
      }
    }
    return fields
  }

  @Test(arguments: 0..<60)
  func `CSV stays CSV, and a scan finds nothing in it`(seed: Int) throws {
    var random = SplitMix(seed: UInt64(seed) &+ 1000)
    let separator = [",", ";", "\t", "|"][seed % 4]
    let header = ["id", "card_number", "cvv", "name", "order", "track2"].shuffled(using: &random)
    var rows = [header]
    for row in 0..<Int.random(in: 1...40, using: &random) {
      rows.append(
        header.map { name in
          let card = TestCards.number(
            ["4", "51", "37"][row % 3], row % 3 == 2 ? 15 : 16, using: &random)
          let text =
            switch name {
            case "card_number": card
            case "cvv": "\(Int.random(in: 100...999, using: &random))"
            case "track2":
              ";\(card)=2911101\(Int.random(in: 1_000_000...9_999_999, using: &random))?"
            case "order":
              "\(Int.random(in: 1_000_000_000_000_000...9_999_999_999_999_999, using: &random))"
            case "id": "\(row)"
            default: row.isMultiple(of: 5) ? "paid \(card) now" : "Ann"
            }
          return text.contains(separator) || Bool.random(using: &random) ? "\"\(text)\"" : text
        })
    }
    let text = rows.map { $0.joined(separator: separator) + "\n" }.joined()
    let out = String(decoding: try redacted(Array(text.utf8)), as: UTF8.self)
    let lines = out.split(separator: "\n").map { fields($0, separator) }
    #expect(lines.count == rows.count && lines.allSatisfy { $0.count == header.count })
    // A quote stays where it was.
    for (before, after) in zip(rows.joined(), lines.joined()) {
      #expect(before.hasPrefix("\"") == after.hasPrefix("\""))
      #expect(before.hasSuffix("\"") == after.hasSuffix("\"") && before.count == after.count)
    }
    #expect(try findings(in: Array(out.utf8), called: "a.csv") == [], "seed \(seed)")
  }

  /// Ids of which some pass Luhn: what a scan takes for ids may stay, but not be found afterwards.
  @Test(arguments: 0..<40)
  func `a class of ids is not found once some of it is masked`(seed: Int) throws {
    var random = SplitMix(seed: UInt64(seed) &+ 2000)
    var text = ""
    for row in 0..<Int.random(in: 6...60, using: &random) {
      let issuer = ["4", "51", "2221", "6011", "35", "9792"][Int.random(in: 0..<6, using: &random)]
      var number = TestCards.number(issuer, 16, using: &random)
      if Int.random(in: 0..<3, using: &random) > 0 {
        number.removeLast()
        number += "\(row % 10)"
      }
      let label = Int.random(in: 0..<8, using: &random) == 0 ? " exp 11/29" : ""
      text += "ref=\(number)\(label) ok\n"
    }
    for pieces in [97, Int.max] {
      let out = try redacted(Array(text.utf8), pieces: pieces)
      #expect(try findings(in: out, called: "a.log") == [], "seed \(seed)")
    }
  }
}

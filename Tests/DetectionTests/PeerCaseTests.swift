import Detection
import Foundation
import Testing

/// Labelled texts from other scanners' tests. They live beside the project, not in it.
private let peerCases = URL(filePath: #filePath).deletingLastPathComponent()
  .appending(path: "../../../shared/facts/peer-cases.jsonl").standardizedFileURL

@Suite(
  .enabled(
    if: FileManager.default.fileExists(atPath: peerCases.path),
    "the labelled texts of other scanners are not beside this checkout"))
struct PeerCaseTests {
  struct Case: Decodable {
    struct Expectation: Decodable {
      var kind: String
      var value: String
    }
    var text: String
    var expect: [Expectation]
    var source: String
    var note: String
    var isCore: Bool { note.hasPrefix("[core]") }
    var tier: String { String(note.dropFirst().prefix { $0 != "]" }) }
  }

  /// Cases that are wrong in themselves, by a part of their text, with the reason.
  private let disputed: [String: String] = [:]

  @Test func `core texts of other scanners are judged as labelled`() throws {
    let lines = try String(contentsOf: peerCases, encoding: .utf8).split(separator: "\n")
    let cases = try lines.map { try JSONDecoder().decode(Case.self, from: Data($0.utf8)) }
    #expect(cases.count > 500)
    var rows: [String: (positives: Int, found: Int, negatives: Int, hit: Int)] = [:]
    var report = ""
    for (index, item) in cases.enumerated() {
      let hits = scan(item.text)
      let bytes = Array(item.text.utf8)
      var rest = hits
      var missed = 0
      for expected in item.expect {
        if let at = rest.firstIndex(where: { matches($0, expected, bytes) }) {
          rest.remove(at: at)
        } else {
          missed += 1
        }
      }
      var row = rows[item.tier] ?? (0, 0, 0, 0)
      if item.expect.isEmpty {
        row.negatives += 1
        if !hits.isEmpty { row.hit += 1 }
      } else {
        row.positives += 1
        if missed == 0 { row.found += 1 }
      }
      rows[item.tier] = row
      let reason = disputed.first { item.text.contains($0.key) }?.value
      if missed > 0 || item.expect.isEmpty && !hits.isEmpty {
        let what = missed > 0 ? "missed \(missed)" : "hit \(hits.map(\.rule.name))"
        report += "  case \(index + 1) [\(item.tier)] \(what): \(item.note.prefix(90))"
        report += reason.map { " — \($0)\n" } ?? "\n"
      }
    }
    print(report)
    for (tier, row) in rows.sorted(by: { $0.key < $1.key }) {
      print(
        "peer cases [\(tier)]: \(row.found)/\(row.positives) positives found,",
        "\(row.hit)/\(row.negatives) negatives hit")
    }
    let core = rows["core"] ?? (0, 0, 0, 0)
    #expect(core.found * 100 >= core.positives * 99)
    #expect(core.hit * 100 <= core.negatives)
  }

  private func matches(_ hit: Hit, _ expected: Case.Expectation, _ bytes: [UInt8]) -> Bool {
    let kind = hit.rule == .track1 || hit.rule == .track2 ? "track" : hit.rule.name
    switch expected.kind {
    case "cvv":
      return kind == "cvv"
        && Array(bytes[hit.offset..<hit.endOffset]) == Array(expected.value.utf8)
    case "track1", "track2":
      return hit.rule.name == expected.kind && isNumber(hit, expected.value)
    default: return kind == "pan" && isNumber(hit, expected.value)
    }
  }

  private func isNumber(_ hit: Hit, _ value: String) -> Bool {
    Int(hit.digits) == value.count && Int(hit.first6) == Int(value.prefix(6))
      && Int(hit.last4) == Int(value.suffix(4))
  }
}

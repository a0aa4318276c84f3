import Core
import Foundation
import Reporting
import TestSupport
import Testing

/// Reports full of texts that mean something to some format, put together from seeds: every format
/// stays whole, and nothing in it runs.
@Suite struct HostileFormatTests {
  private static let seeds: [UInt64] = [1, 2, 3, 4, 5, 6, 7, 8]

  private func rendered(_ seed: UInt64, _ format: String) throws -> String {
    try ReportingTests.rendered(.random(seed: seed), format)
  }

  @Test(arguments: seeds, Formats.all.map(\.id))
  func `nothing invisible and no number gets into a report`(seed: UInt64, format: String) throws {
    let text = try rendered(seed, format)
    for scalar in text.unicodeScalars where scalar != "\n" {
      #expect(!Escaping.isInvisible(scalar), "seed \(seed): U+\(String(scalar.value, radix: 16))")
    }
    for number in ["4242424242424242", "3782 822463 10005", "4111111111111111"] {
      #expect(!text.contains(number), "seed \(seed)")
    }
  }

  @Test(arguments: seeds)
  func `GitHub gets no command but our own`(seed: UInt64) throws {
    let report = SampleReport.random(seed: seed)
    // As the runner sees it, in bytes: a combining mark would hide the character it follows from us.
    let text = try rendered(seed, "github").utf8.map { $0 < 0x80 ? $0 : UInt8(ascii: "x") }
    let lines = String(decoding: text, as: UTF8.self).split(
      separator: "\n", omittingEmptySubsequences: false)
    let commands = lines.filter { $0.contains("::") && !$0.hasPrefix("unpan: ") }
    #expect(commands.count <= 30)
    for line in commands {
      let isOurs = ["error", "warning", "notice"].contains {
        line.hasPrefix("::\($0) file=")
          || line.hasPrefix("::error title=Not everything was read::")
          || line.hasPrefix("::error title=Target state::")
      }
      #expect(isOurs, "seed \(seed): \(line)")
      // A property's value ends at a comma or two colons, and may hold neither.
      let head = line.dropFirst(2).prefix(while: { $0 != ":" })
      for pair in head.drop(while: { $0 != " " }).dropFirst().split(separator: ",") {
        let name = pair.prefix { $0 != "=" }
        #expect(["file", "line", "col", "title"].contains(name), "seed \(seed): \(line)")
      }
    }
    for line in lines.dropLast() where !line.hasPrefix("::") {
      #expect(line.hasPrefix("unpan: "), "seed \(seed): \(line)")
    }
    // One for the target state as a whole and one for each of its three offenders.
    let shown = commands.count - (report.summary.notExaminedCount > 0 ? 1 : 0) - 4
    let left = report.findings.count - shown
    #expect(lines.dropLast().last?.hasPrefix("unpan: \(left) findings without") == true)
  }

  @Test(arguments: seeds)
  func `no cell of the CSV is a formula, and every row has every column`(seed: UInt64) throws {
    let report = SampleReport.random(seed: seed)
    let rows = CSVRows(try rendered(seed, "csv")).rows
    // The head, the inventory's breaches and verdict, the change, the verdict of the run; the migration
    // with one open exception, the target state with three offenders.
    let others = 4 + 2 + 4 + (report.summary.inventory?.breaches.count ?? 0)
    #expect(rows.count == report.findings.count + report.summary.notExaminedCount + others)
    for row in rows {
      #expect(row.count == rows[0].count, "seed \(seed)")
      for cell in row {
        let first = cell.unicodeScalars.first { $0 != " " }
        #expect(!(first.map { "=+-@＝＋－＠\t\r".unicodeScalars.contains($0) } ?? false), "\(cell)")
      }
    }
  }

  @Test(arguments: seeds)
  func `Markdown has foreign text in code spans only`(seed: UInt64) throws {
    for line in try rendered(seed, "markdown").split(separator: "\n") {
      let rest = withoutCode(line).replacingOccurrences(of: "<br>", with: "")
      #expect(!rest.contains { "`<>@[]&\\$#".contains($0) && !line.hasPrefix("## ") }, "\(line)")
      if line.hasPrefix("| "), !line.hasPrefix("| ---") {
        // Bars that are not escaped, in code or not, make the table's columns.
        let bars = line.replacingOccurrences(of: "\\\\", with: "").replacingOccurrences(
          of: "\\|", with: "")
        #expect([3, 4, 5, 6].contains(bars.count { $0 == "|" }), "seed \(seed): \(line)")
      }
    }
  }

  /// The line with its code spans taken out, as CommonMark finds them: a run of backticks closes with
  /// the next run of the same length.
  private func withoutCode(_ line: Substring) -> String {
    let characters = Array(line.unicodeScalars)
    var out = String.UnicodeScalarView()
    var index = 0
    func run(at start: Int) -> Int {
      var end = start
      while end < characters.count, characters[end] == "`" { end += 1 }
      return end - start
    }
    while index < characters.count {
      let length = run(at: index)
      guard length > 0 else {
        out.append(characters[index])
        index += 1
        continue
      }
      var end = index + length
      while end < characters.count {
        let other = run(at: end)
        if other == length { break }
        end += max(1, other)
      }
      index = end < characters.count ? end + length : index + length
      if end >= characters.count { out.append("`") }
    }
    return String(out)
  }

  @Test(arguments: seeds)
  func `XML and JSON parse, with the findings in them`(seed: UInt64) throws {
    let report = SampleReport.random(seed: seed)
    let sarif = try #require(
      JSONSerialization.jsonObject(with: Data(try rendered(seed, "sarif").utf8)) as? [String: Any])
    let run = try #require((sarif["runs"] as? [[String: Any]])?.first)
    let offenders = 3
    #expect((run["results"] as? [Any])?.count == report.findings.count + offenders)
    let gitlab = try #require(
      JSONSerialization.jsonObject(with: Data(try rendered(seed, "gitlab").utf8)) as? [String: Any])
    #expect((gitlab["vulnerabilities"] as? [Any])?.count == report.findings.count + offenders)
    let quality = try #require(
      JSONSerialization.jsonObject(with: Data(try rendered(seed, "gitlab-codequality").utf8))
        as? [[String: Any]])
    #expect(
      quality.count == report.findings.count + offenders + report.summary.notExaminedCount)
    for issue in quality {
      let path = (issue["location"] as? [String: Any])?["path"] as? String
      #expect(path?.hasPrefix("/") == false && path?.hasPrefix("./") == false)
    }
  }
}

/// A reader of CSV as RFC 4180 has it.
struct CSVRows {
  var rows: [[String]] = []

  init(_ text: String) {
    var row: [String] = []
    var cell = String.UnicodeScalarView()
    var isQuoted = false
    var wasQuote = false
    for scalar in text.unicodeScalars {
      if isQuoted {
        if scalar == "\"" {
          isQuoted = false
          wasQuote = true
        } else {
          cell.append(scalar)
        }
        continue
      }
      switch scalar {
      case "\"":
        if wasQuote { cell.append(scalar) }
        isQuoted = true
      case ",", "\n":
        row.append(String(cell))
        cell = String.UnicodeScalarView()
        if scalar == "\n" {
          rows.append(row)
          row = []
        }
      default: cell.append(scalar)
      }
      wasQuote = false
    }
  }
}

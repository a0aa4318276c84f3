import Core
import Foundation
import TestSupport
import Testing

@testable import Audit

/// Every container with every encoding and kind of card data, each with look-alikes beside what is
/// planted: made from a seed, scanned as one tree, counted. Prints the table.
@Suite(.enabled(if: ContainerFixtures.isPossible, Comment(rawValue: ContainerFixtures.missing)))
struct MatrixTests {
  private typealias Kind = SelftestSamples.Kind
  private typealias Document = SelftestDocument

  /// One file.
  private struct Cell {
    var container: String
    var text: String
    var kind: SelftestSamples.Kind
    var samples: [SelftestSamples.Sample]
    var isKnownGap = false
    var found = 0
    var wrong = 0
    var isMissed: Bool { found < samples.count && !isKnownGap }
    var name: String { "\(container), \(text), \(kind.rawValue)" }
  }

  private static let kinds: [SelftestSamples.Kind] = [.pan, .groupedPAN, .track1, .track2, .cvv]
  /// Texts that every container gets.
  private static let texts: [(SelftestDocument.Format, SelftestDocument.Encoding)] = [
    (.json, .utf8), (.keyValue, .utf8), (.csv, .utf8), (.log, .utf16LittleMarked),
    (.keyValue, .base64), (.json, .wideGBK), (.json, .percentDigits), (.log, .ebcdic),
  ]
  private static let samplesEach = 2

  private func records(
    _ kind: SelftestSamples.Kind, stream: Int
  ) -> (records: [[SelftestSamples.Field]], samples: [SelftestSamples.Sample]) {
    // Behind the streams of the self-test.
    var source = SelftestSamples(stream: UInt64(5000 + stream))
    let all = source.make(kind)
    let first = stream % all.count
    let samples = (0..<Self.samplesEach).map { all[(first + $0) % all.count] }
    let records = samples.enumerated().map { index, sample in
      SelftestSamples.record(sample, index)
        + source.makeLookAlikes().map { field in
          var field = field
          field.name = "other_" + field.name
          return field
        }
    }
    return (records, samples)
  }

  @Test func `every kind is found in every container and encoding, and no look-alike`() throws {
    let scratch = try Scratch()
    let writer = try #require(ArchiveWriter())
    let containers = MatrixContainers(writer: writer, folder: scratch.path)
    let documents = MatrixDocuments(containers: containers)
    try FileManager.default.createDirectory(
      atPath: scratch.path + "/tree", withIntermediateDirectories: true)
    var cells: [Cell] = []
    func add(_ cell: Cell, _ bytes: [UInt8]) throws {
      try scratch.write("tree/\(cells.count)", bytes)
      cells.append(cell)
    }
    for container in MatrixContainers.names {
      for (format, encoding) in Self.texts {
        for kind in Self.kinds where Document.isSupported(kind, format, encoding) {
          let (records, samples) = records(kind, stream: cells.count)
          var cell = Cell(
            container: container, text: "\(format.rawValue) \(encoding.rawValue)", kind: kind,
            samples: samples)
          // A value of a column is no file with a header of its own.
          cell.isKnownGap =
            Document.isKnownGap(kind, format, encoding)
            || container == "sqlite blob" && format == .csv && kind == .cvv
          let text = Document(records, format, encoding).bytes
          try add(cell, try containers.wrap(text, in: container))
        }
      }
    }
    for document in MatrixDocuments.names {
      for kind in Self.kinds where MatrixDocuments.holds(kind, document) {
        let (records, samples) = records(kind, stream: cells.count)
        let bytes = try documents.make(records, document)
        try add(Cell(container: document, text: "-", kind: kind, samples: samples), bytes)
        // Documents lie in archives too.
        if document.hasPrefix("sqlite") || kind == .pan {
          let packed = try containers.wrap(bytes, in: "tar.gz in zip")
          try add(
            Cell(container: document, text: "in tar.gz in zip", kind: kind, samples: samples),
            packed)
        }
      }
    }
    let result = try ContainerFixtures.scan(path: scratch.path + "/tree", threads: 2)
    #expect(result.reasons == [])
    for finding in result.findings {
      let name = finding.location.path.map { String($0.split(separator: "/").last ?? "") } ?? ""
      count(finding, in: &cells[try #require(Int(name))])
    }
    print(table(cells))
    #expect(cells.count >= 400)
    for cell in cells where cell.isMissed || cell.wrong > 0 {
      Issue.record("\(cell.name): \(cell.found) of \(cell.samples.count), \(cell.wrong) wrong")
    }
  }

  private func count(_ finding: Finding, in cell: inout Cell) {
    let last4 = finding.last4.flatMap { Int($0) }
    let isPlanted = cell.samples.contains { $0.last4 == last4 }
    if finding.rule == cell.kind.rule, isPlanted, cell.found < cell.samples.count {
      cell.found += 1
    } else if finding.rule != "pan" || !isPlanted || cell.kind.rule == "pan" {
      // The number of a track told as a number is neither.
      cell.wrong += 1
    }
  }

  /// A row a container: found of planted, by kind.
  private func table(_ cells: [Cell]) -> String {
    func padded(_ text: String, _ width: Int) -> String {
      text + String(repeating: " ", count: max(1, width - text.count))
    }
    var lines = [
      "matrix: found/planted".padding(toLength: 22, withPad: " ", startingAt: 0) + "cells  "
        + Self.kinds.map { padded($0.rawValue, 13) }.joined() + "wrong"
    ]
    for name in MatrixContainers.names + MatrixDocuments.names {
      let row = cells.filter { $0.container == name }
      let counts = Self.kinds.map { kind in
        let some = row.filter { $0.kind == kind }
        let found = some.reduce(0) { $0 + $1.found }
        let planted = some.reduce(0) { $0 + $1.samples.count }
        let gaps = some.count { $0.isKnownGap }
        return padded(
          planted == 0 ? "-" : "\(found)/\(planted)" + (gaps > 0 ? " gap \(gaps)" : ""), 13)
      }
      lines.append(
        padded(name, 22) + padded("\(row.count)", 7) + counts.joined()
          + "\(row.reduce(0) { $0 + $1.wrong })")
    }
    let missed = cells.count(where: \.isMissed)
    lines.append("\(cells.count) cells, \(missed) with something missed")
    return lines.joined(separator: "\n")
  }
}

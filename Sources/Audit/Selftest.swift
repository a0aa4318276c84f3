import Core
import Detection
import Rules

/// Plants invented card data in every format and encoding of text that the tool reads, in every kind
/// of file it can write, and in a database, with look-alikes beside it; scans it as any input is
/// scanned, and counts: evidence that the method works.
package struct Selftest {
  /// Streams of chance for texts; those of databases follow.
  private static let streamsMax: UInt64 = 1200

  private let detector: Detector
  private let maker: FindingMaker
  private let scanner: Scanner

  package init(_ detector: Detector) {
    self.detector = detector
    maker = FindingMaker(
      detector: detector, catalogue: detector.rules.rules, options: ScanOptions())
    scanner = Scanner(detector)
  }

  /// - Returns: one cell for each format, encoding and kind, in a fixed order.
  /// - Throws: `RunError` when the directory for temporary files does not take a database.
  package func run() throws(RunError) -> SelftestReport {
    var report = SelftestReport()
    var stream: UInt64 = 0
    for format in SelftestDocument.Format.allCases {
      for encoding in SelftestDocument.Encoding.allCases {
        for kind in SelftestSamples.Kind.allCases
        where SelftestDocument.isSupported(kind, format, encoding) {
          stream += 1
          var samples = SelftestSamples(stream: stream)
          let records = samples.make(kind).enumerated().map {
            SelftestSamples.record($0.element, $0.offset)
          }
          var cell = scan(records, format, encoding, kind.rawValue)
          cell.isKnownGap = SelftestDocument.isKnownGap(kind, format, encoding)
          report.cells.append(cell)
        }
        guard SelftestDocument.isSupported(nil, format, encoding) else { continue }
        stream += 1
        var samples = SelftestSamples(stream: stream)
        let records = (0..<4).map { _ in samples.makeLookAlikes() }
        report.cells.append(scan(records, format, encoding, SelftestReport.lookAlike))
      }
    }
    precondition(stream <= Selftest.streamsMax, "each text has a stream of its own")
    var files = Selftest.files
    report.cells += try files.scan(detector)
    for var database in Selftest.databases { report.cells += try database.scan(detector) }
    return report
  }

  private static var databases: [SelftestDatabase] {
    SelftestDatabase.Encoding.allCases.enumerated().map {
      SelftestDatabase($0.element, stream: streamsMax + 1 + UInt64($0.offset))
    }
  }

  private static var files: SelftestFiles { SelftestFiles(stream: streamsMax + 100) }

  /// Every number, PIN block and key that a run plants: tests look for them in what is written.
  /// Verification codes are too short to be told from a count.
  package static func numbers() -> [String] {
    let inTexts = (1...streamsMax).flatMap { stream in
      SelftestSamples.Kind.allCases.flatMap { kind in
        var samples = SelftestSamples(stream: stream)
        return samples.make(kind).map(\.number)
      }
    }
    return (inTexts + files.numbers + databases.flatMap(\.numbers)).filter { $0.utf8.count >= 12 }
  }

  private func scan(
    _ records: [[SelftestSamples.Field]], _ format: SelftestDocument.Format,
    _ encoding: SelftestDocument.Encoding, _ kind: String
  ) -> SelftestReport.Cell {
    let document = SelftestDocument(records, format, encoding)
    var cell = SelftestReport.Cell(
      format: format.rawValue, encoding: encoding.rawValue, kind: kind)
    cell.lookAlikes = records.reduce(0) { $0 + $1.count(where: \.isLookAlike) }
    cell.planted = document.plants.count
    var isFound = [Bool](repeating: false, count: document.plants.count)
    for hit in hits(document.bytes) {
      let index = document.plants.firstIndex { plant in
        plant.range.overlaps(hit.offset..<max(hit.endOffset, hit.offset + 1))
          && (plant.sample.last4.map { $0 == Int(hit.last4) } ?? true)
      }
      guard let index else {
        cell.falseFindings += 1
        continue
      }
      // The number of a track found as a bare number is no false finding, and does not do either.
      guard document.plants[index].sample.kind.rule == hit.rule.name, !isFound[index] else {
        continue
      }
      isFound[index] = true
      cell.found += 1
    }
    return cell
  }

  /// What a scan of a file with these bytes would report.
  private func hits(_ bytes: [UInt8]) -> [Hit] {
    scanner.clearHits()
    scanner.beginPart(head: Array(bytes.prefix(Limits.contextBytes)), columns: [], startsFile: true)
    bytes.withUnsafeBytes { scanner.scan(Chunk(bytes: $0, owned: 0..<$0.count)) }
    scanner.finishBatch()
    let classes = scanner.classes
    return scanner.hits.filter { hit in
      var hit = hit
      _ = maker.judge(&hit, in: classes)
      return Confidence(score: Int(hit.score)) >= .medium
    }
  }
}

import Core
import Detection
import Inputs
import Native
import Rules

/// The part of the self-test that goes through files of every container, scanned as one directory.
struct SelftestFiles {
  /// One file and what lies in it.
  private struct Entry {
    var cell: SelftestReport.Cell
    var samples: [SelftestSamples.Sample] = []
    var isFound: [Bool] = []
    var bytes: [UInt8]?
    var package: String?
  }

  private var entries: [Entry] = []

  /// - Parameter stream: the first of as many streams of chance as there are entries.
  init(stream: UInt64) {
    let packer = ArchivePacker()
    for container in SelftestContainer.allCases {
      for kind in SelftestSamples.Kind.allCases {
        var source = SelftestSamples(stream: stream + UInt64(entries.count))
        let samples = source.make(kind)
        let records = samples.enumerated().map { SelftestSamples.record($0.element, $0.offset) }
        add(container, kind.rawValue, container.wrap(records, packer))
        entries[entries.count - 1].samples = samples
        entries[entries.count - 1].isFound = samples.map { _ in false }
        entries[entries.count - 1].cell.planted = samples.count
      }
      var source = SelftestSamples(stream: stream + UInt64(entries.count))
      let records = (0..<4).map { _ in source.makeLookAlikes() }
      add(container, SelftestReport.lookAlike, container.wrap(records, packer))
      entries[entries.count - 1].cell.lookAlikes = records.reduce(0) { $0 + $1.count }
    }
  }

  private mutating func add(_ container: SelftestContainer, _ kind: String, _ bytes: [UInt8]?) {
    entries.append(
      Entry(
        cell: SelftestReport.Cell(
          format: container.rawValue, encoding: container.content, kind: kind),
        bytes: bytes, package: container.package))
  }

  /// The numbers that are planted.
  var numbers: [String] { entries.flatMap { $0.samples.map(\.number) } }

  /// Writes the files into a scratch directory, scans it as a target and removes it.
  mutating func scan(_ detector: Detector) throws(RunError) -> [SelftestReport.Cell] {
    let directory: ScratchDirectory
    do throws(WriteFailure) {
      directory = try ScratchDirectory()
    } catch {
      throw SelftestFiles.failure(error.text)
    }
    do throws(WriteFailure) {
      for (index, entry) in entries.enumerated() {
        if let bytes = entry.bytes {
          var file = try OutputDescriptor(replacing: "\(directory.path)/\(index)")
          try file.write(bytes)
          try file.commit()
        }
      }
    } catch {
      throw SelftestFiles.failure(error.text)
    }
    let collector = FileCollector()
    let source = try makeSource(target: directory.path, options: InputOptions())
    let run = RunInfo(version: "", rules: "", started: "", threads: 1, targets: [source.target])
    try Engine(detector: detector, catalogue: detector.rules.rules, options: ScanOptions())
      .run([source], run: run, writer: collector) { "" }
    // A file is named by its number; a place inside it goes on behind that.
    let head = directory.path.count + 1
    func index(_ place: String) -> Int? { Int(place.dropFirst(head).prefix { $0.isNumber }) }
    for finding in collector.findings {
      if let index = index(finding.location.path ?? "") { count(finding, index) }
    }
    let missed = Dictionary(grouping: collector.missed) { index($0.place) ?? -1 }
    return entries.indices.map { cell($0, missed[$0] ?? []) }
  }

  private static func failure(_ cause: String) -> RunError {
    RunError(
      .failure, ScratchFile.directory, "the files of the self-test cannot be made: \(cause)",
      hint: "set TMPDIR to a directory with room that can be written")
  }

  private mutating func count(_ finding: Finding, _ index: Int) {
    guard entries.indices.contains(index) else { return }
    let last4 = finding.last4.flatMap { Int($0) }
    let samples = entries[index].samples
    let open = samples.indices.first {
      samples[$0].kind.rule == finding.rule && samples[$0].last4 == last4
        && !entries[index].isFound[$0]
    }
    if let open {
      entries[index].isFound[open] = true
      entries[index].cell.found += 1
    } else if last4 == nil || !samples.contains(where: { $0.last4 == last4 }) {
      entries[index].cell.falseFindings += 1
    }
    // Else the number of a track as a bare number: no false finding, and does not do either.
  }

  /// What was not read to its end was not found either, unless what reads it is not installed.
  private func cell(_ index: Int, _ missed: [Coverage.Entry]) -> SelftestReport.Cell {
    let entry = entries[index]
    var cell = entry.cell
    let isMissing = entry.bytes == nil || missed.contains { $0.reason == .missingHelper }
    if isMissing, let package = entry.package {
      cell.notTested = package
      cell.planted = 0
      cell.lookAlikes = 0
      cell.found = 0
      cell.falseFindings = 0
    } else if !missed.isEmpty {
      cell.found = 0
    }
    return cell
  }
}

/// Keeps what the scan of the files reports.
private final class FileCollector: ReportWriter {
  private(set) var findings: [Finding] = []
  private(set) var missed: [Coverage.Entry] = []

  func begin(_ run: RunInfo) throws(RunError) {}
  func finding(_ finding: Finding) throws(RunError) { findings.append(finding) }
  func coverage(_ coverage: Coverage) throws(RunError) { missed += coverage.notExamined }
  func end(_ summary: Summary, _ run: RunInfo) throws(RunError) {}
}

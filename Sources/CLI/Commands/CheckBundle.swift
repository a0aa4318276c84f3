import Core
import FoundationEssentials
import Native
import Reporting

/// Checks a directory that `--report` wrote, from the directory alone: the hash of every file, the
/// chain of the audit log, and that the counts agree with the findings.
///
/// Tells an accident or a careless change. Against somebody who makes all hashes anew only a signature
/// of the manifest helps.
struct BundleCheck {
  /// What was looked at.
  private(set) var fileCount = 0
  private(set) var findingCount = 0
  private(set) var logLineCount = 0
  private(set) var problems: [Problem] = []

  /// One thing that is not as it was written; `Diagnostics` has the words.
  struct Problem: Equatable {
    /// A file of the bundle, raw.
    var file: String
    var what: What

    enum What: Equatable {
      case missing, unlisted, changed, malformed, unreadable(String)
      /// A line of the log does not follow from the one before.
      case brokenChain(line: Int)
      /// The log names another hash than the manifest.
      case otherHash(file: String)
      case otherCount(of: String, told: Int, counted: Int)
    }
  }

  /// A bundle of `lint` has no self-test.
  private static let needed = [
    "audit.jsonl", "config.json", "coverage.json", "findings.jsonl", "report.html", "rules.json",
    "run.json",
  ]

  private let directory: String
  private let library: LibCrypto

  /// - Throws: `RunError` when there is no bundle to check, or no libcrypto to check it with.
  static func run(directory: String) throws(RunError) -> BundleCheck {
    var check = BundleCheck(directory: directory, library: try LibCrypto())
    try check.run()
    return check
  }

  private init(directory: String, library: LibCrypto) {
    self.directory = directory
    self.library = library
  }

  /// The paths of what a bundle is made of; nothing for any other place.
  static func files(of directory: String) throws(RunError) -> [String] {
    let manifest = "\(directory)/\(EvidenceBundle.manifestName)"
    guard FileStatus.ofRegularFile(ForeignBytes.bytes(of: manifest)) != nil else { return [] }
    var check = BundleCheck(directory: directory, library: try LibCrypto())
    let names = Set(needed).union(check.readManifest().keys).union([EvidenceBundle.manifestName])
    return names.sorted().map { check.path($0) }
  }

  private mutating func run() throws(RunError) {
    let names: [String]?
    do {
      names = try StagedDirectory.names(in: directory)
    } catch {
      throw RunError(.failure, directory, "the directory cannot be read: \(error.text)")
    }
    guard let names, names.contains(EvidenceBundle.manifestName) else {
      throw RunError(
        .usage, directory, "there is no \(EvidenceBundle.manifestName)",
        hint: "name a directory that `unpan scan --report DIR` wrote")
    }
    let hashes = readManifest()
    for name in Set(BundleCheck.needed).union(hashes.keys).sorted() {
      guard let hash = hashes[name], names.contains(name) else {
        add(name, hashes[name] == nil && names.contains(name) ? .unlisted : .missing)
        continue
      }
      checkHash(of: name, hash)
    }
    // Signatures and time stamps of the manifest may lie beside it.
    for name in names
    where hashes[name] == nil && !name.hasPrefix(EvidenceBundle.manifestName)
      && !BundleCheck.needed.contains(name)
    {
      add(name, .unlisted)
    }
    let counts = countFindings()
    let summary = checkSummary(counts)
    checkLog(hashes, summary)
  }

  private mutating func add(_ file: String, _ what: Problem.What) {
    problems.append(Problem(file: file, what: what))
  }

  private func path(_ name: String) -> String { "\(directory)/\(name)" }

  // MARK: Manifest

  /// The hashes by name; strict, because a line that is read generously could hide a change.
  private mutating func readManifest() -> [String: String] {
    var hashes: [String: String] = [:]
    var isWellFormed = true
    let isRead = eachLine(of: EvidenceBundle.manifestName) { line, isWhole in
      let hash = line.prefix(64)
      let name = String(decoding: line.dropFirst(66), as: UTF8.self)
      let isHash = hash.count == 64 && hash.allSatisfy(BundleCheck.isHexadecimal)
      let isName = !name.isEmpty && !name.contains("/") && !name.hasPrefix(".")
      guard isWhole, isHash, isName, line[64..<66].elementsEqual([0x20, 0x20]) else {
        isWellFormed = false
        return
      }
      let text = String(decoding: hash, as: UTF8.self)
      if hashes.updateValue(text, forKey: name) != nil { isWellFormed = false }
    }
    if isRead, !isWellFormed { add(EvidenceBundle.manifestName, .malformed) }
    return hashes
  }

  private static func isHexadecimal(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
  }

  private mutating func checkHash(of name: String, _ expected: String) {
    do {
      let hash = try library.sha256(ofFile: path(name)).hash
      fileCount += 1
      if hash != expected { add(name, .changed) }
    } catch {
      add(name, .unreadable(error.message))
    }
  }

  // MARK: Counts

  private struct FindingLine: Decodable { var kind: String }
  private struct CoverageFile: Decodable { var summary: Summary }
  private struct Summary: Decodable {
    var findingCount: Int
    var byKind: [KindCount]
  }
  private struct KindCount: Decodable {
    var kind: String
    var count: Int
  }

  private mutating func countFindings() -> [String: Int] {
    var counts: [String: Int] = [:]
    var isWellFormed = true
    let decoder = JSONDecoder()
    _ = eachLine(of: "findings.jsonl") { line, isWhole in
      do {
        let kind = try decoder.decode(FindingLine.self, from: Data(line)).kind
        counts[kind, default: 0] += 1
        if !isWhole { isWellFormed = false }
      } catch {
        isWellFormed = false
      }
    }
    if !isWellFormed { add("findings.jsonl", .malformed) }
    findingCount = counts.values.reduce(0, +)
    return counts
  }

  private mutating func checkSummary(_ counts: [String: Int]) -> Summary? {
    let name = "coverage.json"
    let summary: Summary
    do {
      let data = try Data(contentsOf: URL(filePath: path(name)))
      summary = try JSONDecoder().decode(CoverageFile.self, from: data).summary
    } catch {
      add(name, .malformed)
      return nil
    }
    let told = Dictionary(summary.byKind.map { ($0.kind, $0.count) }, uniquingKeysWith: +)
    for kind in Set(counts.keys).union(told.keys).sorted() {
      compare(name, kind, told: told[kind, default: 0], counts[kind, default: 0])
    }
    compare(name, "finding", told: summary.findingCount, findingCount)
    return summary
  }

  private mutating func compare(_ file: String, _ what: String, told: Int, _ counted: Int) {
    if told != counted { add(file, .otherCount(of: what, told: told, counted: counted)) }
  }

  // MARK: Log

  private struct LogLine: Decodable {
    var number: Int
    var previous: String
    var event: String
    var name: String?
    var sha256: String?
    var findings: Int?
  }

  private mutating func checkLog(_ hashes: [String: String], _ summary: Summary?) {
    let name = "audit.jsonl"
    var previous = EvidenceBundle.firstLogHash
    var found: [Problem.What] = []
    var last: LogLine?
    var inTargets = 0
    let decoder = JSONDecoder()
    let library = library
    var count = 0
    _ = eachLine(of: name) { bytes, isWhole in
      count += 1
      do {
        let line = try decoder.decode(LogLine.self, from: Data(bytes))
        if line.previous != previous || line.number != count - 1 || !isWhole {
          found.append(.brokenChain(line: count))
        }
        if line.event == "file", let file = line.name, hashes[file] != line.sha256 {
          found.append(.otherHash(file: file))
        }
        if line.event == "target" { inTargets += line.findings ?? 0 }
        last = line
        previous = try library.sha256(bytes)
      } catch {
        found.append(.brokenChain(line: count))
      }
    }
    logLineCount = count
    for what in found.prefix(10) { add(name, what) }
    if last?.event != "end" { add(name, .malformed) }
    compare(name, "finding", told: last?.findings ?? 0, findingCount)
    if summary != nil { compare(name, "finding of the targets", told: inTargets, findingCount) }
  }

  /// - Returns: whether the file could be read; if not, that is a problem of its own.
  private mutating func eachLine(
    of name: String, _ body: (_ line: [UInt8], _ isWhole: Bool) -> Void
  ) -> Bool {
    do {
      try forEachLine(of: path(name), body)
      return true
    } catch {
      add(name, .unreadable(error.text))
      return false
    }
  }
}

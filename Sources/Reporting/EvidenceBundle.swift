import Core
import Glibc
import Native

/// `--report DIR`: everything a scan leaves as evidence, in a directory that appears when it is whole.
///
/// Holds the result without anything that differs between two runs (`findings.jsonl`, `coverage.json`,
/// `config.json`, `rules.json`), what does differ (`run.json`), the reports made from both, a log with
/// a chain of hashes, and the SHA-256 of every file in the manner of `sha256sum`.
package final class EvidenceBundle: ReportWriter {
  private var directory: StagedDirectory
  private let path: String
  private let contents: Contents
  private let library: LibCrypto
  private let reports: TeeWriter
  private let findings: Output
  private var log: AuditLog
  private var json = JSONText()
  private var coverages: [[UInt8]] = []

  /// Reports of the bundle by format. Formats that only a CI service reads are no evidence.
  private static let reportFiles = [
    ("html", "report.html"), ("text", "report.txt"), ("sarif", "report.sarif"),
    ("junit", "report.junit.xml"), ("csv", "report.csv"),
    ("markdown", "report.md"),
  ]
  package static let manifestName = "MANIFEST.sha256"
  /// What the first line of `audit.jsonl` names as its predecessor.
  package static let firstLogHash = AuditLog.firstHash

  /// What the command knows and the engine does not tell.
  package struct Contents: Sendable {
    /// As typed, secrets removed.
    package var commandLine: [String] = []
    /// Only when the user wants it told.
    package var host: String?
    package var settings: [ReportSetting] = []
    package var rulesVersion = ""
    package var rules: [RuleText] = []
    package var ruleFiles: [RuleFile] = []
    /// The target-state policy as its file has it; `nil` when the run was held against none.
    package var policy: [UInt8]?
    /// With its date.
    package var selftest: SelftestReport?

    package init() {}
  }

  /// A rule file in use.
  package struct RuleFile: Sendable {
    package var name: String
    package var bytes: [UInt8]

    package init(name: String, bytes: [UInt8]) {
      self.name = name
      self.bytes = bytes
    }
  }

  /// Opens every file, so that a directory that cannot be written stops the run before it begins.
  /// - Parameter options: for the reports; rules and settings are filled in.
  /// - Throws: `RunError` when something lies at `path`, when it cannot be written, or when there is no
  ///   libcrypto.
  package init(
    _ path: String, _ contents: Contents, _ options: ReportOptions
  ) throws(RunError) {
    let library = try LibCrypto()
    let directory: StagedDirectory
    do {
      directory = try StagedDirectory(path)
    } catch {
      throw EvidenceBundle.failure(path, error)
    }
    let folder = directory.temporary
    func output(_ name: String) throws(RunError) -> Output {
      try EvidenceBundle.output("\(folder)/\(name)")
    }
    var options = options
    let rules = try EvidenceBundle.rules(contents, library)
    options.rules = contents.rules
    options.settings = contents.settings
    options.selftest = contents.selftest
    options.rulesHash = try library.sha256(rules)
    var reports: [any ReportWriter] = []
    for (id, name) in EvidenceBundle.reportFiles {
      guard let format = Formats.named(id) else { continue }
      reports.append(format.makeWriter(try output(name), options))
    }
    try EvidenceBundle.write(rules, to: output("rules.json"))
    try EvidenceBundle.write(EvidenceBundle.config(contents), to: output("config.json"))
    if let policy = contents.policy {
      // Kept as it is but for a card number in a comment, which would make the evidence one more store.
      let text = NumberGuard.masked(String(decoding: policy, as: UTF8.self))
      try EvidenceBundle.write(Array(text.utf8), to: output("policy.json5"))
    }
    if let selftest = contents.selftest {
      let file = try output("selftest.json")
      try SelftestTable(selftest, date: selftest.date).writeJSON(to: file)
      try file.finish()
    }
    findings = try output("findings.jsonl")
    log = AuditLog(try output("audit.jsonl"), library)
    self.reports = TeeWriter(reports)
    self.directory = directory
    self.path = path
    self.contents = contents
    self.library = library
  }

  /// The directory while it is filled.
  package var identity: FileStatus.Identity? { directory.identity }

  /// A file of the bundle; there is no room for it where there is none for the bundle.
  private static func output(_ path: String) throws(RunError) -> Output {
    try Output(file: path, hint: "choose another place with --report DIR")
  }

  package func begin(_ run: RunInfo) throws(RunError) {
    try log.begin(run)
    try reports.begin(run)
  }

  package func finding(_ finding: Finding) throws(RunError) {
    json.removeAll()
    json.result(finding)
    json.raw("\n")
    try findings.write(json.bytes)
    log.finding()
    try reports.finding(finding)
  }

  package func coverage(_ coverage: Coverage) throws(RunError) {
    json.removeAll()
    json.result(coverage)
    coverages.append(json.bytes)
    try log.target(coverage)
    try reports.coverage(coverage)
  }

  package func end(_ summary: Summary, _ run: RunInfo) throws(RunError) {
    try findings.finish()
    try reports.end(summary, run)
    let folder = directory.temporary
    try writeCoverage(summary, to: EvidenceBundle.output("\(folder)/coverage.json"))
    try EvidenceBundle.write(runText(summary, run), to: EvidenceBundle.output("\(folder)/run.json"))
    if let inventory = summary.inventory {
      var json = JSONText()
      json.inventory(inventory)
      json.raw("\n")
      try EvidenceBundle.write(json.bytes, to: EvidenceBundle.output("\(folder)/inventory.json"))
    }
    var manifest = ""
    // The log itself is still being written, and gets its line in the manifest only.
    for name in try names() where !name.hasPrefix("audit.jsonl") {
      let (hash, bytes) = try library.sha256(ofFile: "\(folder)/\(name)")
      manifest += "\(hash)  \(name)\n"
      try log.file(name, hash: hash, bytes: bytes)
    }
    try log.end(summary, run)
    let hash = try library.sha256(ofFile: "\(folder)/audit.jsonl").hash
    try EvidenceBundle.write(
      Array("\(hash)  audit.jsonl\n\(manifest)".utf8),
      to: EvidenceBundle.output("\(folder)/\(EvidenceBundle.manifestName)"))
    do {
      try directory.commit()
    } catch {
      throw EvidenceBundle.failure(path, error)
    }
  }

  private func names() throws(RunError) -> [String] {
    do {
      return try StagedDirectory.names(in: directory.temporary) ?? []
    } catch {
      throw EvidenceBundle.failure(path, error)
    }
  }

  // MARK: Files

  private func writeCoverage(_ summary: Summary, to output: Output) throws(RunError) {
    try output.write("{\"schema\":\"\(JSONText.schemaID)\",\n\"coverage\":[")
    for (index, coverage) in coverages.enumerated() {
      try output.write(index == 0 ? "\n" : ",\n")
      try output.write(coverage)
    }
    json.removeAll()
    json.raw("\n],\n\"summary\":")
    json.result(summary, run: nil)
    json.raw("}\n")
    try output.write(json.bytes)
    try output.finish()
  }

  /// Everything that differs between two runs over the same input.
  private func runText(_ summary: Summary, _ run: RunInfo) -> [UInt8] {
    var json = JSONText()
    json.object { json in
      json.key("run")
      json.run(run)
      json.member("host", foreign: contents.host)
      json.key("commandLine")
      json.array(contents.commandLine) { $0.foreign($1) }
    }
    json.raw("\n")
    return json.bytes
  }

  private static func config(_ contents: Contents) -> [UInt8] {
    var json = JSONText()
    json.object { json in
      json.key("settings")
      json.array(contents.settings) { json, setting in
        json.object { json in
          json.member("name", setting.name)
          json.key("value")
          switch setting.value {
          case .text(let text): json.foreign(text)
          case .texts(let texts): json.array(texts) { $0.foreign($1) }
          case .number(let number): json.value(number)
          case .flag(let flag): json.value(flag)
          }
        }
      }
    }
    json.raw("\n")
    return json.bytes
  }

  private static func rules(_ contents: Contents, _ library: LibCrypto) throws(RunError) -> [UInt8]
  {
    var hashes: [String] = []
    for file in contents.ruleFiles { hashes.append(try library.sha256(file.bytes)) }
    var json = JSONText()
    json.object { json in
      json.member("tool", Version.text)
      json.member("version", contents.rulesVersion)
      json.key("rules")
      json.array(contents.rules) { json, rule in
        json.object { json in
          json.member("id", foreign: rule.id)
          json.member("title", foreign: rule.title)
          json.member("severity", foreign: rule.severity)
          json.member("requirements", rule.requirements)
        }
      }
      json.key("files")
      json.array(Array(zip(contents.ruleFiles, hashes))) { json, pair in
        json.object { json in
          json.member("name", foreign: pair.0.name)
          json.member("bytes", pair.0.bytes.count)
          json.member("sha256", pair.1)
        }
      }
    }
    json.raw("\n")
    return json.bytes
  }

  private static func write(_ bytes: [UInt8], to output: Output) throws(RunError) {
    try output.write(bytes)
    try output.finish()
  }

  private static func failure(_ path: String, _ error: WriteFailure) -> RunError {
    switch error.code {
    case ENOTEMPTY, EEXIST:
      RunError(
        .usage, path, "the directory for the report is not empty",
        hint: "name a new or an empty directory")
    case ENOTDIR:
      RunError(.usage, path, "a file lies where the report should go", hint: "name a directory")
    case EBUSY:
      RunError(
        .usage, path + StagedDirectory.suffix,
        "another run writes its report there, or one was cut short",
        hint: "remove the directory if no scan is running")
    default:
      RunError(.failure, path, "the report cannot be written: \(error.text)")
    }
  }
}

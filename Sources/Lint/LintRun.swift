import Core
import Inputs
import Native
import Rules
import Synchronization

/// What a run over source trees is asked to do.
package struct LintOptions: Sendable {
  package var threads = 1
  package var minConfidence = Confidence.medium

  package init() {}
}

/// Checks the source files of targets and writes what it finds in the order of the files.
package struct LintRun: Sendable {
  private let linter: Linter
  private let options: LintOptions
  private let progress: ProgressCounters?

  /// Directories of other people's code and what is made from one's own, as patterns of `--exclude`.
  package static let defaultExcludes = [
    ".git/", "node_modules/", "bower_components/", "vendor/", ".venv/", "*.min.js",
  ]

  package init(_ linter: Linter, _ options: LintOptions, progress: ProgressCounters? = nil) {
    self.linter = linter
    self.options = options
    self.progress = progress
  }

  /// Ends with `end` unless it throws; the summary's exit code is set only by an interruption.
  package func run(
    _ sources: [any Source], run: RunInfo, writer: any ReportWriter, now: () -> String
  ) throws(RunError) {
    try writer.begin(run)
    var summary = Summary()
    for source in sources { try check(source, &summary, writer) }
    summary.complete = summary.notExaminedCount == 0
    switch Interruption.requested {
    case .interrupt: summary.exitCode = Int(ExitCode.interrupted.rawValue)
    case .terminate: summary.exitCode = Int(ExitCode.terminated.rawValue)
    case nil: break
    }
    var run = run
    run.finished = now()
    try writer.end(summary, run)
  }

  /// What came of one event of a source.
  private enum Outcome: Sendable {
    case excluded(Coverage.Entry)
    case notExamined([Coverage.Entry])
    case file(FileResult)
  }

  private struct FileResult: Sendable {
    var location: Location
    var result: Linter.Result
    var allowances: [Int: Suppression]
    var examined: Coverage.Examined
    var notExamined: [Coverage.Entry]
    var modified: Int?
  }

  private func check(
    _ source: any Source, _ summary: inout Summary, _ writer: any ReportWriter
  ) throws(RunError) {
    let events = Mutex(0)
    let outcomes = Mutex<[Int: Outcome]>([:])
    runWorkers(options.threads) { _ in
      let buffer = WorkBuffer()
      while Interruption.requested == nil {
        let next = events.withLock { number -> (Int, ItemEvent)? in
          guard let event = source.next() else { return nil }
          number += 1
          return (number, event)
        }
        guard let (number, event) = next else { return }
        let outcome = outcome(of: event, buffer)
        outcomes.withLock { $0[number] = outcome }
      }
    }
    var all = outcomes.withLock { $0 }.sorted { $0.key < $1.key }.map(\.value)
    if Interruption.requested != nil, source.next() != nil {
      all.append(
        .notExamined([Coverage.Entry(place: source.target, reason: .interrupted)]))
    }
    try write(all, of: source.target, &summary, writer)
  }

  // MARK: - One file

  private func outcome(of event: ItemEvent, _ buffer: WorkBuffer) -> Outcome {
    switch event {
    case .excluded(let entry): return .excluded(entry)
    case .notExamined(let entry): return .notExamined([entry])
    case .item(let item):
      let path = item.location.path ?? item.location.target
      guard let language = Language(path: path) else {
        guard LintRun.isNamed(item.location) else {
          return .excluded(Coverage.Entry(place: path, reason: .notSourceCode))
        }
        return .notExamined([
          Coverage.Entry(
            place: path, reason: .unsupported,
            detail: "By its name it is no source code that lint reads; in a directory such a file "
              + "is left out.")
        ])
      }
      do throws(InputError) {
        try item.open()
      } catch {
        return .notExamined([error.entry])
      }
      return .file(check(item, path, language, buffer))
    }
  }

  private func check(
    _ item: any Item, _ path: String, _ language: Language, _ buffer: WorkBuffer
  ) -> FileResult {
    var bytes: [UInt8] = []
    var outcome = PartOutcome()
    var isTooLong = false
    while let part = item.nextPart() {
      let read = part.read(into: buffer) { chunk in
        isTooLong = isTooLong || bytes.count + chunk.owned.count > Limits.sourceBytesMax
        if !isTooLong { bytes.append(contentsOf: chunk.bytes[chunk.owned]) }
        return !isTooLong && Interruption.requested == nil
      }
      outcome.examined += read.examined
      outcome.notExamined += read.notExamined
    }
    let closed = item.close()
    outcome.examined += closed.examined
    outcome.notExamined += closed.notExamined
    if isTooLong {
      bytes = []
      outcome.examined = Coverage.Examined()
      outcome.notExamined = [
        Coverage.Entry(
          place: path, reason: .unsupported,
          detail: "Source files of more than \(Limits.sourceBytesMax) bytes are not checked.")
      ]
    }
    let text = LintRun.text(bytes)
    let isTest = LintRun.isTest(LintRun.pathOfOwn(item.location))
    let result = linter.check(text, language, isTest: isTest)
    let allowances = result.hits.isEmpty ? nil : Allowances(text)
    var suppressions: [Int: Suppression] = [:]
    for hit in result.hits { suppressions[hit.line] = allowances?.suppression(line: hit.line) }
    progress?.bytes.add(bytes.count, ordering: .relaxed)
    progress?.files.add(1, ordering: .relaxed)
    return FileResult(
      location: item.location, result: result, allowances: suppressions,
      examined: outcome.examined, notExamined: outcome.notExamined, modified: closed.modified)
  }

  /// UTF-16 with a mark, as old editors write it, as UTF-8.
  private static func text(_ bytes: [UInt8]) -> [UInt8] {
    guard bytes.count >= 2, Set(bytes.prefix(2)) == [0xFE, 0xFF] else { return bytes }
    let isLittle = bytes[0] == 0xFF
    let units = stride(from: 2, to: bytes.count - 1, by: 2).map { index in
      let (a, b) = (UInt16(bytes[index]), UInt16(bytes[index + 1]))
      return isLittle ? b << 8 | a : a << 8 | b
    }
    return Array(String(decoding: units, as: UTF16.self).utf8)
  }

  /// Whether a file is a target itself, not one of a tree.
  private static func isNamed(_ location: Location) -> Bool {
    guard let path = location.path else { return true }
    return path == location.target || "sqlite:" + path == location.target
  }

  /// The path below the directory that was named, or that it was named from: what is above says nothing
  /// about the code. Of `tests`, named so, the files are tests.
  static func pathOfOwn(_ location: Location) -> String {
    let target = PathSpelling.plain(location.target)
    let path = location.path.map(PathSpelling.plain) ?? target
    let top = target.hasSuffix("/") ? target : target + "/"
    if path.hasPrefix(top) {
      let name = top.hasPrefix("/") ? "" : target.split(separator: "/").last ?? ""
      return (name.isEmpty || name == ".." ? "" : name + "/") + path.dropFirst(top.count)
    }
    return path.hasPrefix("/") ? String(path.split(separator: "/").last ?? "") : path
  }

  /// Whether a path is of tests, by the names that frameworks ask for.
  static func isTest(_ path: String) -> Bool {
    let parts = path.lowercased().split(separator: "/")
    let folders: Set<Substring> = [
      "test", "tests", "spec", "specs", "__tests__", "testing", "fixtures", "e2e", "cypress",
      "__mocks__", "mocks",
    ]
    if parts.dropLast().contains(where: folders.contains) { return true }
    guard let name = parts.last else { return false }
    return name.hasPrefix("test_") || name.contains("_test.") || name.contains(".test.")
      || name.contains(".spec.") || name.contains("_spec.") || name.contains("tests.")
  }

  // MARK: - Writing

  private func write(
    _ outcomes: [Outcome], of target: String, _ summary: inout Summary,
    _ writer: any ReportWriter
  ) throws(RunError) {
    var coverage = Coverage(target: target)
    var seen: Set<Int> = []
    for case .file(let file) in outcomes { seen.formUnion(file.result.seen) }
    var told: Set<Int> = []
    for outcome in outcomes {
      switch outcome {
      case .excluded(let entry):
        coverage.excludedCount += 1
        if coverage.excluded.count < Limits.coverageEntriesMax { coverage.excluded.append(entry) }
      case .notExamined(let entries): LintRun.miss(entries, &coverage)
      case .file(let file):
        try write(file, seen, &told, &summary, writer)
        coverage.examined += file.examined
        LintRun.miss(file.notExamined, &coverage)
        try writer.item(
          ExaminedItem(
            location: file.location, modified: file.modified,
            isComplete: file.notExamined.isEmpty))
      }
    }
    summary.examined += coverage.examined
    summary.excludedCount += coverage.excludedCount
    summary.notExaminedCount += coverage.notExaminedCount
    try writer.coverage(coverage)
  }

  private static func miss(_ entries: [Coverage.Entry], _ coverage: inout Coverage) {
    coverage.notExaminedCount += entries.count
    let room = Limits.coverageEntriesMax - coverage.notExamined.count
    coverage.notExamined += entries.prefix(max(0, room))
  }

  private func write(
    _ file: FileResult, _ seen: Set<Int>, _ told: inout Set<Int>, _ summary: inout Summary,
    _ writer: any ReportWriter
  ) throws(RunError) {
    var ordinals: [Int: Int] = [:]
    for hit in file.result.hits where linter.holds(hit, seen: seen) {
      let rule = linter.rules[hit.rule]
      if rule.once == true, !told.insert(hit.rule).inserted { continue }
      ordinals[hit.rule, default: 0] += 1
      let confidence = Confidence(rawValue: rule.confidence ?? "") ?? .high
      guard confidence >= options.minConfidence else {
        summary.belowThreshold += 1
        continue
      }
      var location = file.location
      location.line = hit.line
      location.column = hit.column
      let finding = Finding(
        id: LintRun.id(rule.id, location, ordinals[hit.rule, default: 0]), rule: rule.id,
        kind: Finding.Kind(rawValue: rule.kind) ?? .integration,
        masked: rule.kind == Finding.Kind.secret.rawValue ? "********" : nil,
        confidence: confidence, score: LintRun.score(confidence), reasons: ["lint:" + rule.title],
        requirements: rule.requirements, severity: Severity(rawValue: rule.severity) ?? .medium,
        location: location, suppression: file.allowances[hit.line])
      summary.findings[finding.kind.rawValue, default: 0] += 1
      summary.bySeverity[finding.severity.rawValue, default: 0] += 1
      summary.byConfidence[finding.confidence.rawValue, default: 0] += 1
      progress?.findings.add(1, ordering: .relaxed)
      try writer.finding(finding)
    }
  }

  private static func score(_ confidence: Confidence) -> Int {
    switch confidence {
    case .high: 90
    case .medium: 65
    case .low: 30
    }
  }

  /// FNV-1a over rule, file and the how-many-th of its rule it is there: lines may move. `src` and
  /// `./src` are one target.
  private static func id(_ rule: String, _ location: Location, _ ordinal: Int) -> String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    let target = PathSpelling.plain(location.target)
    let path = PathSpelling.plain(location.path ?? "")
    for text in [rule, target, path, location.member ?? "", "\(ordinal)"] {
      for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
      hash = (hash ^ 0xFF) &* 0x100_0000_01B3
    }
    // The first digit is made a letter, so that no id is a number that a scan of our own report finds.
    return String(hash | 0xE000_0000_0000_0000, radix: 16)
  }
}

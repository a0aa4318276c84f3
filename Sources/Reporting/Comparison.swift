import Core

/// What changed between two runs, by the ids of their findings.
///
/// Holds 16 bytes or so a finding of the older run; the findings themselves are read again when they
/// are told.
package struct Comparison: Sendable {
  package let before: SavedReport
  package let after: SavedReport
  /// In the newer run only.
  package private(set) var newCount = 0
  /// In both.
  package private(set) var unchangedCount = 0
  /// In the older run only, where the newer one looked. Says nothing about what that could not read.
  package private(set) var goneCount = 0
  /// In the older run, where the newer one did not look: nobody knows.
  package private(set) var notScannedCount = 0
  /// Targets of the older run that are none of the newer.
  package let notScannedTargets: [String]
  /// Whether the newer run left more out of the targets of both than the older did.
  package let excludesMore: Bool
  /// Of those, findings in targets that the newer run scanned, which its settings leave out.
  private var leftOutCount = 0
  private let targets: ScannedTargets
  private var idsBefore: Set<UInt64> = []
  private var idsAfter: Set<UInt64> = []

  /// - Throws: `SavedReportError` when a file changed since it was opened.
  package init(before: SavedReport, after: SavedReport) throws {
    self.before = before
    self.after = after
    let targets = ScannedTargets(after.run, after.coverage, after.summary)
    self.targets = targets
    notScannedTargets = targets.missing(of: before.run.targets)
    excludesMore = targets.leavesOutMore(after.coverage, than: before.coverage)
    var lost: Set<UInt64> = []
    var leftOut: Set<UInt64> = []
    var old: Set<UInt64> = []
    var new: Set<UInt64> = []
    try before.forEachFinding { finding in
      let key = Comparison.key(finding.id)
      old.insert(key)
      if !targets.wouldTell(finding) { lost.insert(key) }
      if targets.leavesOut(finding) { leftOut.insert(key) }
    }
    try after.forEachFinding { finding in
      let key = Comparison.key(finding.id)
      guard new.insert(key).inserted else { return }
      if old.contains(key) { unchangedCount += 1 } else { newCount += 1 }
    }
    notScannedCount = lost.subtracting(new).count
    leftOutCount = leftOut.subtracting(new).count
    goneCount = old.count - unchangedCount - notScannedCount
    idsBefore = old
    idsAfter = new
  }

  /// Calls `body` with the findings that only the newer run has.
  package func forEachNew<E: Error>(_ body: (Finding) throws(E) -> Void) throws {
    try after.forEachFinding { if !idsBefore.contains(Comparison.key($0.id)) { try body($0) } }
  }

  /// Calls `body` with the findings that only the older run has, where both looked.
  package func forEachGone<E: Error>(_ body: (Finding) throws(E) -> Void) throws {
    try forEachBefore(isScanned: true, body)
  }

  /// Calls `body` with the findings of the older run that the newer did not look for.
  package func forEachNotScanned<E: Error>(_ body: (Finding) throws(E) -> Void) throws {
    try forEachBefore(isScanned: false, body)
  }

  private func forEachBefore<E: Error>(
    isScanned: Bool, _ body: (Finding) throws(E) -> Void
  ) throws {
    try before.forEachFinding { finding in
      if !idsAfter.contains(Comparison.key(finding.id)), targets.wouldTell(finding) == isScanned {
        try body(finding)
      }
    }
  }

  /// Whether the newer run read everything, and looked for all that the older one found.
  package var isComplete: Bool {
    after.summary.complete && notScannedTargets.isEmpty && notScannedCount == 0
  }

  /// New findings are findings; without one, a newer run that is incomplete proves nothing.
  package var exitCode: ExitCode { newCount > 0 ? .findings : isComplete ? .clean : .incomplete }

  /// For example `1 new, 40 unchanged, 2 gone`.
  var counts: String { Trend.Step(self).counts }

  /// What makes the comparison less than it seems, sentence by sentence.
  var cautions: [String] {
    guard !notScannedTargets.isEmpty else { return ownCautions }
    return ownCautions + [ScannedTargets.sentence(notScannedTargets, notScannedCount)]
  }

  /// Those without a name from outside.
  var ownCautions: [String] {
    var cautions: [String] = []
    if !after.summary.complete {
      cautions.append("The newer run is not complete: what is gone may only not have been read.")
    }
    if leftOutCount > 0 { cautions.append(ScannedTargets.leftOut) }
    if excludesMore { cautions.append(ScannedTargets.excludesMore) }
    return cautions
  }

  /// Ids are 16 hexadecimal digits; others are folded into as many bits.
  static func key(_ id: String) -> UInt64 {
    if id.utf8.count == 16, let number = UInt64(id, radix: 16) { return number }
    return id.utf8.reduce(0xCBF2_9CE4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01B3 }
  }

  // MARK: Text

  /// Findings listed of each sort in the text.
  private static let listedMax = 50

  /// Writes it for people.
  package func writeText(to output: Output, _ options: ReportOptions) throws {
    let layout = TextLayout(width: options.width, hasColor: options.hasColor)
    if !options.isBrief {
      try writeList("NEW", .red, newCount, output, layout) { try forEachNew($0) }
      try writeList("GONE", .green, goneCount, output, layout) { try forEachGone($0) }
      try writeList("NOT SCANNED AGAIN", .yellow, notScannedCount, output, layout) {
        try forEachNotScanned($0)
      }
      for (name, report) in [("before", before), ("after", after)] {
        let findings = Wording.count(report.summary.findingCount, "finding")
        let state = report.summary.complete ? "" : ", not everything was read"
        let path = TextLayout.cutStart(TextLayout.shown(report.path), to: 30)
        try output.write(
          "  \(TextLayout.padded(name, to: 8)) \(path), \(report.run.started): \(findings)\(state)\n"
        )
      }
      try output.write("\n")
    }
    let style: TextLayout.Style =
      newCount > 0 ? .red : isComplete && !excludesMore ? .green : .yellow
    try output.write(layout.styled(counts, style) + "\n")
    for caution in cautions {
      for line in layout.wrapped(caution, indent: 0) { try output.write(line + "\n") }
    }
    try output.finish()
  }

  private func writeList(
    _ heading: String, _ style: TextLayout.Style, _ count: Int, _ output: Output,
    _ layout: TextLayout, _ forEach: ((Finding) throws -> Void) throws -> Void
  ) throws {
    guard count > 0 else { return }
    try output.write(layout.styled(heading, style) + "\n")
    var listedCount = 0
    try forEach { finding in
      listedCount += 1
      guard listedCount <= Comparison.listedMax else { return }
      let position = FindingText.position(finding.location)
      let value = TextLayout.shown(Wording.value(of: finding))
      let tail = (position.isEmpty ? "" : ", \(position)") + "  \(value)"
      let width = max(20, layout.width - 2 - TextLayout.columns(tail))
      let place = TextLayout.cutStart(FindingText.place(finding.location), to: width)
      try output.write("  \(TextLayout.cutEnd(place + tail, to: layout.width - 2))\n")
    }
    if listedCount > Comparison.listedMax {
      let more = Wording.decimal(listedCount - Comparison.listedMax)
      try output.write("  and \(more) more; --format json lists them all\n")
    }
    try output.write("\n")
  }

  // MARK: JSON

  /// Writes it for programs: the counts, both runs, and the new and the gone findings.
  package func writeJSON(to output: Output) throws {
    var json = JSONText()
    try output.write("{\"schema\":\"urn:unpan:schema:comparison:1\",\n\"newCount\":\(newCount),")
    try output.write("\"unchangedCount\":\(unchangedCount),\"goneCount\":\(goneCount),")
    try output.write(notScannedMembers)
    try output.write(
      "\"complete\":\(after.summary.complete),\"exitCode\":\(exitCode.rawValue),\n\"before\":")
    json.run(before.run)
    try output.write(json.bytes)
    try output.write(",\n\"after\":")
    json.removeAll()
    json.run(after.run)
    try output.write(json.bytes)
    try writeArray("new", output) { try forEachNew($0) }
    try writeArray("gone", output) { try forEachGone($0) }
    try writeArray("notScanned", output) { try forEachNotScanned($0) }
    try output.write("}\n")
    try output.finish()
  }

  /// `"notScannedCount":2,"notScannedTargets":["logs"],"excludesMore":false,`
  var notScannedMembers: [UInt8] {
    var json = JSONText()
    json.member("notScannedCount", notScannedCount)
    json.key("notScannedTargets")
    json.array(notScannedTargets) { $0.foreign($1) }
    json.member("excludesMore", excludesMore)
    return json.bytes + Array(",\n".utf8)
  }

  func writeArray(
    _ name: String, _ output: Output, _ forEach: ((Finding) throws -> Void) throws -> Void
  ) throws {
    try output.write(",\n\"\(name)\":[")
    var json = JSONText()
    var count = 0
    try forEach { finding in
      json.removeAll()
      json.raw(count == 0 ? "\n" : ",\n")
      json.result(finding)
      count += 1
      try output.write(json.bytes)
    }
    try output.write(count == 0 ? "]" : "\n]")
  }
}

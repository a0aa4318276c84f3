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
  /// In the older run only. Says nothing about what the newer run did not read.
  package private(set) var goneCount = 0
  private var idsBefore: Set<UInt64> = []
  private var idsAfter: Set<UInt64> = []

  /// - Throws: `SavedReportError` when a file changed since it was opened.
  package init(before: SavedReport, after: SavedReport) throws {
    self.before = before
    self.after = after
    var old: Set<UInt64> = []
    var new: Set<UInt64> = []
    try before.forEachFinding { old.insert(Comparison.key($0.id)) }
    try after.forEachFinding { finding in
      let key = Comparison.key(finding.id)
      guard new.insert(key).inserted else { return }
      if old.contains(key) { unchangedCount += 1 } else { newCount += 1 }
    }
    goneCount = old.count - unchangedCount
    idsBefore = old
    idsAfter = new
  }

  /// Calls `body` with the findings that only the newer run has.
  package func forEachNew<E: Error>(_ body: (Finding) throws(E) -> Void) throws {
    try after.forEachFinding { if !idsBefore.contains(Comparison.key($0.id)) { try body($0) } }
  }

  /// Calls `body` with the findings that only the older run has.
  package func forEachGone<E: Error>(_ body: (Finding) throws(E) -> Void) throws {
    try before.forEachFinding { if !idsAfter.contains(Comparison.key($0.id)) { try body($0) } }
  }

  /// New findings are findings; without one, a newer run that is incomplete proves nothing.
  package var exitCode: ExitCode {
    newCount > 0 ? .findings : after.summary.complete ? .clean : .incomplete
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
    let counts = "\(Wording.decimal(newCount)) new, \(Wording.decimal(unchangedCount)) unchanged, "
    let style: TextLayout.Style = newCount > 0 ? .red : after.summary.complete ? .green : .yellow
    try output.write(layout.styled(counts + "\(Wording.decimal(goneCount)) gone", style) + "\n")
    if !after.summary.complete {
      let note = "the newer run is incomplete, so what is gone may only not have been read"
      for line in layout.wrapped(note, indent: 0) { try output.write(line + "\n") }
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
    try output.write("}\n")
    try output.finish()
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

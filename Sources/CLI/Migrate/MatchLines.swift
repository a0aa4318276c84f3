import Core
import Migration
import Reporting
import Stripe

/// Writes what of a match needs a person, one JSON object a line.
final class MatchLines {
  private let output: Output

  init(_ output: Output) { self.output = output }

  var isClosedByReader: Bool { output.isClosedByReader }

  func write(_ record: MatchRecord) throws(RunError) {
    var line = #"{"type":"match","status":"\#(record.status.rawValue)""#
    line += #","reason":"\#(record.reason.rawValue)""#
    for (name, value) in [
      ("table", record.table), ("key", record.key), ("customer", record.customer),
    ] {
      if let value { line += ",\"\(name)\":\(MatchLines.quoted(value))" }
    }
    if let number = record.mappingLine { line += ",\"mappingLine\":\(number)" }
    line += ",\"linked\":\(!record.isUnlinked && record.table != nil)"
    line += ",\"excepted\":\(record.isExcepted)"
    line += ",\"next\":\(MatchLines.quoted(Diagnostics.nextStep(record.reason)))}\n"
    try output.write(line)
  }

  /// What there is to look at in the mapping; as an exception such a line says nothing.
  func write(_ warning: MappingWarning) throws(RunError) {
    try output.write(
      #"{"type":"mapping-warning","mappingLine":\#(warning.line),"#
        + #""warning":"\#(warning.kind.rawValue)","#
        + "\"what\":\(MatchLines.quoted(Diagnostics.words(warning.kind)))}\n")
  }

  func finish(_ counts: MatchCounts, _ mapping: MappingTable) throws(RunError) {
    var line = #"{"type":"match-summary""#
    for (name, tally) in [("cards", counts.cards), ("customers", counts.customers)] {
      let statuses = MatchStatus.allCases.filter { tally.count($0) > 0 }.map {
        "\"\($0.rawValue)\":\(tally.count($0))"
      }
      line +=
        ",\"\(name)\":{\"total\":\(tally.total),\"linkable\":\(tally.linkable),"
        + "\"excepted\":\(tally.excepted),\"unlinked\":\(tally.unlinked),"
        + "\"byStatus\":{\(statuses.joined(separator: ","))}}"
    }
    line += ",\"mappingRows\":\(mapping.rowCount),\"mergedRows\":\(mapping.repeatedRowCount)"
    line += ",\"onlyInMapping\":\(counts.onlyInMapping)}\n"
    try output.write(line)
    try output.finish()
  }

  /// The counts as text.
  static func text(_ counts: MatchCounts, _ mapping: MappingTable) -> String {
    var text = ""
    for (name, tally) in [("cards", counts.cards), ("customers", counts.customers)]
    where tally.total > 0 {
      text += "\(name): \(Plural.text(tally.total, "record")), \(tally.linkable) to link"
      if tally.excepted > 0 { text += ", \(tally.excepted) excepted" }
      if tally.unlinked > 0 { text += ", \(tally.unlinked) OPEN" }
      text += "\n"
      for status in MatchStatus.allCases where tally.count(status) > 0 {
        let name = status.rawValue
        text +=
          "  \(name)" + String(repeating: " ", count: 26 - name.count) + "\(tally.count(status))\n"
      }
    }
    text +=
      "mapping: \(Plural.text(mapping.rowCount, "row")), \(counts.onlyInMapping) of them in no record"
    if mapping.repeatedRowCount > 0 {
      text += "; \(mapping.repeatedRowCount) more say what an earlier one says"
    }
    text += "\n"
    return text
  }

  static func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case _ where scalar.value < 0x20 || Escaping.isInvisible(scalar) && scalar.value < 0x10000:
        let hex = String(scalar.value, radix: 16)
        out += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }
}

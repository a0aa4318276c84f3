import Core

/// A finding in words, for formats that show one finding at a time.
///
/// Keeps the words for reasons, which repeat from finding to finding; taking them apart each time
/// would cost more than everything else a format does.
struct FindingText {
  private var known: [Key: String] = [:]
  private static let knownMax = 1024

  private struct Key: Hashable {
    var reasons: [String]
    var encoding: [String]
    var suppression: Suppression?
  }

  /// Why a finding is believed, safe to show; may be empty.
  mutating func reasons(of finding: Finding) -> String {
    let key = Key(
      reasons: finding.reasons, encoding: finding.encoding, suppression: finding.suppression)
    if let words = known[key] { return words }
    let words = TextLayout.shown(Wording.reasons(of: finding))
    if known.count >= FindingText.knownMax { known.removeAll(keepingCapacity: true) }
    known[key] = words
    return words
  }

  /// For example `Card number: visa ************4242, high confidence (field card_number)`.
  mutating func sentence(_ finding: Finding) -> String {
    let reasons = reasons(of: finding)
    let value = TextLayout.shown(Wording.value(of: finding))
    let head = "\(Wording.title(finding.kind)): \(value), \(finding.confidence.rawValue) confidence"
    return reasons.isEmpty ? head : "\(head) (\(reasons))"
  }

  /// What was found, without its place: `Card number` or `Card number (published test number)`.
  static func title(_ finding: Finding) -> String {
    Wording.title(finding.kind) + (finding.testNumber ? " (published test number)" : "")
  }

  /// The file or database and what is inside it, safe to show: `shop.db, table cards, column cvv`.
  static func place(_ location: Location, withField: Bool = true) -> String {
    var text = name(location.path ?? location.target)
    if let member = location.member { text += "!" + TextLayout.shown(member) }
    if let table = location.table { text += ", table " + TextLayout.shown(table) }
    if withField, location.table != nil, let field = location.field {
      text += ", column " + TextLayout.shown(field)
    }
    return text
  }

  /// Where in its place a finding is: `row id=7`, `line 12:8`, `byte 4711`; empty when unknown.
  static func position(_ location: Location) -> String {
    if let row = location.row, location.column == nil || location.member != nil {
      // A line too when the value is a container.
      return "row " + TextLayout.shown(row) + (location.line.map { ", line \($0)" } ?? "")
    }
    if let line = location.line {
      return "line \(line)" + (location.column.map { ":\($0)" } ?? "")
    }
    return location.byteOffset.map { "byte \($0)" } ?? ""
  }

  /// A name that is never empty.
  static func name(_ text: String) -> String {
    let shown = TextLayout.shown(text)
    return shown.contains { $0 != " " } ? shown : "(unnamed)"
  }

  /// A path as repositories spell it: relative paths without `./`; never empty.
  static func repositoryPath(_ location: Location) -> String {
    repositoryPath(location.path ?? location.target)
  }

  static func repositoryPath(_ path: String) -> String {
    var rest = path[...]
    while rest.hasPrefix("./") { rest = rest.dropFirst(2) }
    return name(String(rest))
  }
}

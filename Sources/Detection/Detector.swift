import Core
import Rules

/// The rules made ready for scanning: tables that all workers share. Immutable.
package final class Detector: Sendable {
  package let rules: RuleSet
  let brands: BrandTable
  let lexicon: Lexicon
  let reader: LabelReader
  let shapes: CompiledShapes
  let secrets: SecretTable
  let tables: HotTables
  /// Published test numbers by value.
  let testNumbers: Set<UInt64>
  /// Whether numbers of ranges without a check digit count beside a card word.
  let findsWithoutLuhn: Bool
  /// Drawn anew in every process: digests in hits mean nothing outside it.
  let key = UInt64.random(in: .min ... .max)

  package init(_ rules: RuleSet, findsWithoutLuhn: Bool = false) {
    self.rules = rules
    self.findsWithoutLuhn = findsWithoutLuhn
    brands = BrandTable(rules.brands)
    lexicon = Lexicon(rules)
    reader = LabelReader(lexicon: lexicon)
    shapes = CompiledShapes(rules.shapes)
    secrets = SecretTable(rules.secrets)
    tables = HotTables(brands: brands, lexicon: lexicon, shapes: shapes)
    testNumbers = Set(rules.testNumbers.lazy.flatMap(\.numbers).compactMap { UInt64($0) })
  }

  /// The reasons of a hit in words, most telling first.
  ///
  /// - Parameters:
  ///   - label: the name at the place, without digits of any candidate.
  ///   - classEntry: the class a rate was taken from.
  package func reasons(for hit: Hit, label: String, classEntry: ClassTable.Entry?) -> [String] {
    var reasons: [String] = []
    let evidence = hit.evidence
    if hit.rule == .secret, hit.brand >= 0 {
      reasons.append("key:" + rules.secrets[Int(hit.brand)].id)
    }
    if evidence.contains(.luhn) { reasons.append("luhn") }
    if hit.rule != .secret, hit.brand >= 0 {
      reasons.append("iin:" + rules.brands[Int(hit.brand)].id)
    }
    if evidence.contains(.field) { reasons.append("field:" + label) }
    if evidence.contains(.label) { reasons.append(label.isEmpty ? "label" : "label:" + label) }
    if evidence.contains(.grouped) { reasons.append("grouped") }
    for (bit, word) in Evidence.words where bit != .luhn && evidence.contains(bit) {
      reasons.append(word)
    }
    if let entry = classEntry {
      if !evidence.isDisjoint(with: [.luhnRate, .cardRate]) {
        reasons.append("luhn-rate:\(entry.passLuhn)/\(entry.distinct)")
      }
      if evidence.contains(.issuerRate) {
        reasons.append("issuer-rate:\(entry.namedIssuer)/\(entry.passLuhn)")
      }
    }
    return reasons
  }
}

/// Groupings and separators in the order they are tried; `HotTables` has them for the hot path.
struct CompiledShapes: Sendable {
  struct Grouping {
    /// The lengths of the groups, five bits each, the first lowest.
    var lengths: UInt64
    var groups: Int
    var digits: Int
    var points: Int
  }
  struct Separator: Sendable {
    var text: [UInt8]
    var points: Int
  }

  /// Most digits first.
  let groupings: [Grouping]
  /// Longest first.
  let separators: [Separator]

  init(_ shapes: Shapes) {
    groupings = shapes.groupings.map { grouping in
      let lengths = grouping.groups.reversed().reduce(0) { $0 << 5 | UInt64($1) }
      return Grouping(
        lengths: lengths, groups: grouping.groups.count, digits: grouping.groups.reduce(0, +),
        points: grouping.points)
    }
    .sorted { $0.digits == $1.digits ? $0.groups < $1.groups : $0.digits > $1.digits }
    separators = shapes.separators
      .flatMap { separator in
        ([Array(separator.text.utf8)] + separator.otherBytes).map {
          Separator(text: $0, points: separator.points)
        }
      }
      .sorted { $0.text.count > $1.text.count }
  }
}

/// Keys and client secrets ready for matching.
struct SecretTable: Sendable {
  struct Entry: Sendable {
    var prefix: [UInt8]
    /// Where the letters stand in it that the kernel looks for; -1 if they do not.
    var anchor: Int
    var heads: [[UInt8]]
    var isInfix: Bool
    var alsoAllowed: Set<UInt8>
    var lengthMin: Int
    var lengthMax: Int
  }

  let entries: [Entry]

  init(_ secrets: [Secret]) {
    entries = secrets.map { secret in
      let prefix = Array((secret.prefix ?? secret.infix ?? "").utf8)
      return Entry(
        prefix: prefix, anchor: SecretTable.anchor(prefix),
        heads: (secret.heads ?? []).map { Array($0.utf8) }, isInfix: secret.prefix == nil,
        alsoAllowed: Set((secret.alsoAllowed ?? "").utf8), lengthMin: secret.lengthMin,
        lengthMax: secret.lengthMax)
    }
  }

  private static func anchor(_ prefix: [UInt8]) -> Int {
    let padded = prefix + [0, 0]
    return prefix.indices.first { isLiteral(padded[$0], padded[$0 + 1], padded[$0 + 2]) } ?? -1
  }
}

/// Mixes a number with a fixed key: equal numbers get equal digests. Only ever kept in memory; fixed,
/// so that which numbers a full class keeps is the same in every run.
@inline(__always)
func digest(_ digits: UnsafePointer<UInt8>, count: Int) -> UInt64 {
  var z: UInt64 = UInt64(count) &* 0x9E37_79B9_7F4A_7C15
  for i in 0..<count { z = z &* 10 &+ UInt64(digits[i] &- 0x30) }
  z ^= 0xA076_1D64_78BD_642F
  z = (z ^ (z &>> 30)) &* 0xBF58_476D_1CE4_E5B9
  z = (z ^ (z &>> 27)) &* 0x94D0_49BB_1331_11EB
  return z ^ (z &>> 31)
}

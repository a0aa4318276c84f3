import Core

/// What the columns of a database hold, asked by table and column.
struct ColumnContents {
  private var profiles: [String: ColumnProfile] = [:]
  private var order: [String] = []

  /// What is made from numbers and must go as they do.
  static let derived: [ColumnProfile.Class] = [.panHash, .panPiece, .truncatedTooWide]
  /// What a card has or leaves, and what nobody can tell.
  static let ofCards: [ColumnProfile.Class] =
    derived + [.pan, .code, .track, .pinBlock, .truncated, .bin, .last4, .expiry, .brand, .opaque]
  /// A column of which so much is of one class is taken for it.
  private static let shareMin = 0.9

  init(_ profiles: [ColumnProfile]) {
    for profile in profiles {
      let name = ColumnContents.name(profile.table, profile.column)
      if var known = self.profiles[name] {
        // A table of which each partition was told.
        known.rows += profile.rows
        known.nulls += profile.nulls
        known.empty += profile.empty
        known.passLuhn += profile.passLuhn
        known.classes += profile.classes
        self.profiles[name] = known
      } else {
        self.profiles[name] = profile
        order.append(name)
      }
    }
  }

  /// - Parameter database: tells tables of a scan by the names that its schema has.
  init(_ profiles: [ColumnProfile], _ database: any MigrationDatabase) {
    self.init(
      profiles.map { profile in
        var profile = profile
        profile.table = database.nameInSchema(profile.table)
        return profile
      })
  }

  private static func name(_ table: String, _ column: String) -> String {
    table.lowercased() + "\u{0}" + column.lowercased()
  }

  private func count(_ kinds: [ColumnProfile.Class], _ profile: ColumnProfile) -> Int {
    profile.classes.filter { kinds.contains($0.kind) }.map(\.count).reduce(0, +)
  }

  /// Whether nearly all values that are there are of these classes.
  func isMostly(_ kinds: [ColumnProfile.Class], _ table: String, _ column: String) -> Bool {
    guard let profile = profiles[ColumnContents.name(table, column)] else { return false }
    let filled = profile.rows - profile.nulls - profile.empty
    return filled > 0
      && Double(count(kinds, profile)) >= ColumnContents.shareMin * Double(filled)
  }

  /// Whether nearly all values have the shape of a card number and pass Luhn, whatever a name says that
  /// speaks against it.
  func looksLikeNumbers(_ table: String, _ column: String) -> Bool {
    guard let profile = profiles[ColumnContents.name(table, column)] else { return false }
    let filled = profile.rows - profile.nulls - profile.empty
    return filled > 0 && Double(profile.passLuhn) >= ColumnContents.shareMin * Double(filled)
  }

  /// How many of a column's values are no card data, and nothing else that a card has; `nil` for a
  /// column that nobody looked at.
  func ordinary(_ table: String, _ column: String) -> (values: Int, of: Int)? {
    guard let profile = profiles[ColumnContents.name(table, column)] else { return nil }
    let filled = profile.rows - profile.nulls - profile.empty
    return (max(0, filled - count(ColumnContents.ofCards, profile)), filled)
  }

  /// Columns of a table of which nobody can tell what they hold.
  func opaque(of table: String) -> [String] {
    order.compactMap { profiles[$0] }.filter {
      $0.table == table && isMostly([.opaque], table, $0.column)
    }.map(\.column)
  }

  /// Findings with what only a look at whole columns tells.
  func evidence(and findings: [Proposal.Evidence]) -> [Proposal.Evidence] {
    var evidence = findings
    for profile in order.compactMap({ profiles[$0] }) {
      let numbers = count([.pan], profile)
      let codes = count([.code], profile)
      let others = count(ColumnContents.derived + [.track, .pinBlock], profile)
      guard numbers + codes + others > 0 else { continue }
      let known = evidence.firstIndex { $0.table == profile.table && $0.column == profile.column }
      var found =
        known.map { evidence[$0] }
        ?? Proposal.Evidence(table: profile.table, column: profile.column)
      found.numbers = max(found.numbers, numbers)
      found.codes = max(found.codes, codes)
      found.others = max(found.others, others)
      if let known { evidence[known] = found } else { evidence.append(found) }
    }
    return evidence
  }
}

import Core
import Detection
import Rules

/// Holds a run's results against a target-state policy: takes findings and coverage as they come and
/// gives a verdict per store and column at the end.
package struct PolicyJudge: Sendable {
  private let policy: TargetPolicy
  private let allowed: Set<String>
  private var result: PolicyResult
  /// Findings in columns of the target being read, by column.
  private var inColumns: [Column: Found] = [:]
  /// Findings elsewhere: by file, then by kind.
  private var inFiles: [File: Found] = [:]
  /// In the order they came.
  private var files: [File] = []
  /// Findings of files beyond the bound, by kind.
  private var unnamed: [Finding.Kind: Int] = [:]

  private struct Column: Hashable {
    var path: String?
    var table: String
    var column: String
    var kind: Finding.Kind

    var names: [String] { [path ?? "", table, column] }
  }

  private struct File: Hashable {
    var path: String?
    var kind: Finding.Kind
    /// Of a database, where no inventory is made of it: its definitions.
    var table: String?
  }

  private struct Found {
    var count = 0
    var examples: [String] = []
  }

  private static let examplesMax = 3

  /// - Parameter name: what the result calls the policy.
  package init(_ policy: TargetPolicy, name: String) {
    self.policy = policy
    allowed = Set(policy.allow)
    result = PolicyResult(policy: name)
  }

  // MARK: - What comes in

  package mutating func add(_ finding: Finding) {
    let place = finding.location
    // What several columns are together is told by the class of each.
    if finding.kind == .splitPAN, place.line == nil { return }
    guard let table = place.table, let field = place.field else {
      addToFile(File(path: place.path, kind: finding.kind), count: 1)
      return
    }
    let column = Column(path: place.path, table: table, column: field, kind: finding.kind)
    var found = inColumns[column] ?? Found()
    found.count += 1
    if let row = place.row, found.examples.count < PolicyJudge.examplesMax,
      !found.examples.contains(row)
    {
      found.examples.append(row)
    }
    inColumns[column] = found
  }

  private mutating func addToFile(_ file: File, count: Int, examples: [String] = []) {
    guard inFiles[file] != nil || files.count < Limits.policyPlacesMax else {
      unnamed[file.kind, default: 0] += count
      return
    }
    if inFiles[file] == nil { files.append(file) }
    inFiles[file, default: Found()].count += count
    let room = PolicyJudge.examplesMax - (inFiles[file]?.examples.count ?? 0)
    inFiles[file]?.examples += examples.prefix(room)
  }

  /// The target's findings have all come.
  package mutating func add(_ coverage: Coverage) {
    var stores: [PolicyResult.Store] = []
    for profile in coverage.columns {
      if stores.last?.path != profile.path || stores.isEmpty {
        stores.append(PolicyResult.Store(target: coverage.target, path: profile.path))
      }
      stores[stores.count - 1].columns.append(column(profile, coverage))
    }
    for index in stores.indices {
      judgeIDs(&stores[index], coverage.columns.filter { $0.path == stores[index].path })
    }
    // A table of a dump or a sheet is part of its file: nothing says what its columns hold.
    let judged = Set(coverage.columns.map { [$0.path ?? "", $0.table, $0.column] })
    let others = inColumns.filter { !judged.contains($0.key.names) }
    for (column, found) in others.sorted(by: {
      $0.key.names.lexicographicallyPrecedes($1.key.names)
    }) {
      let isDatabase = column.path == nil || hasColumns(column.path, stores)
      addToFile(
        File(path: column.path, kind: column.kind, table: isDatabase ? column.table : nil),
        count: found.count, examples: found.examples)
    }
    tellFiles(coverage, &stores)
    tellUnread(coverage, &stores)
    for index in stores.indices { settle(&stores[index]) }
    result.stores += stores
    inColumns = [:]
    inFiles = [:]
    files = []
    unnamed = [:]
  }

  /// The verdict over all targets.
  /// - Parameter isComplete: whether the run was not stopped early and missed nothing.
  package func verdict(isComplete: Bool) -> PolicyResult {
    var result = result
    result.verdict = result.stores.map(\.verdict).max() ?? .unproven
    if !isComplete { result.verdict = max(result.verdict, .unproven) }
    return result
  }

  // MARK: - Columns

  private func column(_ profile: ColumnProfile, _ coverage: Coverage) -> PolicyResult.Column {
    var column = PolicyResult.Column(
      table: profile.table, column: profile.column, verdict: .clean,
      classes: profile.classes.map(\.kind))
    var isForbidden = false
    for kind in Finding.Kind.allCases {
      let key = Column(
        path: profile.path, table: profile.table, column: profile.column, kind: kind)
      guard let found = inColumns[key] else { continue }
      column.problems.append(
        PolicyResult.Problem(
          .finding, subject: kind.rawValue, count: found.count, examples: found.examples))
      isForbidden = true
    }
    var isAccepted = false
    var isUnproven = false
    let isNamed = accepts(profile)
    for share in profile.classes where !allowed.contains(share.kind.rawValue) {
      switch PolicyJudge.judgement(of: share.kind) {
      case .harmless: continue
      case .cardData:
        // The finding has told it already.
        if isForbidden { continue }
        isForbidden = true
        column.problems.append(problem(.forbiddenClass, share))
      case .forbidden where isNamed, .unreadable where isNamed: isAccepted = true
      case .forbidden:
        isForbidden = true
        column.problems.append(problem(.forbiddenClass, share))
      case .unreadable:
        isUnproven = true
        column.problems.append(problem(.unreadableClass, share))
      }
    }
    if let ids = profile.ids {
      tell(.malformedIDs, ids.malformed, &column, &isForbidden)
      tell(.orphanedIDs, ids.orphans, &column, &isForbidden)
      if profile.classes.contains(where: { $0.kind == .paymentMethodId }) {
        let compared = ids.comparedOneIn.map { "1 in \($0)" }
        tell(.duplicateIDs, ids.duplicates, subject: compared, &column, &isForbidden)
        if ids.duplicates == 0, !isNamed, let compared,
          policy.failOn.contains(PolicyResult.Problem.Kind.duplicateIDs.rawValue)
        {
          isUnproven = true
          column.problems.append(PolicyResult.Problem(.idsNotCompared, subject: compared))
        }
      }
    }
    // Some of the numbers would be reported if their column were called otherwise.
    if !isForbidden, !isNamed, profile.passLuhn > 0,
      !ClassTable.looksRandom(profile.cardShaped, passLuhn: profile.passLuhn)
    {
      isUnproven = true
      column.problems.append(PolicyResult.Problem(.doubtfulNumbers, count: profile.passLuhn))
    }
    let mark = ColumnProfile.maybePieceNote
    if !isForbidden, !isNamed, let note = profile.notes.first(where: { $0.hasPrefix(mark) }) {
      isUnproven = true
      column.problems.append(
        PolicyResult.Problem(.doubtfulPieces, subject: String(note.dropFirst(mark.count))))
    }
    if let missing = rowsNotRead(profile, coverage) {
      isUnproven = true
      column.problems.append(missing)
    }
    let areAllAllowed =
      !profile.classes.isEmpty && profile.classes.allSatisfy { allowed.contains($0.kind.rawValue) }
    column.verdict =
      isForbidden
      ? .forbidden
      : isUnproven ? .unproven : isAccepted ? .accepted : areAllAllowed ? .allowed : .clean
    return column
  }

  /// What a class that is not on the policy's list means.
  private enum Judgement {
    /// Readable, and no card data.
    case harmless
    /// No policy can let it stay.
    case cardData
    case forbidden
    case unreadable
  }

  private static func judgement(of kind: ColumnProfile.Class) -> Judgement {
    switch kind {
    case .freeText, .number, .date, .other, .malformedId: .harmless
    case .opaque: .unreadable
    case .pan, .panPiece, .panHash, .code, .track, .pinBlock, .secret: .cardData
    default: .forbidden
    }
  }

  private func problem(
    _ kind: PolicyResult.Problem.Kind, _ share: ColumnProfile.Share
  ) -> PolicyResult.Problem {
    PolicyResult.Problem(
      kind, subject: share.kind.rawValue, count: share.count, examples: share.examples)
  }

  private func tell(
    _ kind: PolicyResult.Problem.Kind, _ count: Int, subject: String? = nil,
    _ column: inout PolicyResult.Column, _ isForbidden: inout Bool
  ) {
    guard count > 0 else { return }
    column.problems.append(PolicyResult.Problem(kind, subject: subject, count: count))
    if policy.failOn.contains(kind.rawValue) { isForbidden = true }
  }

  private func accepts(_ profile: ColumnProfile) -> Bool {
    (policy.accept ?? []).contains { accepted in
      Wildcard(accepted.table).matches(profile.table)
        && Wildcard(accepted.column).matches(profile.column)
        && (accepted.store.map { Wildcard($0).matches(profile.path ?? profile.target) } ?? true)
    }
  }

  private func rowsNotRead(
    _ profile: ColumnProfile, _ coverage: Coverage
  ) -> PolicyResult.Problem? {
    let place = profile.path ?? profile.target
    var missing = 0
    for table in coverage.tables where table.place == place && table.name == profile.table {
      missing += max(0, (table.rowsInTable ?? table.rowsRead) - table.rowsRead)
    }
    let isNamed = coverage.notExamined.contains { $0.place == "\(place): \(profile.table)" }
    guard missing > 0 || isNamed else { return nil }
    return PolicyResult.Problem(.rowsNotRead, count: missing)
  }

  // MARK: - Stores

  /// What only shows when all columns of a store are seen together.
  private func judgeIDs(_ store: inout PolicyResult.Store, _ profiles: [ColumnProfile]) {
    let checks = profiles.compactMap(\.ids)
    let live = checks.reduce(0) { $0 + $1.live }
    let test = checks.reduce(0) { $0 + $1.test }
    if live > 0, test > 0 {
      store.problems.append(PolicyResult.Problem(.mixedModes, count: test))
    }
    func count(_ kind: ColumnProfile.Class) -> Int {
      profiles.reduce(0) { sum, profile in
        sum + profile.classes.reduce(0) { $1.kind == kind ? $0 + $1.count : $0 }
      }
    }
    let methods = count(.paymentMethodId)
    if methods > 0, count(.customerId) == 0 {
      store.problems.append(PolicyResult.Problem(.orphanedIDs, count: methods))
    }
  }

  private func hasColumns(_ path: String?, _ stores: [PolicyResult.Store]) -> Bool {
    stores.contains { $0.path == path && !$0.columns.isEmpty }
  }

  /// Findings that lie in no column: in files, and in a database's raw pages and definitions.
  private func tellFiles(_ coverage: Coverage, _ stores: inout [PolicyResult.Store]) {
    for file in files {
      guard let found = inFiles[file] else { continue }
      let examples =
        if let table = file.table {
          found.examples.isEmpty ? [table] : found.examples
        } else {
          hasColumns(file.path, stores) ? ["raw pages"] : file.path.map { [$0] } ?? []
        }
      let problem = PolicyResult.Problem(
        .finding, subject: file.kind.rawValue, count: found.count, examples: examples)
      add(problem, to: file.path, coverage.target, &stores)
    }
    for (kind, count) in unnamed.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      add(
        PolicyResult.Problem(.finding, subject: kind.rawValue, count: count), to: nil,
        coverage.target, &stores)
    }
  }

  /// What was not read, also where that was asked for: a proof leaves nothing out.
  private func tellUnread(_ coverage: Coverage, _ stores: inout [PolicyResult.Store]) {
    var counts: [String?: [Coverage.Reason: Found]] = [:]
    let leftOut = coverage.excluded.filter {
      $0.reason == .excludedByPattern || $0.reason == .largerThanLimit
    }
    for entry in coverage.notExamined + leftOut {
      let store = stores.first { store in
        guard let path = store.path else { return false }
        return entry.place == path || entry.place.hasPrefix(path + ":")
      }
      var found = counts[store?.path]?[entry.reason] ?? Found()
      found.count += 1
      if found.examples.count < PolicyJudge.examplesMax { found.examples.append(entry.place) }
      counts[store?.path, default: [:]][entry.reason] = found
    }
    for (path, reasons) in counts.sorted(by: { ($0.key ?? "") < ($1.key ?? "") }) {
      for (reason, found) in reasons.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
        add(
          PolicyResult.Problem(
            .notRead, subject: reason.rawValue, count: found.count, examples: found.examples),
          to: path, coverage.target, &stores)
      }
    }
    let listed = coverage.notExamined.count
    if coverage.notExaminedCount > listed {
      add(
        PolicyResult.Problem(.notRead, count: coverage.notExaminedCount - listed), to: nil,
        coverage.target, &stores)
    }
    // A target without tables is a store of files.
    if stores.isEmpty { stores.append(PolicyResult.Store(target: coverage.target)) }
  }

  /// Puts the problem to the store at `path`, or to that of all other files.
  private func add(
    _ problem: PolicyResult.Problem, to path: String?, _ target: String,
    _ stores: inout [PolicyResult.Store]
  ) {
    let index =
      stores.firstIndex { $0.path == path && !$0.columns.isEmpty }
      ?? stores.firstIndex { $0.path == nil }
    if let index {
      stores[index].problems.append(problem)
    } else {
      var store = PolicyResult.Store(target: target)
      store.problems = [problem]
      stores.append(store)
    }
  }

  private func settle(_ store: inout PolicyResult.Store) {
    for column in store.columns {
      switch column.verdict {
      case .forbidden: store.verdict = .failed
      case .unproven: store.verdict = max(store.verdict, .unproven)
      case .allowed, .clean, .accepted: break
      }
    }
    for problem in store.problems {
      switch problem.kind {
      case .finding: store.verdict = .failed
      case .notRead: store.verdict = max(store.verdict, .unproven)
      default: if policy.failOn.contains(problem.kind.rawValue) { store.verdict = .failed }
      }
    }
  }
}

/// A name in which a star stands for anything.
private struct Wildcard {
  private let pieces: [Substring]

  init(_ pattern: String) {
    pieces = pattern.split(separator: "*", omittingEmptySubsequences: false)
  }

  func matches(_ name: String) -> Bool {
    guard let first = pieces.first, let last = pieces.last else { return false }
    if pieces.count == 1 { return name == first }
    guard name.hasPrefix(first), name.hasSuffix(last),
      name.utf8.count >= first.utf8.count + last.utf8.count
    else { return false }
    var rest = Array(name.utf8)[...].dropFirst(first.utf8.count).dropLast(last.utf8.count)
    for piece in pieces.dropFirst().dropLast() {
      let bytes = Array(piece.utf8)
      while !rest.starts(with: bytes) {
        if rest.isEmpty { return false }
        rest = rest.dropFirst()
      }
      rest = rest.dropFirst(bytes.count)
    }
    return true
  }
}

import Core
import Detection
import Native

/// Judges the columns of a table once all of it was read: what each holds, which hashes are reversed,
/// which columns are the pieces of one number.
struct TableJudge {
  let detector: Detector
  let maker: FindingMaker
  let library: Result<LibCrypto, RunError>?

  /// What is told of a table.
  struct Verdict {
    var profiles: [ColumnProfile] = []
    var findings: [Finding] = []
    /// Hashes that could not be tried.
    var notExamined: [Coverage.Entry] = []
  }

  /// - Parameters:
  ///   - table: all its parts merged.
  ///   - item: the database.
  ///   - classes: judges the numbers that were found.
  func judge(_ table: TableInventory, at item: Location, in classes: ClassTable) -> Verdict {
    var table = table
    var verdict = Verdict()
    var notes = [[String]](repeating: [], count: table.columns.count)
    for index in table.columns.indices { settle(&table.columns[index], classes) }
    tryHashes(&table, &notes, item, &verdict)
    tellPieces(&table, &notes, item, &verdict)
    noteCompanions(table, &notes)
    for index in table.columns.indices {
      verdict.profiles.append(profile(table, index, notes[index], item))
    }
    return verdict
  }

  // MARK: - Numbers

  /// Gives the values whose class had the last word the class they have.
  private func settle(_ column: inout TableInventory.Column, _ classes: ClassTable) {
    for (key, pending) in column.pending.sorted(by: { $0.key < $1.key }) {
      let verdict = classes.verdict(of: key.classKey)
      let isCard = key.isDoubtful ? verdict == .cards : !verdict.lowers
      add(pending.numbers, isCard ? .pan : .number, pending, &column)
      add(pending.texts, isCard ? .pan : .text, pending, &column)
    }
    column.pending = [:]
  }

  private func add(
    _ count: Int, _ kind: ValueClass, _ pending: TableInventory.Pending,
    _ column: inout TableInventory.Column
  ) {
    guard count > 0 else { return }
    column.counts[Int(kind.rawValue)] += count
    for key in pending.examples { column.addExample(key, of: kind) }
  }

  // MARK: - Hashes

  private func tryHashes(
    _ table: inout TableInventory, _ notes: inout [[String]], _ item: Location,
    _ verdict: inout Verdict
  ) {
    for index in table.columns.indices {
      let samples = table.hashes.filter { $0.column == index }
      guard !samples.isEmpty else {
        guard table.columns[index].hashShaped > 0 else { continue }
        notes[index].append("hash-shaped")
        continue
      }
      let reversals: [LibCrypto.HashFunction: HashReversal]
      do throws(RunError) {
        reversals = try makeReversals(samples)
      } catch {
        verdict.notExamined.append(
          Coverage.Entry(
            place: (item.path ?? item.target) + ": " + table.table + "."
              + table.columns[index].name, reason: .unsupported,
            detail: "Its hashes were not tried: \(error.subject): \(error.message)."
              + (error.hint.map { " To do so, \($0)." } ?? "")))
        continue
      }
      tell(index, samples, reversals, &table, &notes, item, &verdict)
    }
  }

  private func makeReversals(
    _ samples: [HashSample]
  ) throws(RunError) -> [LibCrypto.HashFunction: HashReversal] {
    guard let library else { return [:] }
    var reversals: [LibCrypto.HashFunction: HashReversal] = [:]
    for sample in samples {
      guard let function = LibCrypto.HashFunction(byteCount: sample.hash.count),
        reversals[function] == nil
      else { continue }
      reversals[function] = try HashReversal(function, library.get(), detector)
    }
    return reversals
  }

  private func tell(
    _ index: Int, _ samples: [HashSample], _ reversals: [LibCrypto.HashFunction: HashReversal],
    _ table: inout TableInventory, _ notes: inout [[String]], _ item: Location,
    _ verdict: inout Verdict
  ) {
    var tried = 0
    var reversed = 0
    var first: (answer: HashReversal.Answer, function: LibCrypto.HashFunction, row: String?)?
    var areTests = true
    for sample in samples {
      guard let function = LibCrypto.HashFunction(byteCount: sample.hash.count),
        let reversal = reversals[function], reversal.canTry(sample)
      else { continue }
      tried += 1
      guard let answer = reversal.reverse(sample) else { continue }
      reversed += 1
      areTests = areTests && answer.isTestNumber
      if first == nil { first = (answer, function, sample.rowKey) }
    }
    let shaped = table.columns[index].hashShaped
    // Texts with a hash whose digits stand in other columns were counted as texts.
    func moveTexts(to kind: ValueClass) {
      for text in [ValueClass.text, .other] where shaped == 0 {
        table.columns[index].move(
          tried, from: text, to: kind, rows: samples.compactMap(\.rowKey))
      }
    }
    guard let first else {
      if shaped + tried > 0 {
        notes[index].append(tried > 0 ? "hash-not-reversed:\(tried)" : "hash-shaped")
      }
      moveTexts(to: .opaque)
      return
    }
    let name = table.columns[index].name
    notes[index].append("hash-reversed:\(first.function.rawValue)")
    table.columns[index].move(shaped, from: .opaque, to: .panHash)
    moveTexts(to: .panHash)
    let beside = first.answer.columns.map { table.columns[$0].name }.joined(separator: "+")
    verdict.findings.append(
      maker.tableFinding(
        rule: "pan-hash", kind: .panHash, at: item, table: table.table, field: name,
        row: first.row, brand: first.answer.brand, testNumber: areTests,
        reasons: [
          "reversed:\(reversed)/\(tried)", "hash:\(first.function.rawValue)", "beside:\(beside)",
        ]))
  }

  // MARK: - Pieces

  private func tellPieces(
    _ table: inout TableInventory, _ notes: inout [[String]], _ item: Location,
    _ verdict: inout Verdict
  ) {
    var taken: Set<Int> = []
    // Those that names speak for first, then the fewest pieces: what two columns tell is not told again
    // with a third.
    func rank(_ key: PieceKey, _ count: PieceCount) -> [Int] {
      count.hint > .shape
        ? [-count.hint.rawValue, -key.pieces.count] + key.pieces
        : [0, key.pieces.count] + key.pieces
    }
    let all = table.pieces.sorted {
      rank($0.key, $0.value).lexicographicallyPrecedes(rank($1.key, $1.value))
    }
    for (key, count) in all where count.isProven {
      let columns = key.distinctColumns
      guard taken.isDisjoint(with: columns) else { continue }
      taken.formUnion(columns)
      let names = columns.map { table.columns[$0].name }.joined(separator: "+")
      for column in columns {
        notes[column].append("piece-of-number:\(names)")
        for kind in ValueClass.allCases where kind.mayBePiece {
          table.columns[column].move(
            table.columns[column].counts[Int(kind.rawValue)], from: kind, to: .panPiece)
        }
      }
      verdict.findings.append(
        maker.tableFinding(
          rule: "split-pan", kind: .splitPAN, at: item, table: table.table, field: names,
          row: count.rowKey, brand: count.brand, testNumber: false,
          reasons: [
            "luhn", "iin:\(count.brand ?? "")", "pieces:\(names)",
            "rows:\(count.fitting)/\(count.rows)",
          ]))
    }
    for (key, count) in all where count.isOpen && taken.isDisjoint(with: key.columns) {
      let columns = key.distinctColumns
      taken.formUnion(columns)
      let names = columns.map { table.columns[$0].name }.joined(separator: "+")
      for column in columns { notes[column].append(ColumnProfile.maybePieceNote + names) }
    }
  }

  // MARK: - Companions

  /// Expiry, holder and service code have to be protected where they stand beside a number.
  private func noteCompanions(_ table: TableInventory, _ notes: inout [[String]]) {
    func holds(_ column: TableInventory.Column, _ kinds: [ValueClass]) -> Bool {
      kinds.contains { column.counts[Int($0.rawValue)] > 0 }
    }
    let numbers: [ValueClass] = [.pan, .panPiece, .track, .panHash]
    guard let first = table.columns.firstIndex(where: { holds($0, numbers) }) else { return }
    for (index, column) in table.columns.enumerated() where column.values > column.empty {
      guard !holds(column, numbers) else { continue }
      let what: String? =
        holds(column, [.expiry])
        ? "expiry"
        : column.holdsNames
          ? "cardholder" : column.hints.contains(.serviceCode) ? "service-code" : nil
      if let what {
        notes[index].append(
          ColumnProfile.companionNote(what, beside: table.columns[first].name))
      }
    }
  }

  // MARK: - Profiles

  private func profile(
    _ table: TableInventory, _ index: Int, _ notes: [String], _ item: Location
  ) -> ColumnProfile {
    let column = table.columns[index]
    var profile = ColumnProfile(
      target: item.target, path: item.path, table: table.table, column: column.name,
      // Labels of an enum stand in it.
      type: NumberGuard.masked(column.type))
    profile.rows = table.rows
    profile.nulls = max(0, table.rows - column.values)
    profile.empty = column.empty
    profile.distinct = min(column.distinct.distinct, column.values - column.empty)
    profile.isDistinctEstimated = column.distinct.isEstimated
    profile.cardShaped = column.cardShaped
    profile.passLuhn = column.passLuhn
    profile.notes = notes
    for kind in ValueClass.allCases where column.counts[Int(kind.rawValue)] > 0 {
      profile.classes.append(
        ColumnProfile.Share(
          kind: kind.profileClass, count: column.counts[Int(kind.rawValue)],
          examples: column.examples[kind.rawValue] ?? []))
    }
    // Equal counts keep the order of the classes.
    profile.classes = profile.classes.enumerated().sorted {
      ($1.element.count, $0.offset) < ($0.element.count, $1.offset)
    }.map(\.element)
    profile.ids = idCheck(table, index)
    return profile
  }

  private func idCheck(
    _ table: TableInventory, _ index: Int
  ) -> ColumnProfile.IDCheck? {
    let column = table.columns[index]
    let ids = ValueClass.allCases.filter { $0.isStripeID && column.counts[Int($0.rawValue)] > 0 }
    let malformed = column.counts[Int(ValueClass.malformedID.rawValue)]
    guard !ids.isEmpty || malformed > 0 else { return nil }
    var check = ColumnProfile.IDCheck()
    check.live = column.live
    check.test = column.test
    check.malformed = malformed
    check.duplicates = table.ids.duplicates(inColumn: index)
    check.comparedOneIn = table.ids.comparedOneIn > 1 ? table.ids.comparedOneIn : nil
    let method = Int(ValueClass.paymentMethodID.rawValue)
    let customer = Int(ValueClass.customerID.rawValue)
    if column.counts[method] > 0, table.columns.contains(where: { $0.counts[customer] > 0 }) {
      check.orphans = table.rowsWithoutCustomer
    }
    return check
  }
}

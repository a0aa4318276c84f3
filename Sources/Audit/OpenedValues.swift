import Core
import Detection
import Inputs

/// What is found in those values of a table's share that are containers: kept together by column and
/// member, with the rows they are from, so that a column of a million small containers is not a
/// million results.
struct OpenedValues {
  private(set) var results: [PartResult] = []
  private(set) var tables: [MemberTable] = []
  private(set) var outcome = PartOutcome()
  private var indices: [Key: Int] = [:]

  private struct Key: Hashable {
    var column: Int
    var member: String?
    var encoding: [String]
    var isText: Bool
    var isDerived: Bool
  }

  /// Different names of members that are told apart; the rest goes without a name.
  private static let namesMax = 10_000
  private static let labelsMax = 4096
  /// Hits of one result that are held before they are spooled.
  private static let heldMax = 16_384

  /// Where a value is.
  struct Place {
    var table: String
    var columns: [String]
    var column: Int
    var rowKey: String
    /// Of the database itself, when that lies in a container.
    var member: String?
    var encoding: [String]

    /// A name for what has tables of its own, so that the value is told.
    var name: String {
      let field = columns.indices.contains(column) ? "." + columns[column] : ""
      return table + field + (rowKey.isEmpty ? "" : " " + rowKey)
    }
  }

  /// Takes what one member of a value gave.
  mutating func add(
    _ found: PartResult, from place: Place, labels: [UInt64: String], classes: ClassTable
  ) {
    var found = found
    take(found.outcome)
    found.outcome = PartOutcome()
    results += found.members
    found.members = []
    if found.table != nil {
      // A database in a value: its own tables are the place.
      found.member = OpenedValues.chain(place.member, place.name, found.member)
      found.encoding = place.encoding + found.encoding
      if let inventory = found.inventory {
        found.inventory = nil
        tables.append(
          MemberTable(member: found.member, table: inventory, classes: classes.summary))
      }
      guard !found.batches.isEmpty else { return }
      found.labels = labels
      found.classes = classes.summary
      results.append(found)
      return
    }
    guard !found.batches.isEmpty else { return }
    let index = self.index(of: found, place)
    results[index].labels.merge(labels) { own, _ in own }
    if results[index].labels.count > Self.labelsMax { results[index].labels = labels }
    results[index].classes?.merge(classes)
    for batch in found.batches { add(batch, to: index) }
  }

  /// Adds what the walk through a value has to say at its end.
  mutating func take(_ inner: PartOutcome) {
    outcome.examined += inner.examined
    outcome.excluded += inner.excluded
    outcome.tables += inner.tables
    outcome.notExaminedUnlisted += inner.notExaminedUnlisted
    let room = max(0, Limits.coverageEntriesMax - outcome.notExamined.count)
    outcome.notExamined += inner.notExamined.prefix(room)
    outcome.notExaminedUnlisted += max(0, inner.notExamined.count - room)
  }

  private static func chain(_ names: String?...) -> String? {
    let known = names.compactMap { $0 }
    return known.isEmpty ? nil : known.joined(separator: "!")
  }

  private mutating func index(of found: PartResult, _ place: Place) -> Int {
    let isNamed = indices.count < OpenedValues.namesMax
    let key = Key(
      column: place.column,
      member: isNamed ? OpenedValues.chain(place.member, found.member) : place.member,
      encoding: place.encoding + found.encoding, isText: found.isText, isDerived: found.isDerived)
    if let index = indices[key] { return index }
    var result = PartResult(table: place.table, member: key.member, columns: place.columns)
    result.valueColumn = place.column
    result.encoding = key.encoding
    result.isText = key.isText
    result.isDerived = key.isDerived
    result.classes = ClassTable()
    results.append(result)
    indices[key] = results.count - 1
    return results.count - 1
  }

  private mutating func add(_ batch: HitBatch, to index: Int) {
    // A spooled batch stays as it is; small ones are put together.
    let last = results[index].batches.count - 1
    guard batch.spooled == nil, last >= 0, results[index].batches[last].spooled == nil,
      results[index].batches[last].hits.count < OpenedValues.heldMax
    else {
      results[index].batches.append(batch)
      return
    }
    let firstRow = Int32(results[index].batches[last].rowKeys.count)
    results[index].batches[last].rowKeys += batch.rowKeys
    results[index].batches[last].hits += batch.hits.map { hit in
      var hit = hit
      hit.row += firstRow
      return hit
    }
  }
}

import Core
import Detection

/// What the columns of one table hold: first of one part, then merged in the order of the parts.
struct TableInventory: Sendable {
  var table: String
  var columns: [Column]
  var rows = 0
  /// Rows with a payment method's id and no customer's.
  var rowsWithoutCustomer = 0
  var ids = IDSample()
  /// Rows whose hashes are tried, by column.
  var hashes: [HashSample] = []
  /// Columns that may be the pieces of one number.
  var pieces: [PieceKey: PieceCount] = [:]

  init(table: String, columns: [String], types: [String], hints: [ColumnHints]) {
    self.table = table
    self.columns = columns.indices.map {
      Column(
        name: columns[$0], type: $0 < types.count ? types[$0] : "", hints: hints[$0])
    }
  }

  /// One column's counts.
  struct Column: Sendable {
    var name: String
    var type: String
    var hints: ColumnHints
    /// Values that are not NULL.
    var values = 0
    var empty = 0
    /// By `ValueClass`.
    var counts = [Int](repeating: 0, count: ValueClass.count)
    /// Keys of the first rows, by `ValueClass`.
    var examples: [UInt8: [String]] = [:]
    var cardShaped = 0
    var passLuhn = 0
    var live = 0
    var test = 0
    /// Opaque values that have the length of a hash, and other ones that have.
    var hashShaped = 0
    /// Values of which was asked whether they are names of people, and those that look like it.
    var namesSought = 0
    var names = 0
    var distinct = DistinctSketch.Result()
    /// Values with numbers whose class has the last word.
    var pending: [PendingKey: Pending] = [:]

    /// Whether it holds the names of those whose cards stand beside it.
    var holdsNames: Bool { hints.contains(.holder) || names > 0 && names * 10 >= namesSought * 8 }

    mutating func addExample(_ key: String?, of kind: ValueClass) {
      guard let key else { return }
      var keys = examples[kind.rawValue] ?? []
      guard keys.count < TableInventory.examplesMax, !keys.contains(key) else { return }
      keys.append(key)
      examples[kind.rawValue] = keys
    }

    /// - Parameter rows: keys of those that are moved; `nil` when all of the class are.
    mutating func move(
      _ count: Int, from old: ValueClass, to new: ValueClass, rows: [String]? = nil
    ) {
      let count = min(count, counts[Int(old.rawValue)])
      guard count > 0 else { return }
      counts[Int(old.rawValue)] -= count
      counts[Int(new.rawValue)] += count
      for key in rows ?? examples[old.rawValue] ?? [] { addExample(key, of: new) }
      if counts[Int(old.rawValue)] == 0 { examples[old.rawValue] = nil }
    }

    fileprivate mutating func merge(_ other: Column) {
      values += other.values
      empty += other.empty
      for index in counts.indices { counts[index] += other.counts[index] }
      for (kind, keys) in other.examples {
        examples[kind] = Array(
          ((examples[kind] ?? []) + keys).prefix(TableInventory.examplesMax))
      }
      cardShaped += other.cardShaped
      passLuhn += other.passLuhn
      live += other.live
      test += other.test
      hashShaped += other.hashShaped
      namesSought += other.namesSought
      names += other.names
      distinct.merge(other.distinct)
      for (key, more) in other.pending { pending[key, default: Pending()].merge(more) }
    }
  }

  struct PendingKey: Hashable, Comparable {
    var classKey: UInt64
    /// Reported only if the numbers of the class turn out to be cards; others unless they do not.
    var isDoubtful: Bool

    static func < (one: PendingKey, other: PendingKey) -> Bool {
      (one.classKey, one.isDoubtful ? 1 : 0) < (other.classKey, other.isDoubtful ? 1 : 0)
    }
  }

  /// Values with a number that the numbers of its class decide about.
  struct Pending: Sendable {
    /// Of those that are lowered: whole numbers, and texts with a number inside.
    var numbers = 0
    var texts = 0
    var examples: [String] = []

    fileprivate mutating func merge(_ other: Pending) {
      numbers += other.numbers
      texts += other.texts
      examples = Array((examples + other.examples).prefix(TableInventory.examplesMax))
    }
  }

  static let examplesMax = 3
  /// Values of a column, in each part, of which is asked whether they are names.
  static let namesMax = 64
  /// Classes of one column that are judged apart; the values of others count as numbers found.
  static let pendingMax = 64

  /// - Parameter other: the table's next part.
  mutating func merge(_ other: TableInventory) {
    rows += other.rows
    rowsWithoutCustomer += other.rowsWithoutCustomer
    ids.merge(other.ids)
    for index in columns.indices where index < other.columns.count {
      columns[index].merge(other.columns[index])
    }
    for sample in other.hashes
    where hashes.count(where: { $0.column == sample.column }) < Limits.hashRowsMax {
      hashes.append(sample)
    }
    for (key, count) in other.pieces { pieces[key, default: PieceCount()].merge(count) }
  }

  /// Makes it small; called when all its parts are there.
  mutating func settle() {
    ids.settle()
    for index in columns.indices { columns[index].distinct.settle() }
  }
}

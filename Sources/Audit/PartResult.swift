import Core
import Detection
import Inputs

/// What scanning one part gave, kept until its item is whole.
struct PartResult: Sendable {
  var table: String?
  var member: String?
  var columns: [String] = []
  var isPages = false
  /// See `Part`.
  var encoding: [String] = []
  var isText = false
  var isDerived = false
  /// The column whose values were opened, when the part is what is in them.
  var valueColumn: Int?
  /// Of a series: the members in which something was found, each with classes of its own.
  var members: [PartResult] = []
  var classes: ClassTable?
  /// Of a series: tables of databases in it.
  var tables: [MemberTable] = []
  /// Where the next part of the file begins.
  var end = Int.max
  /// Batches of hits, in order; each lies in memory or in the spool.
  var batches: [HitBatch] = []
  var labels: [UInt64: String] = [:]
  var newlines = 0
  /// Records that ended in it, where places count them from the part's start.
  var records = 0
  var lineOffset = -1
  var outcome = PartOutcome()
  /// What the columns hold, when the part is a table's.
  var inventory: TableInventory?
}

extension PartResult {
  /// Adds what the columns of a member's table hold.
  mutating func add(_ table: MemberTable) {
    if let last = tables.last, last.member == table.member,
      last.table.table == table.table.table
    {
      tables[tables.count - 1].table.merge(table.table)
      return
    }
    settleTables()
    tables.append(table)
  }

  /// Makes the last table small: no further part of it comes.
  mutating func settleTables() {
    if !tables.isEmpty { tables[tables.count - 1].table.settle() }
  }
}

/// What the columns of a table hold that lies in a database inside a container.
struct MemberTable: Sendable {
  var member: String?
  var table: TableInventory
  var classes: ClassTable
}

/// Some hits of a part with the keys of their rows, or their places in records.
struct HitBatch: Sendable {
  var hits: [Hit] = []
  var rowKeys: [String] = []
  var places: [RecordPlace] = []
  /// Where the batch lies in the spool instead.
  var spooled: HitSpool.Range?
}

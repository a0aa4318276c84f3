import Core
import Detection
import Inputs

/// What scanning one part gave, kept until its item is whole.
struct PartResult: Sendable {
  var table: String?
  var member: String?
  var columns: [String] = []
  var isPages = false
  /// Where the next part of the file begins.
  var end = Int.max
  /// Batches of hits, in order; each lies in memory or in the spool.
  var batches: [HitBatch] = []
  var labels: [UInt64: String] = [:]
  var newlines = 0
  var lineOffset = -1
  var outcome = PartOutcome()
  /// What the columns hold, when the part is a table's.
  var inventory: TableInventory?
}

/// Some hits of a part with the keys of their rows.
struct HitBatch: Sendable {
  var hits: [Hit] = []
  var rowKeys: [String] = []
  /// Where the batch lies in the spool instead.
  var spooled: HitSpool.Range?
}

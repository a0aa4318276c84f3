import Core
import Detection
import Inputs

/// One item from its opening to its last finding written. Touched only under the scheduler's lock,
/// except for `item` itself.
final class ItemProgress: @unchecked Sendable {
  // Unchecked because the scheduler's monitor guards every stored variable.
  let item: any Item
  /// Place in the final order.
  let sequence: Int
  var parts: [PartResult?] = []
  var outstanding = 0
  var isExhausted = false
  var classes = ClassTable()
  /// Digests of the numbers in live rows; has a lock of its own.
  let live = LiveDigests()
  /// Why the item could not be opened, what is known only of the whole.
  var outcome = PartOutcome()

  /// What the columns of the tables hold, as far as the parts before `collected` tell.
  private(set) var tables: [TableInventory] = []
  private var collected = 0

  /// Set by the worker that opens the item and by the one that finishes it, before others see it: how
  /// to tell whether it changed, where it is told from, and whether an earlier run has read it.
  var stamp: ItemStamp?
  var endStamp: ItemStamp?
  var saved: ScanState.Saved?
  var isCarriedOver = false

  /// The run was stopped before all its parts were handed out.
  var wasCutShort = false

  init(item: any Item, sequence: Int) {
    self.item = item
    self.sequence = sequence
  }

  /// Merges what the parts tell of columns, in the order of the parts, whenever the next one is there.
  func collectTables() {
    while collected < parts.count, let part = parts[collected] {
      collected += 1
      guard let inventory = part.inventory else { continue }
      parts[collected - 1]?.inventory = nil
      if let index = tables.lastIndex(where: { $0.table == inventory.table }) {
        tables[index].merge(inventory)
      } else {
        settleTables()
        tables.append(inventory)
      }
    }
  }

  /// Makes what the last table's parts told small: no further part of it comes.
  func settleTables() {
    if !tables.isEmpty { tables[tables.count - 1].settle() }
  }

  /// Lets go of what only serves to judge the tables.
  func releaseTables() { tables = [] }
}

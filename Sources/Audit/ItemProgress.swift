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
  /// Digests of the numbers in live rows; beyond the bound, residue may be told twice.
  var live: Set<UInt64> = []
  /// Why the item could not be opened, what is known only of the whole.
  var outcome = PartOutcome()

  /// What the columns of the tables hold, as far as the parts before `collected` tell.
  private(set) var tables: [TableInventory] = []
  private var collected = 0

  /// The run was stopped before all its parts were handed out.
  var wasCutShort = false

  static let liveMax = 1_000_000

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
        if !tables.isEmpty { tables[tables.count - 1].settle() }
        tables.append(inventory)
      }
    }
  }

  /// Lets go of what only serves to judge the tables.
  func releaseTables() { tables = [] }
}

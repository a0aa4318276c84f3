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

  /// The run was stopped before all its parts were handed out.
  var wasCutShort = false

  init(item: any Item, sequence: Int) {
    self.item = item
    self.sequence = sequence
  }
}

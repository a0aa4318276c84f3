import Core
import Synchronization

/// How far reading a server's table has come, over all its shares.
final class ServerTableProgress: Sendable {
  private let state = Mutex(State())

  private struct State {
    var rowsRead = 0
    var rowsCounted: Int? = 0
    var partsLeft = 0
    var hasFailed = false
    var isOpen = false
    var told: Set<Coverage.Reason> = []
  }

  /// What is wrong with all shares is told of one of them.
  func isFirst(_ reason: Coverage.Reason) -> Bool {
    state.withLock { $0.told.insert(reason).inserted }
  }

  /// False for a table that is carried over: nothing of it is read, and nothing told here.
  var isOpen: Bool { state.withLock { $0.isOpen } }

  /// Called when the table is opened.
  func setParts(_ count: Int) {
    state.withLock { state in
      state.partsLeft = count
      state.isOpen = true
    }
  }

  /// Called once for each share that was read.
  /// - Parameter counted: the rows the server says it sent; `nil` when it did not get to the end.
  func note(rowsRead: Int, counted: Int?) {
    state.withLock { state in
      state.rowsRead += rowsRead
      state.partsLeft -= 1
      if let counted, let before = state.rowsCounted {
        state.rowsCounted = before + counted
      } else {
        state.rowsCounted = nil
        state.hasFailed = true
      }
    }
  }

  /// - Parameter isSample: not all of its rows were asked for, so nobody counted them.
  func report(into outcome: inout PartOutcome, place: String, name: String, isSample: Bool) {
    let state = self.state.withLock { $0 }
    let isWhole = state.partsLeft == 0 && !state.hasFailed
    outcome.tables.append(
      Coverage.Table(
        place: place, name: name, rowsRead: state.rowsRead,
        rowsInTable: isWhole && !isSample ? state.rowsCounted : nil))
    if isWhole { outcome.examined.tables += 1 }
    if state.partsLeft > 0 {
      outcome.notExamined.append(
        Coverage.Entry(place: place + ": " + name, reason: .interrupted))
    }
  }
}

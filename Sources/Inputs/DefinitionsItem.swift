import Core
import Native
import Synchronization

/// What a server's definitions say: defaults, comments, checks, labels, functions, views, triggers.
/// Told as rows of a table of its own, named by what they define.
final class DefinitionsItem: Item {
  static let name = "definitions"
  /// Takes what is defined, and its text.
  typealias Body = (String, UnsafeRawBufferPointer) -> Bool
  /// Hands over all definitions, until told to stop; adds what is not shown.
  typealias Reading = @Sendable (inout PartOutcome, Body) throws(ServerError) -> Void

  let location: Location
  let head: [UInt8] = []
  private let reading: Reading
  private let state = Mutex(State())

  private struct State {
    var wasHandedOut = false
    var rows = 0
    var isWhole = false
  }

  init(target: String, reading: @escaping Reading) {
    location = Location(target: target)
    self.reading = reading
  }

  var tableName: String? { Self.name }

  func open() throws(InputError) {}

  func nextPart() -> (any Part)? {
    let isFirst = state.withLock { state in
      defer { state.wasHandedOut = true }
      return !state.wasHandedOut
    }
    return isFirst ? DefinitionsPart(of: self) : nil
  }

  func close() -> PartOutcome {
    let state = self.state.withLock { $0 }
    var outcome = PartOutcome()
    outcome.tables.append(
      Coverage.Table(
        place: location.target, name: Self.name, rowsRead: state.rows,
        rowsInTable: state.isWhole ? state.rows : nil))
    return outcome
  }

  fileprivate func read(_ outcome: inout PartOutcome, _ body: Body) {
    let place = location.target + ": " + Self.name
    var rows = 0
    var bytes = 0
    var wasStopped = false
    do throws(ServerError) {
      try reading(&outcome) { (what, text) in
        rows += 1
        bytes += text.count
        wasStopped = !body(what, text) || Interruption.requested != nil
        return !wasStopped
      }
      if wasStopped {
        outcome.notExamined.append(Coverage.Entry(place: place, reason: .interrupted))
      }
    } catch {
      wasStopped = true
      outcome.notExamined.append(
        ServerTrouble.reading(place, table: Self.name, error, rows: rows))
    }
    outcome.examined.objects += rows
    outcome.examined.bytes += bytes
    state.withLock { state in
      state.rows = rows
      state.isWhole = !wasStopped
    }
  }
}

/// Declares no types of its columns, so no inventory is made of it.
private final class DefinitionsPart: Part, @unchecked Sendable {
  // Unchecked for the variables: one worker reads a part, and only it asks for `rowKey` meanwhile.
  let table: String? = DefinitionsItem.name
  let columns = ["text"]
  private(set) var rowKey: String?
  private(set) var rowNumber: Int? = 0
  let expectedBytes = 0
  private let item: DefinitionsItem

  init(of item: DefinitionsItem) { self.item = item }

  func read(into buffer: WorkBuffer, _ body: (Chunk) -> Bool) -> PartOutcome {
    var outcome = PartOutcome()
    var chunk = Chunk.forValues
    item.read(&outcome) { what, text in
      rowKey = NumberGuard.masked(what)
      chunk.fill(text, column: 0)
      defer { rowNumber = (rowNumber ?? 0) + 1 }
      return body(chunk)
    }
    return outcome
  }
}

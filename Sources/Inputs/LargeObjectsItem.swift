import Core
import Native
import Synchronization

/// The large objects of a PostgreSQL database, which lie beside its tables.
final class LargeObjectsItem: Item {
  static let name = "pg_catalog.pg_largeobject"

  let location: Location
  let head: [UInt8] = []
  let session: PostgreSQLSession
  let rowsMax: Int?
  let progress = ServerTableProgress()
  private let wasHandedOut = Mutex(false)

  init(target: String, session: PostgreSQLSession, rowsMax: Int?) {
    location = Location(target: target)
    self.session = session
    self.rowsMax = rowsMax
  }

  func open() throws(InputError) { progress.setParts(1) }

  func nextPart() -> (any Part)? {
    let isFirst = wasHandedOut.withLock { wasHandedOut in
      defer { wasHandedOut = true }
      return !wasHandedOut
    }
    return isFirst ? LargeObjectsPart(of: self) : nil
  }

  func close() -> PartOutcome {
    var outcome = PartOutcome()
    progress.report(
      into: &outcome, place: location.target, name: Self.name, isSample: rowsMax != nil)
    if session.takeRenewal() {
      outcome.notExamined.append(ServerTrouble.newSnapshot(location.target))
    }
    return outcome
  }
}

/// Reads one large object after the other, piece by piece.
final class LargeObjectsPart: Part, @unchecked Sendable {
  // Unchecked for the variables: one worker reads a part, and only it asks for `rowKey` meanwhile.
  let table: String? = LargeObjectsItem.name
  let columns = ["data"]
  let columnTypes = ["large object"]
  private(set) var rowNumber: Int? = 0
  let expectedBytes = 0
  private(set) var rowKey: String?
  private let item: LargeObjectsItem
  private static let batch = 1000
  private static let pieceBytes = 1 << 20

  init(of item: LargeObjectsItem) { self.item = item }

  func read(into buffer: WorkBuffer, _ body: (Chunk) -> Bool) -> PartOutcome {
    var outcome = PartOutcome()
    var last = 0
    var lost = 0
    var isWhole = false
    let place = item.location.target + ": " + LargeObjectsItem.name
    while lost < 3 {
      do throws(ServerError) {
        isWhole = try readAll(after: &last, buffer, &outcome, body)
        break
      } catch {
        rowKey = nil
        outcome.notExamined.append(
          ServerTrouble.reading(
            "\(place) loid=\(last)", table: LargeObjectsItem.name, error,
            rows: 0))
        // The next ones may be open to the account, or the server back.
        if error.isConnectionLost { lost += 1 }
        if Interruption.requested != nil { break }
      }
    }
    rowKey = nil
    if !isWhole, outcome.notExamined.isEmpty {
      outcome.notExamined.append(Coverage.Entry(place: place, reason: .interrupted))
    }
    let count = outcome.examined.objects
    outcome.examined.rows = count
    item.progress.note(
      rowsRead: count, counted: isWhole && outcome.notExamined.isEmpty ? count : nil)
    return outcome
  }

  /// Reads on behind the object `last`, which it moves on.
  private func readAll(
    after last: inout Int, _ buffer: WorkBuffer, _ outcome: inout PartOutcome,
    _ body: (Chunk) -> Bool
  ) throws(ServerError) -> Bool {
    let lease = try item.session.take()
    var isInOrder = false
    defer { item.session.giveBack(lease, isInOrder: isInOrder) }
    while true {
      let objects = try lease.connection.rows(
        "SELECT oid FROM pg_largeobject_metadata WHERE oid > \(last) ORDER BY oid LIMIT \(Self.batch)"
      ).compactMap { $0.first?.flatMap { Int($0) } }
      for object in objects {
        if let rowsMax = item.rowsMax, outcome.examined.objects >= rowsMax { break }
        last = object
        if try !read(object, lease.connection, buffer, &outcome, body) { return false }
      }
      guard objects.count == Self.batch else { break }
    }
    isInOrder = true
    return true
  }

  private func read(
    _ object: Int, _ connection: PostgreSQLConnection, _ buffer: WorkBuffer,
    _ outcome: inout PartOutcome, _ body: (Chunk) -> Bool
  ) throws(ServerError) -> Bool {
    rowKey = "loid=\(object)"
    var offset = 0
    var failure: ServerError?
    let value = LargeServerValue { () throws(ServerValueStopped) in
      do throws(ServerError) {
        let piece =
          try connection.bytes("SELECT lo_get(\(object), \(offset), \(Self.pieceBytes))") ?? []
        offset += piece.count
        return piece
      } catch {
        failure = error
        throw ServerValueStopped()
      }
    }
    let result = value.read(column: 0, into: buffer, bytes: &outcome.examined.bytes, body)
    if let failure { throw failure }
    if result.wasStopped { return false }
    outcome.examined.objects += 1
    rowNumber = outcome.examined.objects
    return Interruption.requested == nil
  }
}

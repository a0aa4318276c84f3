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
  /// Of objects that are containers.
  let opener: ValueOpener
  let progress = ServerTableProgress()
  private let marker = PostgreSQLMarker()
  private let wasHandedOut = Mutex(false)

  /// By the catalogue's fixed numbers.
  private static let relations = [
    (oid: "2613", from: "pg_catalog.pg_largeobject"),
    (oid: "2995", from: "pg_catalog.pg_largeobject_metadata"),
  ]

  init(target: String, session: PostgreSQLSession, options: InputOptions) {
    location = Location(target: target)
    self.session = session
    rowsMax = options.rowsMax
    opener = ValueOpener(options.containers, options.sizes)
  }

  var tableName: String? { Self.name }

  func stamp() -> ItemStamp? { marker.stamp(of: Self.relations, in: session) }

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
    guard progress.isOpen else { return outcome }
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
  private(set) var opened: (any PartSeries)?
  private var unopened: [Coverage.Entry] = []
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
      let before = last
      do throws(ServerError) {
        isWhole = try readAll(after: &last, buffer, &outcome, body)
        break
      } catch {
        rowKey = nil
        // Without another object it was the list of them that was refused, and will be again.
        let isOfList = last == before && !error.isConnectionLost
        outcome.notExamined.append(
          ServerTrouble.reading(
            isOfList ? place : "\(place) loid=\(last)", table: LargeObjectsItem.name, error,
            rows: outcome.examined.objects))
        // The next ones may be open to the account, or the server back.
        if error.isConnectionLost { lost += 1 }
        if isOfList || Interruption.requested != nil { break }
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
    outcome.notExamined += unopened
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
    let key = "loid=\(object)"
    rowKey = key
    var offset = 0
    func next(_ count: Int) throws(ServerError) -> [UInt8] {
      let piece = try connection.bytes("SELECT lo_get(\(object), \(offset), \(count))") ?? []
      offset += piece.count
      return piece
    }
    let place = "\(item.location.target): \(LargeObjectsItem.name) \(key)"
    var head = try next(ValueOpener.bytesMax + 1)
    opened = head.withUnsafeBytes { item.opener.open($0) { place } }
    if opened != nil {
      defer { opened = nil }
      outcome.examined.bytes += head.count
      if !head.withUnsafeBytes({ body(.container($0, column: 0)) }) { return false }
    } else {
      if head.count > ValueOpener.bytesMax,
        let entry = ValueOpener.unopened(head, place: place)
      {
        unopened.append(entry)
      }
      var failure: ServerError?
      let value = LargeServerValue { () throws(ServerValueStopped) in
        if !head.isEmpty {
          defer { head = [] }
          return head
        }
        do throws(ServerError) { return try next(Self.pieceBytes) } catch {
          failure = error
          throw ServerValueStopped()
        }
      }
      let result = value.read(column: 0, into: buffer, bytes: &outcome.examined.bytes, body)
      if let failure { throw failure }
      if result.wasStopped { return false }
    }
    outcome.examined.objects += 1
    rowNumber = outcome.examined.objects
    return Interruption.requested == nil
  }
}

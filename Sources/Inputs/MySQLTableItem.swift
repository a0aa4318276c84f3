import Core
import Native
import Synchronization

/// A table of a MariaDB or MySQL server, read as one share.
final class MySQLTableItem: Item {
  let location: Location
  let head: [UInt8] = []
  let table: MySQLTable
  let session: MySQLSession
  let rowsMax: Int?
  /// Of values that are containers.
  let opener: ValueOpener
  let progress = ServerTableProgress()
  private let wasHandedOut = Mutex(false)

  init(_ table: MySQLTable, target: String, session: MySQLSession, options: InputOptions) {
    self.table = table
    self.session = session
    self.rowsMax = options.rowsMax
    opener = ValueOpener(options.containers, options.sizes)
    location = Location(target: target)
  }

  /// For coverage.
  var place: String { location.target + ": " + table.name }

  var tableName: String? { table.name }

  /// The server's marker, and which columns it shows to the account.
  func stamp() -> ItemStamp? {
    guard let marker = session.marker(of: table) else { return nil }
    let columns = table.columns.map { "\($0.name) \($0.type)" } + table.key.map { String($0) }
    return ItemStamp(marker + " " + ItemStamp.digest(of: columns.joined(separator: "\n").utf8))
  }

  func open() throws(InputError) { progress.setParts(1) }

  func nextPart() -> (any Part)? {
    let isFirst = wasHandedOut.withLock { wasHandedOut in
      defer { wasHandedOut = true }
      return !wasHandedOut
    }
    return isFirst ? MySQLTablePart(of: self) : nil
  }

  func close() -> PartOutcome {
    var outcome = PartOutcome()
    guard progress.isOpen else { return outcome }
    progress.report(
      into: &outcome, place: location.target, name: table.name, isSample: rowsMax != nil)
    if session.takeRenewal() {
      outcome.notExamined.append(ServerTrouble.newSnapshot(location.target))
    }
    return outcome
  }
}

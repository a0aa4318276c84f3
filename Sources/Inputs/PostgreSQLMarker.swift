import Core
import Native
import Synchronization

/// Tells whether tables hold the same versions of the same rows as at an earlier time.
///
/// PostgreSQL changes no row where it lies: whatever is written is a new version, at another place
/// (`ctid`) or of another transaction (`xmin`). The marker is a sum over both of every row that the
/// snapshot shows, so it is of the very rows that are read. It is had from the table's own pages,
/// without a look at large values: 0.1 s for a million rows that take 3 s to scan (PostgreSQL 15).
/// The counters of `pg_stat_all_tables` would cost nothing, but tell of a change after it is seen.
///
/// There is none for values whose text is made from other tables: of composite types, whose fields may be
/// dropped or added, and of `regclass` and the like, which show names.
///
/// With it stand what else decides how the rows look (their file, columns, defaults, key, the labels of
/// enums), and when the server was started or recovered from a crash, as rows of a server that was
/// restored from a copy may have the numbers of others.
final class PostgreSQLMarker: Sendable {
  private enum State: Sendable {
    case unknown
    case known(ItemStamp?, generation: Int)
  }

  private let state = Mutex(State.unknown)

  /// A gigabyte in pages as they usually are, so that a run can be stopped in between.
  private static let pagesPerQuery = 1 << 17

  /// Asked again, it is the same for as long as the moment is that is read.
  ///
  /// - Parameter relations: their numbers, and how SQL names them.
  /// - Returns: `nil` when the server cannot tell: before version 14, for such columns, or for want of a right.
  func stamp(of relations: [(oid: String, from: String)], in session: PostgreSQLSession)
    -> ItemStamp?
  {
    if case .known(let stamp, let generation) = state.withLock({ $0 }) {
      return session.isMoment(generation) ? stamp : nil
    }
    do throws(ServerError) {
      let lease = try session.take()
      var text: String?
      var isInOrder = false
      defer { session.giveBack(lease, isInOrder: isInOrder) }
      for relation in relations {
        guard let one = try Self.text(of: relation.oid, relation.from, lease.connection) else {
          text = nil
          break
        }
        text = (text ?? "") + one
      }
      isInOrder = true
      let stamp = text.map { ItemStamp($0) }
      state.withLock { $0 = .known(stamp, generation: lease.generation) }
      return stamp
    } catch {
      // What cannot be looked at is read, and then it is told why it cannot be.
      state.withLock { $0 = .known(nil, generation: 0) }
      return nil
    }
  }

  private static func text(
    of oid: String, _ from: String, _ connection: PostgreSQLConnection
  ) throws(ServerError) -> String? {
    guard connection.serverVersion >= 140_000 else { return nil }
    let sum = "sum(hash_record_extended((ctid, xmin), 0))"
    let rows = try connection.rows(
      """
      SELECT concat_ws(' ', c.oid, pg_relation_filenode(c.oid),
          (SELECT \(sum) FROM pg_attribute WHERE attrelid = c.oid),
          (SELECT \(sum) FROM pg_attrdef WHERE adrelid = c.oid),
          (SELECT \(sum) FROM pg_index WHERE indrelid = c.oid AND indisprimary),
          (SELECT \(sum) FROM pg_enum), extract(epoch FROM pg_postmaster_start_time()),
          (SELECT extract(epoch FROM stats_reset) FROM pg_stat_bgwriter)),
        pg_relation_size(c.oid) / current_setting('block_size')::int
      FROM pg_class c JOIN pg_am m ON m.oid = c.relam AND m.amname = 'heap'
      WHERE c.oid = \(oid) AND has_table_privilege(c.oid, 'SELECT') AND NOT EXISTS (
        WITH RECURSIVE used(oid) AS (
          SELECT atttypid FROM pg_attribute
          WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped
          UNION
          SELECT coalesce(nullif(t.typbasetype, 0), nullif(t.typelem, 0), r.rngsubtype)
          FROM used JOIN pg_type t USING (oid)
          LEFT JOIN pg_range r ON t.oid IN (r.rngtypid, r.rngmultitypid)
        )
        SELECT FROM used JOIN pg_type t USING (oid)
        WHERE t.typtype = 'c'
          OR t.typnamespace = 'pg_catalog'::regnamespace AND t.typname LIKE 'reg%')
      """)
    guard let row = rows.first, row.count == 2, var text = row[0],
      let pages = row[1].flatMap({ Int($0) })
    else { return nil }
    for first in stride(from: 0, through: pages, by: pagesPerQuery) {
      if Interruption.requested != nil { return nil }
      let sums = try connection.rows(
        """
        SELECT count(*), \(sum) FROM \(from)
        WHERE ctid >= '(\(first),0)'::tid AND ctid < '(\(first + pagesPerQuery),0)'::tid
        """)
      for value in sums.first ?? [] { text += " " + (value ?? "-") }
    }
    return text + "; "
  }
}

import Core
import Native

/// Puts what a database server refused into the words of coverage: what happened and the cure. The
/// server's own message may quote stored values, so it is never passed on.
package enum ServerTrouble {
  /// Why no connection was made.
  package static func connecting(_ target: String, _ error: ServerError) -> Coverage.Entry {
    let text = error.message
    func says(_ pieces: String...) -> Bool { pieces.contains { text.contains($0) } }
    let (reason, detail): (Coverage.Reason, String)
    if error.number == 2005 || says("could not translate host name") {
      // What follows the first sign is taken for the host.
      let password = text.contains("@") ? " An @ in a password is written %40 there." : ""
      (reason, detail) = (
        .unreachable, "No address is known for the host. Check its name in the target." + password
      )
    } else if [2007, 2027].contains(error.number)
      || says("invalid response to SSL", "expected authentication request")
    {
      (reason, detail) = (
        .unreachable, "What answers there is no server of this kind. Check host and port."
      )
    } else if says("invalid sslmode value") {
      (reason, detail) = (
        .unreachable,
        "The sslmode of the URL, of PGSSLMODE or of the service file is not known. It is one of "
          + ServerAddress.sslModeList + "."
      )
    } else if says("definition of service") {
      (reason, detail) = (
        .unreachable,
        "No service file defines the service that is asked for. Check PGSERVICE, PGSERVICEFILE and "
          + "~/.pg_service.conf."
      )
    } else if says("does not match host name", "Hostname verification failed") {
      (reason, detail) = (
        .unreachable,
        "The server's certificate is for another name. Name the host in the target as its certificate "
          + "does."
      )
    } else if says("SSL was required", "does not support SSL", "no SSL", "SSL is required")
      || error.number == 2026 || error.number == 3159
    {
      (reason, detail) = (
        .unreachable,
        "TLS is required and was not agreed on: the server does not offer it, or its certificate is "
          + "not trusted. Turn TLS on at the server, name its authority (sslrootcert, ssl-ca), or "
          + "change sslmode."
      )
    } else if says("certificate") {
      (reason, detail) = (
        .unreachable,
        "The server's certificate is not trusted. Name its authority (sslrootcert, ssl-ca)."
      )
    } else if says("password authentication failed", "no password supplied", "authentication")
      || [1045, 1698].contains(error.number)
    {
      (reason, detail) = (
        .authenticationFailed,
        "The server does not accept the account or its password. Check the user in the target, and "
          + "the password in PGPASSWORD, ~/.pgpass, MYSQL_PWD or the client's option file."
      )
    } else if says("pg_hba.conf") || [1044, 1130].contains(error.number) {
      (reason, detail) = (
        .authenticationFailed,
        "The server does not let this account in from here, or not into this database. Its "
          + "administrator can allow it."
      )
    } else if says("role \"") && says("does not exist") {
      (reason, detail) = (
        .authenticationFailed,
        "The server has no account of this name. Check the user in the target, or PGUSER."
      )
    } else if error.number == 1049 || (says("database") && says("does not exist")) {
      (reason, detail) = (
        .missing,
        "The server has no database of this name. Check the name in the target."
      )
    } else if says("timeout expired", "timed out") || error.number == 2013 {
      (reason, detail) = (
        .unreachable, "The server did not answer in time. Check host, port and firewall."
      )
    } else if [1040, 1203].contains(error.number)
      || says("too many clients", "remaining connection")
    {
      (reason, detail) = (
        .unreachable, "The server has no connection left. Scan again later, or with --threads 1."
      )
    } else {
      (reason, detail) = (
        .unreachable,
        "No connection was made\(suffix(error)). Check host, port and whether the server runs."
      )
    }
    return Coverage.Entry(place: target, reason: reason, detail: detail)
  }

  /// Why a table, or the rest of it, was not read.
  ///
  /// - Parameter rows: how many of its rows were read before.
  static func reading(
    _ place: String, table: String, _ error: ServerError, rows: Int
  ) -> Coverage.Entry {
    let after = rows > 0 ? " after \(Plural.text(rows, "row"))" : ""
    let retry = "Scan it again with --tables '\(table)'."
    let (reason, detail): (Coverage.Reason, String) =
      switch (error.sqlState, error.number) {
      case _ where error.isConnectionLost:
        (.connectionLost, "The connection was lost\(after). \(retry)")
      case ("42501", _), (_, 1142), (_, 1143), (_, 1044), (_, 1370):
        (
          .permissionDenied,
          "The account may not read it. Grant it SELECT (and USAGE of the schema)."
        )
      case ("42P01", _), ("3F000", _), (_, 1146), (_, 1049), (_, 1051):
        (.vanished, "It was dropped or renamed during the scan.")
      case (_, 1412), ("42703", _), (_, 1054), ("0A000", 0):
        (.changed, "Its definition was changed during the scan\(after). \(retry)")
      case ("57014", _), (_, 1969), (_, 3024):
        (
          .timeLimit,
          "The server ended the statement\(after): its time limit (statement_timeout, "
            + "max_statement_time) is too short. Raise it for this account, then scan again with "
            + "--tables '\(table)'."
        )
      case ("55P03", _), (_, 1205):
        (.locked, "Another session keeps it locked. \(retry)")
      case ("22021", _), ("22P05", _), (_, 1366):
        (.readError, "A text in it is not of the encoding the server declares\(after).")
      case (_, 1153), (_, 2020):
        (
          .largerThanLimit,
          "A row is larger than max_allowed_packet\(after). Raise it at the server."
        )
      case ("XX001", _), ("XX002", _), (_, 1034), (_, 1194), (_, 126), (_, 127):
        (.corrupt, "The server says that it is damaged\(after).")
      case ("53200", _):
        (.readError, "The server is out of memory or of locks\(after). \(retry)")
      default: (.readError, "The server refused to read it\(suffix(error))\(after). \(retry)")
      }
    return Coverage.Entry(place: place, reason: reason, detail: detail)
  }

  /// A connection that was lost took the common snapshot with it.
  static func newSnapshot(_ target: String) -> Coverage.Entry {
    Coverage.Entry(
      place: target, reason: .connectionLost,
      detail: "The connection was lost, and with it the common moment at which tables are read: "
        + "the tables after that were read as of a later one. Scan again for one moment.")
  }

  static func missingLibrary(_ target: String, _ error: RunError) -> Coverage.Entry {
    Coverage.Entry(
      place: target, reason: .unsupported,
      detail: "\(error.subject): \(error.message); \(error.hint ?? "").")
  }

  /// `--sample` was given.
  static func sampled(_ target: String, rows: Int) -> Coverage.Entry {
    Coverage.Entry(
      place: target, reason: .sampled,
      detail:
        "At most \(Plural.text(rows, "row")) of each table came, as asked for. Scan without --sample."
    )
  }

  private static func suffix(_ error: ServerError) -> String {
    error.code.isEmpty ? "" : " (\(error.code))"
  }
}

/// Which tables a run is about.
struct TableFilter: Sendable {
  private let included: [Glob]
  private let excluded: [Glob]

  init(_ options: InputOptions) {
    included = options.tables
    excluded = options.excludes
  }

  /// - Parameter name: `schema.table`.
  func admits(_ name: String) -> Bool {
    (included.isEmpty || included.contains { Self.matches($0, name) })
      && !excluded.contains { Self.matches($0, name) }
  }

  /// Whether a table that is not shown may be one that was asked for: a name that is written out is
  /// missed when it is not among those shown (see `unmatched`).
  /// - Parameter schema: where it lies; `nil` for a schema that is not shown either.
  func mayMean(tableIn schema: String?) -> Bool {
    let unknown = (schema ?? "unpan_no_such_schema") + ".unpan_no_such_table"
    if excluded.contains(where: { Self.matches($0, unknown) }) { return false }
    return included.isEmpty
      || included.contains { glob in
        let start = glob.start
        if start.isWhole { return false }
        guard let schema else { return !start.bytes.contains(UInt8(ascii: ".")) }
        let prefix = Array((schema + ".").utf8)
        return zip(start.bytes, prefix).allSatisfy { $0 == $1 }
      }
  }

  /// What the coverage says of patterns of `--tables` that mean nothing that is there.
  /// - Parameter names: of all that can be read.
  func unmatched(_ names: [String], _ target: String) -> [Coverage.Entry] {
    included.filter { glob in !names.contains { Self.matches(glob, $0) } }.map { glob in
      Coverage.Entry(
        place: target + ": " + glob.text, reason: .missing,
        detail: "No table or index with this name is shown to the account (--tables). Of a "
          + "partitioned table, name the partitions.")
    }
  }

  private static func matches(_ glob: Glob, _ name: String) -> Bool {
    // A slash parts directories in a pattern; in a table's name it is a letter like others.
    let bytes = name.utf8.map { $0 == UInt8(ascii: "/") ? UInt8(ascii: "_") : $0 }
    return glob.matches(path: bytes, isDirectory: false)
  }

  func entry(_ place: String) -> Coverage.Entry {
    Coverage.Entry(place: place, reason: .excludedByPattern)
  }
}

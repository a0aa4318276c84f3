import Core
import Native

/// What happens to the places where SQLite keeps old values.
extension SQLiteMigration {
  func prepareForScrubbing() throws(MigrationError) {
    // Deleted content is overwritten with zeros instead of only being unlinked.
    try execute("PRAGMA secure_delete = ON")
  }

  func cleaningStatements(tables: [String]) throws(MigrationError) -> [String] {
    try ["PRAGMA secure_delete = ON"] + searchStatements()
      + ["PRAGMA wal_checkpoint(TRUNCATE)", "VACUUM"]
  }

  func cleanFreedSpace(tables: [String]) throws(MigrationError) {
    let statements = try searchStatements()
    try transaction { () throws(MigrationError) in
      for sql in statements { try execute(sql) }
    }
    // Statistics hold samples of indexed values.
    if try number(
      "SELECT count(*) FROM sqlite_master WHERE name IN ('sqlite_stat3', 'sqlite_stat4')") > 0
    {
      try execute("ANALYZE")
    }
    try checkpoint()
    try execute("VACUUM")
    try checkpoint()
  }

  /// What makes each index for full text anew from what its table holds now. One without content keeps
  /// nothing to be made anew from: all of it goes, as nobody can tell which of its words were numbers.
  func searchStatements() throws(MigrationError) -> [String] {
    let schema = try schema()
    var statements: [String] = []
    for table in schema.tables where ["fts3", "fts4", "fts5"].contains(table.module) {
      let options = try definition(of: table.name)
      if options.contains("compress=") {
        throw MigrationError(
          .rehearsalFailed, command("rebuild", table.name),
          cause: "compress= names a function of the shop's own program; drop the index, and "
            + "make it anew after the scrub")
      }
      if !options.contains("content=''"), !options.contains("content=\"\"") {
        statements.append(command("rebuild", table.name))
      } else if table.module == "fts5" {
        statements.append(command("delete-all", table.name))
      } else {
        // FTS4 has no command for it; it deletes the same rows itself with its last row (fts3DeleteAll).
        statements += ["_segments", "_segdir", "_docsize", "_stat"].map { table.name + $0 }
          .filter { schema.table($0) != nil }.map { "DELETE FROM \(quoted($0))" }
      }
    }
    return statements
  }

  private func command(_ word: String, _ name: String) -> String {
    "INSERT INTO \(quoted(name))(\(quoted(name))) VALUES('\(word)')"
  }

  /// In small letters and without blanks.
  private func definition(of name: String) throws(MigrationError) -> String {
    let sql = try withConnection { (database) throws(SQLiteCode) in
      let statement = try database.prepare("SELECT sql FROM sqlite_master WHERE name = ?")
      try statement.bind(1, text: Array(name.utf8))
      return try statement.advance() ? Array(statement.currentRow.text(0)) : []
    }
    return String(decoding: sql, as: UTF8.self).filter { !$0.isWhitespace }.lowercased()
  }

  /// Moves the log into the database and leaves no log or journal with old pages behind.
  private func checkpoint() throws(MigrationError) {
    let (isBusy, mode) = try withConnection { (database) throws(SQLiteCode) in
      let mode = try database.prepare("PRAGMA journal_mode")
      let word =
        try mode.advance() ? String(decoding: Array(mode.currentRow.text(0)), as: UTF8.self) : ""
      let statement = try database.prepare("PRAGMA wal_checkpoint(TRUNCATE)")
      return (try statement.advance() && statement.currentRow.integer(0) != 0, word)
    }
    if isBusy { throw MigrationError(.busy, place, cause: "the log is in use") }
    // A journal that is kept for the next transaction holds the pages of the last one.
    if mode == "persist" || mode == "truncate" { try execute("PRAGMA journal_mode = DELETE") }
  }

  var cannotClean: [CleaningNote] {
    let shown = place.dropFirst("sqlite:".count)
    return [
      CleaningNote(
        what: "backups and copies of the file",
        why: "every copy made before the scrub still holds the numbers",
        commands: ["unpan scan DIRECTORY-WITH-BACKUPS"]),
      CleaningNote(
        what: "blocks that the file system has freed",
        why: "the journal held old pages until each transaction ended, and VACUUM wrote a new file",
        commands: ["fstrim --verbose MOUNT-POINT", "df \(shown)"]),
      CleaningNote(
        what: "snapshots of the file system and replicas (Litestream, LiteFS, rsync)",
        why: "they follow the file, not its content",
        commands: ["zfs list -t snapshot", "btrfs subvolume list -s MOUNT-POINT"]),
    ]
  }
}

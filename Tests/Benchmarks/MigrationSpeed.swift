import Foundation
import Native
import TestSupport

/// A shop with the plain schema and its mapping file, and the same work done by `sqlite3` alone.
enum MigrationSpeed {
  /// Makes `shop.db`, `cards.csv` and `mapping.csv` in a folder.
  static func write(to folder: String, rows: Int, seed: UInt64) throws(BenchmarkError) {
    var random = SplitMix(seed: seed)
    var mapping =
      "old_id,source_old_id,created_customer,source_new_id,card_fingerprint,card_last4,"
      + "card_exp_month,card_exp_year,card_brand\n"
    var cards = "id,customer_id,number,exp_month,exp_year,cvv\n"
    do {
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
      let database = try Database.create(folder + "/shop.db")
      try database.execute(
        """
        PRAGMA synchronous = OFF;
        CREATE TABLE customers(id INTEGER PRIMARY KEY, email TEXT, name TEXT);
        CREATE TABLE cards(id INTEGER PRIMARY KEY, customer_id INTEGER, number TEXT,
          exp_month INTEGER, exp_year INTEGER, cvv TEXT);
        BEGIN
        """)
      for id in 1...rows {
        let number = TestCards.number("4539", 16, using: &random)
        let (month, token) = (1 + id % 12, 1_000_000_000 + id)
        try database.execute(
          """
          INSERT INTO customers VALUES (\(id), 'c\(id)@example.com', 'C \(id)');
          INSERT INTO cards VALUES (\(id), \(id), '\(number)', \(month), 2035, '123')
          """)
        cards += "\(id),\(id),\(number),\(month),2035,123\n"
        mapping +=
          "\(id),\(id),cus_abcd\(token),pm_abcdefghijklmn\(token),abcdef\(token),"
          + "\(number.suffix(4)),\(month),2035,Visa\n"
      }
      try database.execute("COMMIT")
      try Data(mapping.utf8).write(to: URL(filePath: folder + "/mapping.csv"))
      try Data(cards.utf8).write(to: URL(filePath: folder + "/cards.csv"))
    } catch {
      throw BenchmarkError("\(folder): \(error)")
    }
  }

  /// A copy of the shop, so that every run starts from the same.
  private static let fresh = "cp shop.db run.db && rm -f unpan-ledger.db && "

  /// What is compared, each in the folder: match and import with join, link and raw update.
  static func commands(_ folder: String, unpan: String) -> [Command] {
    let join = """
      .mode csv
      .import cards.csv legacy
      .import mapping.csv mapping
      .once /dev/null
      SELECT l.id, m.source_new_id, m.card_brand, m.card_last4 FROM legacy AS l
      LEFT JOIN mapping AS m ON m.old_id = l.customer_id AND m.source_old_id = l.id;
      """
    // Imports the file as well: link reads it too.
    let update = """
      .mode csv
      ALTER TABLE cards ADD COLUMN pm TEXT; ALTER TABLE cards ADD COLUMN brand TEXT;
      ALTER TABLE cards ADD COLUMN last4 TEXT; ALTER TABLE customers ADD COLUMN cus TEXT;
      ATTACH '' AS m;
      .import --schema m mapping.csv mapping
      CREATE TEMP TABLE t AS SELECT source_old_id + 0 AS id, source_new_id AS pm,
        card_brand AS brand, card_last4 AS last4 FROM m.mapping;
      CREATE TEMP TABLE c AS SELECT DISTINCT old_id + 0 AS id, created_customer AS cus FROM m.mapping;
      UPDATE cards SET pm = t.pm, brand = t.brand, last4 = t.last4 FROM t WHERE t.id = cards.id;
      UPDATE customers SET cus = c.cus FROM c WHERE c.id = customers.id;
      """
    let initial =
      "rm -f m.json5 && \(unpan) migrate init sqlite:run.db --mapping mapping.csv -o m.json5 -q"
    let plan = "\(unpan) migrate plan --config m.json5 -o plan.json -q"
    let all = [
      ("prepare", fresh + initial + " && " + plan),
      ("import and join", "rm -f join.db && sqlite3 join.db <<'END'\n\(join)\nEND"),
      ("match", "\(unpan) migrate match --config m.json5"),
      ("update from", "cp shop.db raw.db && sqlite3 raw.db <<'END'\n\(update)\nEND"),
      ("link", fresh + "\(unpan) migrate link --plan plan.json --apply"),
    ]
    return all.map { title, script in
      Command(
        title: title, program: "sh", arguments: ["-c", "cd \"\(folder)\" && " + script])
    }
  }
}

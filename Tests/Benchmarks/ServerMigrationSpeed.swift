import Foundation
import Glibc
import TestSupport

/// Linking on PostgreSQL, and the same work done by `psql` alone.
enum ServerMigrationSpeed {
  /// Starts the server and fills a database from a folder that `MigrationSpeed.write` made.
  static func prepare(_ folder: String) throws(BenchmarkError) {
    let server: TestServer
    do { server = try TestServer.postgreSQL() } catch { throw BenchmarkError("\(error)") }
    for (name, value) in [
      ("PGHOST", "127.0.0.1"), ("PGPORT", String(server.port)), ("PGUSER", server.user),
      ("PGPASSWORD", server.password),
    ] { setenv(name, value, 1) }
    let tables = """
      CREATE TABLE customers(id int PRIMARY KEY, email text, name text);
      CREATE TABLE cards(id int PRIMARY KEY, customer_id int, number text, exp_month int,
        exp_year int, cvv text);
      \\copy cards FROM cards.csv CSV HEADER
      INSERT INTO customers SELECT id, 'c' || id || '@example.com', 'C ' || id FROM cards;
      VACUUM ANALYZE
      """
    let made = try Command(
      title: "fill", program: "sh",
      arguments: [
        "-c",
        "cd \"\(folder)\" && psql -qd postgres -c 'CREATE DATABASE shop' && "
          + "psql -v ON_ERROR_STOP=1 -qd shop <<'END'\n\(tables)\nEND",
      ]
    ).run()
    guard made.exitStatus == 0 else { throw BenchmarkError("the shop cannot be made") }
  }

  /// A copy of the shop, so that every run starts from the same.
  private static func fresh(_ name: String) -> String {
    "psql -qd postgres -c 'SET client_min_messages = error' -c 'DROP DATABASE IF EXISTS \(name)' "
      + "-c 'CREATE DATABASE \(name) TEMPLATE shop' -c CHECKPOINT && "
  }

  /// What is compared, each in the folder: a copy alone, the raw update, and link.
  static func commands(_ folder: String, unpan: String) -> [Command] {
    // Imports the file as well: link reads it too.
    let update = """
      ALTER TABLE cards ADD COLUMN pm text, ADD COLUMN brand text, ADD COLUMN last4 text;
      ALTER TABLE customers ADD COLUMN cus text;
      CREATE TEMP TABLE mapping(old_id text, source_old_id text, created_customer text,
        source_new_id text, card_fingerprint text, card_last4 text, card_exp_month text,
        card_exp_year text, card_brand text);
      \\copy mapping FROM mapping.csv CSV HEADER
      CREATE TEMP TABLE t AS SELECT source_old_id::int AS id, source_new_id AS pm,
        card_brand AS brand, card_last4 AS last4 FROM mapping;
      CREATE TEMP TABLE c AS SELECT DISTINCT old_id::int AS id, created_customer AS cus FROM mapping;
      UPDATE cards SET pm = t.pm, brand = t.brand, last4 = t.last4 FROM t WHERE t.id = cards.id;
      UPDATE customers SET cus = c.cus FROM c WHERE c.id = customers.id;
      """
    let target = "postgres://$PGUSER@$PGHOST:$PGPORT/run"
    let initial =
      "rm -f s.json5 && \(unpan) migrate init \(target) --mapping mapping.csv -o s.json5 -q"
    let plan = "\(unpan) migrate plan --config s.json5 -o s.plan -q"
    let all = [
      ("prepare", fresh("run") + initial + " && " + plan),
      ("copy", fresh("run") + "true"),
      ("update from", fresh("raw") + "psql -v ON_ERROR_STOP=1 -qd raw <<'END'\n\(update)\nEND"),
      (
        "link",
        fresh("run") + "rm -f s.db && \(unpan) migrate link --plan s.plan --ledger s.db --apply"
      ),
    ]
    return all.map { title, script in
      Command(
        title: title, program: "sh", arguments: ["-c", "cd \"\(folder)\" && " + script])
    }
  }
}

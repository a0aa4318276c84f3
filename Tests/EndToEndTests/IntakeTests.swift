import Foundation
import TestSupport
import Testing

/// `unpan migrate intake` with a real `gpg` and a key of its own.
@Suite(.enabled(if: KeyRing.isPossible, "gpg is not installed (gnupg)"))
struct IntakeTests {
  private let shop: MigratedShop
  private let ring: KeyRing

  init() throws {
    shop = try MigratedShop(rows: 0)
    ring = try KeyRing()
    try shop.execute(
      """
      INSERT INTO customers VALUES (1, 'ann@example.com', 'Ann, "A"'), (2, 'b@example.com', 'B'),
        (3, 'c@example.com', 'C');
      INSERT INTO cards VALUES (10, 1, '4242 4242 4242 4242', 9, 2030, '123'),
        (20, 2, '5555555555554444', 12, 31, '456'), (30, 3, '4242424242424241', 1, 2030, '1'),
        (40, 3, '378282246310005', 13, 2030, '1'), (50, 4, '4111111111111111', 1, 2030, '1'),
        (60, 9, '4111111111111111', 1, 2030, '1'), (70, 2, NULL, 1, 2030, NULL);
      """)
    let made = try shop.tool.run(["migrate", "init", "sqlite:shop.db"])
    #expect(made.exit == 0, "\(made.err)")
    // What is in the ledger from here on is of intake.
    try FileManager.default.removeItem(at: shop.tool.directory.appending(path: "unpan-ledger.db"))
    try shop.execute("INSERT INTO customers VALUES (4, NULL, 'D 4111 1111 1111 1111')")
  }

  private func intake(_ more: [String], _ environment: [String: String] = [:]) throws
    -> Tool.Outcome
  {
    try shop.tool.run(
      ["migrate", "intake", "--config", "unpan-migration.json5"] + more,
      environment: ["GNUPGHOME": ring.home.path].merging(environment) { $1 })
  }

  private func isThere(_ name: String) -> Bool {
    FileManager.default.fileExists(atPath: shop.tool.directory.appending(path: name).path)
  }

  @Test func `only the recipient reads the file, and rows that Stripe would refuse are told`()
    throws
  {
    let done = try intake(
      ["--recipient", ring.spacedFingerprint, "--output", "cards.csv.gpg", "--rejects", "r.jsonl"])
    #expect(done.exit == 1, "\(done.err)")
    #expect(done.err.contains("3 cards written") && done.err.contains("4 of 7 rows left out"))
    #expect(done.err.contains(ring.fingerprint) && done.out.isEmpty)
    #expect(
      try ring.decrypt(shop.tool.directory.appending(path: "cards.csv.gpg")) == """
        \(KeyRing.header)
        "1","10","4242424242424242","9","2030","ann@example.com","Ann, ""A""\"
        "2","20","5555555555554444","12","31","b@example.com","B"
        "9","60","4111111111111111","1","2030",,

        """)
    let rejects = try String(
      contentsOf: shop.tool.directory.appending(path: "r.jsonl"), encoding: .utf8)
    #expect(
      rejects.split(separator: "\n").map { line in
        line.split(separator: "\"").filter { !":,{}".contains($0) }.joined(separator: " ")
      }
        == [
          ("30", "card_number", "not-a-card-number"), ("40", "card_exp_month", "not-a-month"),
          ("50", "name", "card-number"), ("70", "card_number", "missing"),
        ].map { "type intake-reject table cards key \($0.0) column \($0.1) reason \($0.2)" })
    let encrypted = try Data(contentsOf: shop.tool.directory.appending(path: "cards.csv.gpg"))
    let ledger = try Data(contentsOf: shop.tool.directory.appending(path: "unpan-ledger.db"))
    for number in ["4242424242424242", "5555555555554444", "4111111111111111"] {
      for data in [encrypted, ledger, Data((rejects + done.err).utf8)] {
        #expect(data.firstRange(of: Data(number.utf8)) == nil)
      }
    }
    #expect(ledger.firstRange(of: Data(ring.fingerprint.utf8)) != nil)
  }

  @Test func `numbers are written with their digits alone, whatever the column makes of them`()
    throws
  {
    try shop.execute(
      """
      DELETE FROM cards;
      INSERT INTO cards VALUES (10, 1, '00004242424242424242', '009', '0030', NULL),
        (20, 2, '5555555555554444.0', 12.0, 2031.0, NULL),
        (30, 3, '{"number": "378282246310005", "cvv": "1234"}', 1, 2030, NULL),
        (40, 3, '6.205500000000000004e+18', 1, 2030, NULL),
        (50, 3, '["378282246310005", "4111111111111111"]', 1, 2030, NULL),
        (60, 3, '0000000000000000', 1, 2030, NULL), (70, 3, '************4242', 1, 2030, NULL);
      """)
    let done = try intake(["--recipient", ring.fingerprint])
    #expect(done.exit == 1 && done.err.contains("4 of 7 rows left out"), "\(done.err)")
    #expect(
      try ring.decrypt(shop.tool.directory.appending(path: "cards.csv.gpg")) == """
        \(KeyRing.header)
        "1","10","4242424242424242","9","30","ann@example.com","Ann, ""A""\"
        "2","20","5555555555554444","12","2031","b@example.com","B"
        "3","30","378282246310005","1","2030","c@example.com","C"

        """)
    for key in [40, 50, 70] {
      #expect(done.out.contains("cards \(key): card_number is not a card number"))
    }
    #expect(done.out.contains("cards 60: card_number is missing"))
  }

  @Test func `rejects are told on standard output without a file for them`() throws {
    let done = try intake(["--recipient", ring.fingerprint])
    #expect(done.exit == 1 && isThere("cards.csv.gpg"))
    #expect(done.out.contains("cards 30: card_number is not a card number"))
    let piped = try intake(["--recipient", ring.fingerprint, "--output", "-"])
    #expect(piped.exit == 1 && piped.err.contains("cards 30: card_number"))
    #expect(!piped.out.contains("cards 30"))
  }

  @Test func `a recipient must be a whole fingerprint that the keyring has`() throws {
    let wrong = String(ring.fingerprint.dropLast()) + (ring.fingerprint.last == "0" ? "1" : "0")
    for (name, words) in [
      (String(ring.fingerprint.suffix(16)), "whole fingerprint"),
      ("t@example.invalid", "whole fingerprint"), (wrong, "no key with this fingerprint"),
      (ring.subkey, "of a subkey"),
    ] {
      let done = try intake(["--recipient", name])
      #expect(done.exit == 64 && done.err.contains(words), "\(done.err)")
      #expect(!isThere("cards.csv.gpg") && !isThere("unpan-ledger.db"))
    }
  }

  @Test func `a key that expired or cannot encrypt is refused`() throws {
    for (kind, words) in [(KeyRing.Kind.signing, "cannot encrypt"), (.expired, "expired")] {
      let other = try KeyRing(kind)
      let done = try intake(["--recipient", other.fingerprint], ["GNUPGHOME": other.home.path])
      #expect(done.exit == 64 && done.err.contains(words), "\(done.err)")
    }
  }

  @Test func `settings of the user add no recipient`() throws {
    let other = try KeyRing()
    try other.exportKey(to: ring)
    try "encrypt-to \(other.fingerprint)\n".write(
      to: ring.home.appending(path: "gpg.conf"), atomically: true, encoding: .utf8)
    #expect(try intake(["--recipient", ring.fingerprint]).exit == 1)
    #expect(throws: (any Error).self) {
      try other.decrypt(shop.tool.directory.appending(path: "cards.csv.gpg"))
    }
  }

  @Test(arguments: ["head -c 70000 >/dev/null; kill -9 $$", "exit 0", "cat; exit 2"])
  func `no file is left when gpg does not come to its end`(script: String) throws {
    try shop.execute(
      """
      DELETE FROM cards;
      WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)
      INSERT INTO cards SELECT i, 1, '4242424242424242', 9, 2030, '' FROM n
      """)
    let real = KeyRing.program ?? "gpg"
    try shop.tool.write(
      "#!/bin/sh\ncase \"$*\" in *--list-keys*) exec \(real) \"$@\";; esac\n\(script)\n",
      to: "bin/gpg")
    let directory = shop.tool.directory
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: directory.appending(path: "bin/gpg").path)
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    let done = try intake(
      ["--recipient", ring.fingerprint],
      ["PATH": directory.appending(path: "bin").path + ":" + path])
    #expect(done.exit == 3 && done.err.contains("did not encrypt everything"), "\(done.err)")
    let status = try shop.tool.run(["migrate", "status"])
    #expect(status.out.contains("end  migrate intake  stopped: "), "\(status.out)")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted() == [
        "bin", "mapping.csv", "shop.db", "unpan-ledger.db", "unpan-migration.json5",
      ])
  }

  @Test func `a full disk and a missing gpg are told`() throws {
    let full = try intake(["--recipient", ring.fingerprint, "--output", "/dev/full"])
    #expect(full.exit == 3 && full.err.contains("No space left"), "\(full.err)")
    let missing = try intake(["--recipient", ring.fingerprint], ["PATH": "/nowhere"])
    #expect(missing.exit == 3 && missing.err.contains("gnupg"), "\(missing.err)")
  }

  @Test func `the list of customers that exist has no card data`() throws {
    try shop.execute(
      """
      ALTER TABLE customers ADD COLUMN stripe_customer_id TEXT;
      UPDATE customers SET stripe_customer_id = 'cus_abc123def456' WHERE id = 1;
      UPDATE customers SET stripe_customer_id = 'pm_1' WHERE id = 2;
      INSERT INTO customers VALUES (4242424242424242, 'e', 'E', 'cus_abc123def457');
      """)
    let done = try intake(["--customers"])
    #expect(done.exit == 1, "\(done.err)")
    #expect(done.out.contains("customers 2: stripe_customer_id is not a customer's id"))
    #expect(done.out.contains("************4242: old_customer_id holds a card number"))
    #expect(
      try String(contentsOf: shop.tool.directory.appending(path: "customers.csv"), encoding: .utf8)
        == "\"old_customer_id\",\"stripe_customer_id\"\n\"1\",\"cus_abc123def456\"\n")
  }

  @Test(
    arguments: [
      ("cards: {description: \"cvv\"}", "without card data"),
      ("cards: {cvv: \"cvv\"}", "no key cvv"),
      ("cards: {brand: \"brand\"}", "one of network_transaction_id"),
    ])
  func `no other column takes card data along`(part: String, words: String) throws {
    let file = shop.tool.directory.appending(path: "unpan-migration.json5")
    let text = try String(contentsOf: file, encoding: .utf8)
    try text.replacingOccurrences(of: "cards: {},", with: part + ",").write(
      to: file, atomically: true, encoding: .utf8)
    let done = try intake(["--recipient", ring.fingerprint])
    #expect(done.exit == 64 && done.err.contains(words), "\(done.err)")
  }
}

/// A keyring in a directory of its own with one key that is thrown away.
final class KeyRing {
  let home: URL
  private(set) var fingerprint = ""
  private(set) var subkey = ""

  enum Kind { case usable, signing, expired }

  static let header =
    #""old_customer_id","old_card_id","card_number","card_exp_month","card_exp_year","email","name""#

  static var program: String? {
    ["/usr/bin/gpg", "/usr/local/bin/gpg"].first {
      FileManager.default.isExecutableFile(atPath: $0)
    }
  }

  /// Missing is a failure in CI.
  static var isPossible: Bool {
    program != nil || ProcessInfo.processInfo.environment["CI"] == "true"
  }

  init(_ kind: Kind = .usable) throws {
    // Short, because the agent's socket lies in it.
    home = URL(filePath: "/tmp/unpan-\(UUID().uuidString.prefix(8))")
    try FileManager.default.createDirectory(
      at: home, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
    var key = ["--batch", "--passphrase", ""]
    // The only clock there is for a key that has expired.
    if kind == .expired { key += ["--faked-system-time", "20200101T000000!"] }
    key += ["--quick-generate-key", "Test Import <t@example.invalid>"]
    switch kind {
    case .usable: break
    case .signing: key += ["ed25519", "sign", "never"]
    case .expired: key += ["default", "default", "1d"]
    }
    _ = try run(key)
    let listing = try run(["--batch", "--with-colons", "--list-keys"])
    let prints = listing.split(separator: "\n").filter { $0.hasPrefix("fpr") }.map { line in
      String(line.split(separator: ":").last ?? "")
    }
    fingerprint = prints.first ?? ""
    subkey = prints.last ?? ""
  }

  var spacedFingerprint: String {
    stride(from: 0, to: fingerprint.count, by: 4).map {
      String(fingerprint.dropFirst($0).prefix(4))
    }.joined(separator: " ")
  }

  func decrypt(_ file: URL) throws -> String {
    try run(["--batch", "--quiet", "--decrypt", file.path])
  }

  func exportKey(to other: KeyRing) throws {
    let file = other.home.appending(path: "key").path
    _ = try run(["--batch", "--output", file, "--export", fingerprint])
    _ = try other.run(["--batch", "--import", file])
  }

  private struct Failed: Error { var text: String }

  private func run(_ arguments: [String]) throws -> String {
    let outcome = try Tool(in: home).run(
      arguments, environment: ["GNUPGHOME": home.path, "LC_ALL": "C"],
      binary: KeyRing.program)
    guard outcome.exit == 0 else { throw Failed(text: outcome.err) }
    return outcome.out
  }

  deinit {
    _ = try? Tool(in: home).run(
      ["--homedir", home.path, "--kill", "all"], binary: "/usr/bin/gpgconf")
    try? FileManager.default.removeItem(at: home)
  }
}

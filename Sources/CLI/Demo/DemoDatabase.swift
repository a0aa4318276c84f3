import Core

/// `shop.db`: the shop's database as statements, and what they plant.
///
/// The statements make the same bytes with the same version of SQLite; its version number is in the
/// file's header.
struct DemoDatabase {
  static let path = "shop.db"

  /// To be executed in order; each is a complete statement.
  private(set) var statements: [String] = []
  private(set) var plants: [DemoManifest.Plant] = []
  private(set) var lookAlikes: [DemoManifest.LookAlike] = []
  private var random: DemoRandom

  init(people: inout DemoPeople, seed: UInt64) {
    random = DemoRandom(seed: seed, stream: 50)
    // Debian's SQLite overwrites what it deletes; most others, and all older ones, do not.
    statements = [
      "PRAGMA page_size = 4096", "PRAGMA secure_delete = OFF", "PRAGMA auto_vacuum = NONE",
      "BEGIN",
    ]
    statements += DemoDatabase.schema
    addCustomers(people)
    addCards(&people)
    addOrders(people)
    addSubscriptions(people)
    addWebhooks(people)
    addImport(&people)
    statements.append("COMMIT")
    addResidue()
  }

  private static let schema = [
    """
    CREATE TABLE customers(
      id INTEGER PRIMARY KEY, email TEXT NOT NULL, name TEXT, phone TEXT, stripe_customer TEXT)
    """,
    """
    CREATE TABLE cards(
      id INTEGER PRIMARY KEY, customer_id INTEGER, number TEXT, exp_month INTEGER,
      exp_year INTEGER, cvv TEXT)
    """,
    """
    CREATE TABLE orders(
      id INTEGER PRIMARY KEY, customer_id INTEGER, order_no TEXT, total INTEGER, currency TEXT,
      tracking_number TEXT, notes TEXT)
    """,
    """
    CREATE TABLE legacy_subscriptions(
      id INTEGER PRIMARY KEY, customer_id INTEGER, plan TEXT, pan INTEGER, next_charge TEXT)
    """,
    """
    CREATE TABLE webhook_log(
      id INTEGER PRIMARY KEY, received_ms INTEGER, kind TEXT, payload TEXT)
    """,
    "CREATE TABLE import_tmp(line TEXT)",
    "CREATE INDEX orders_by_customer ON orders(customer_id)",
  ]

  private mutating func addCustomers(_ people: DemoPeople) {
    insert(
      into: "customers(id, email, name, phone, stripe_customer)",
      people.customers.map {
        "(\($0.id), '\($0.email)', '\($0.name)', '\($0.phone)', \(quoted($0.stripeID)))"
      })
  }

  private mutating func addCards(_ people: inout DemoPeople) {
    var rows: [String] = []
    for customer in people.customers {
      for card in customer.cards {
        if DemoDatabase.deletedCards.contains(rows.count + 1) {
          rows.append(cardToDelete(rows.count + 1, &people))
        }
        let id = rows.count + 1
        let number = random.once(in: 12) ? card.grouped(by: " ") : card.number
        let hasCode = random.once(in: 3)
        plant(.pan(card), "cards", "number", id)
        if hasCode { plant(.code(card), "cards", "cvv", id) }
        rows.append(
          "(\(id), \(customer.id), '\(number)', \(card.month), \(card.year),"
            + " \(quoted(hasCode ? card.code : nil)))")
      }
    }
    insert(into: "cards(id, customer_id, number, exp_month, exp_year, cvv)", rows)
  }

  /// A card of a customer who left; its row will be deleted and its number stands nowhere else.
  private mutating func cardToDelete(_ id: Int, _ people: inout DemoPeople) -> String {
    let card = people.cardMaker.make(&random)
    residue(card)
    // The customer's id is stored in two bytes right before the number. Kept out of the digits'
    // codes, which a reader of raw pages would take for a part of the number.
    let customer = 0x0A00 + id % 32
    return "(\(id), \(customer), '\(card.number)', \(card.month), \(card.year), NULL)"
  }

  private mutating func addOrders(_ people: DemoPeople) {
    var rows: [String] = []
    for id in 1...DemoDatabase.orders {
      // As in `cardToDelete`: stale copies of these rows lie in free pages.
      var (customer, card) = people.pick(&random)
      while (0x30...0x39).contains(customer.id & 0xFF) {
        (customer, card) = people.pick(&random)
      }
      let order = "\(random.within(1...9))" + random.digits(14)
      let tracking = random.digits(18)
      lookAlike("order number", order, "orders", "order_no", id)
      lookAlike("tracking", tracking, "orders", "tracking_number", id)
      rows.append(
        "(\(id), \(customer.id), '\(order)', \(random.within(300...25_000)), 'GBP', '\(tracking)',"
          + " \(quoted(note(id, card))))")
    }
    insert(
      into: "orders(id, customer_id, order_no, total, currency, tracking_number, notes)", rows)
  }

  /// What staff type into a field that takes anything.
  private mutating func note(_ id: Int, _ card: DemoCard) -> String? {
    guard id % 160 == 0 else {
      switch random.below(8) {
      case 0: return "gift wrap, no invoice in the parcel"
      case 1: return "refund goes to card ending \(card.last4)"
      case 2: return "customer rang, wants delivery after 17:30"
      case 3: return "charged by pm_\(random.token(24)), ok"
      default: return nil
      }
    }
    plant(.pan(card), "orders", "notes", id)
    switch id / 160 % 4 {
    case 0:
      return "pls charge \(card.grouped(by: " ")) exp \(card.expiry)"
    case 1:
      return "NEW CARD \(card.grouped(by: "-")) \(card.expiry), old one is dead"
    case 2:
      plant(.code(card), "orders", "notes", id)
      return "by phone: card \(card.number) exp \(card.expiry) cvv \(card.code)"
    default:
      return "paid half in cash, rest on \(card.number)"
    }
  }

  /// A card number in an INTEGER column: what an importer from a spreadsheet makes.
  private mutating func addSubscriptions(_ people: DemoPeople) {
    var rows: [String] = []
    for id in 1...DemoDatabase.subscriptions {
      let (customer, card) = people.pick(&random)
      plant(.pan(card), "legacy_subscriptions", "pan", id)
      rows.append(
        "(\(id), \(customer.id), '\(random.pick(["monthly box", "yearly box"]))', \(card.number),"
          + " '2024-04-\(DemoCard.twoDigits(random.within(1...28)))')")
    }
    insert(into: "legacy_subscriptions(id, customer_id, plan, pan, next_charge)", rows)
  }

  private mutating func addWebhooks(_ people: DemoPeople) {
    var rows: [String] = []
    var clock = DemoClock.march(events: DemoDatabase.webhooks)
    for id in 1...DemoDatabase.webhooks {
      clock.tick(&random)
      let (customer, card) = people.pick(&random)
      var payload =
        "{\"object\":\"charge\",\"id\":\"ch_\(random.token(24))\",\"customer\":\(customer.id),"
        + "\"brand\":\"\(card.brand)\",\"last4\":\"\(card.last4)\"}"
      if id % 90 == 0 {
        payload =
          "{\"object\":\"source\",\"source\":{\"number\":\"\(card.number)\","
          + "\"exp\":\"\(card.expiry)\",\"cvc\":\"\(card.code)\"}}"
        plant(.pan(card), "webhook_log", "payload", id)
        plant(.code(card), "webhook_log", "payload", id)
      }
      lookAlike("epoch", "\(clock.epochMilliseconds)", "webhook_log", "received_ms", id)
      rows.append("(\(id), \(clock.epochMilliseconds), 'charge', '\(payload)')")
    }
    insert(into: "webhook_log(id, received_ms, kind, payload)", rows)
  }

  /// A table that was filled, used and dropped: its pages lie in the file's free list.
  private mutating func addImport(_ people: inout DemoPeople) {
    var rows: [String] = []
    for number in 0..<DemoDatabase.imported {
      let card = people.cardMaker.make(&random)
      residue(card)
      rows.append("('import \(number);\(card.number);\(card.expiry);GBP')")
    }
    insert(into: "import_tmp(line)", rows)
  }

  /// Deletes at the very end, so that nothing is written over what the deleted rows leave behind.
  private mutating func addResidue() {
    for id in DemoDatabase.deletedCards {
      statements.append("DELETE FROM cards WHERE id = \(id)")
    }
    statements.append("DROP TABLE import_tmp")
  }

  private mutating func plant(
    _ planted: DemoText.Planted, _ table: String, _ field: String, _ id: Int
  ) {
    plants.append(
      DemoManifest.Plant(
        kind: planted.kind, value: planted.value,
        place: .init(path: DemoDatabase.path, table: table, field: field, row: "id=\(id)")))
  }

  private mutating func residue(_ card: DemoCard) {
    plants.append(
      DemoManifest.Plant(kind: .pan, value: card.number, place: .init(path: DemoDatabase.path)))
  }

  private mutating func lookAlike(
    _ what: String, _ value: String, _ table: String, _ field: String, _ id: Int
  ) {
    lookAlikes.append(
      DemoManifest.LookAlike(
        what: what, value: value,
        place: .init(path: DemoDatabase.path, table: table, field: field, row: "id=\(id)")))
  }

  private mutating func insert(into target: String, _ rows: [String]) {
    var rest = rows[...]
    while !rest.isEmpty {
      statements.append("INSERT INTO \(target) VALUES \(rest.prefix(200).joined(separator: ","))")
      rest = rest.dropFirst(200)
    }
  }

  /// The demo's texts hold no quotation mark, so there is nothing to double.
  private func quoted(_ text: String?) -> String { text.map { "'\($0)'" } ?? "NULL" }

  private static let orders = 3_200
  private static let subscriptions = 120
  private static let webhooks = 1_800
  private static let imported = 40
  /// Far from each other, so that no page is rebuilt when they go.
  private static let deletedCards = [17, 71, 140, 205, 263, 331, 402, 466, 529]
}

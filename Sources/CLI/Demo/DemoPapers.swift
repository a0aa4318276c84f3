/// What lies beside the logs: an old dump, the help desk's mailbox and a file of settings.
enum DemoPapers {
  static func make(people: DemoPeople, seed: UInt64) -> [DemoText] {
    [dump(people, seed), mailbox(people, seed), settings(seed)]
  }

  /// `backup/2019-customers.sql`: nobody remembers who made it.
  private static func dump(_ people: DemoPeople, _ seed: UInt64) -> DemoText {
    var random = DemoRandom(seed: seed, stream: 40)
    var text = DemoText(path: "backup/2019-customers.sql")
    text.line("-- Dump of database shop, table customers_old, 2019-06-30 03:00:01")
    text.line("SET NAMES utf8mb4;")
    text.line("CREATE TABLE `customers_old` (")
    text.line("  `id` int NOT NULL, `email` varchar(190), `name` varchar(90), `phone` varchar(40),")
    text.line("  `card_number` varchar(24), `card_exp` char(5), `cvv2` char(4), `imei` char(15),")
    text.line("  PRIMARY KEY (`id`)")
    text.line(");")
    for customer in people.customers.prefix(300) {
      let card = customer.cards[0]
      // As it was printed on the card in those days.
      let expiry = "\(DemoCard.twoDigits(card.month))/\(card.year % 100 - 5)"
      let hasCard = !random.once(in: 3)
      let hasCode = hasCard && random.once(in: 4)
      let imei = DemoCardMaker.closingWithLuhnDigit("35" + random.digits(12))
      let values = [
        "\(customer.id)", "'\(customer.email)'", "'\(customer.name)'", "'\(customer.phone)'",
        hasCard ? "'\(card.number)'" : "NULL", hasCard ? "'\(expiry)'" : "NULL",
        hasCode ? "'\(card.code)'" : "NULL", "'\(imei)'",
      ]
      text.line(
        "INSERT INTO `customers_old` (`id`, `email`, `name`, `phone`, `card_number`, `card_exp`,"
          + " `cvv2`, `imei`) VALUES (\(values.joined(separator: ", ")));",
        plants: (hasCard ? [.pan(card)] : []) + (hasCode ? [.code(card)] : []),
        lookAlikes: [.init(what: "imei", value: imei)])
    }
    return text
  }

  /// `mail/support-2024-03.mbox`: people write their card numbers to the help desk.
  private static func mailbox(_ people: DemoPeople, _ seed: UInt64) -> DemoText {
    var random = DemoRandom(seed: seed, stream: 41)
    var clock = DemoClock.march(events: 180)
    var text = DemoText(path: "mail/support-2024-03.mbox")
    for message in 0..<180 {
      clock.tick(&random)
      let (customer, card) = people.pick(&random)
      let order = random.within(1_000_000...1_900_000)
      text.line("From \(customer.email) \(clock.isoStamp)")
      text.line("From: \(customer.name) <\(customer.email)>")
      text.line("To: help@shop.example")
      text.line("Message-ID: <\(random.uuid())@mail.example>")
      text.line("Subject: Order \(order)")
      text.line("")
      switch message % 12 {
      case 3:
        text.line("Hello, my payment did not go through. Could you try again with my card")
        text.line("\(card.grouped(by: " ")), valid until \(card.expiry)?", plants: [.pan(card)])
      case 7:
        text.line("New card for my subscription: \(card.number)", plants: [.pan(card)])
        text.line("Expiry date: \(card.expiry)")
        text.line("Security code: \(card.code)", plants: [.code(card)])
      case 10:
        let tracking = random.digits(18)
        text.line(
          "Where is my parcel? Tracking number \(tracking).",
          lookAlikes: [.init(what: "tracking", value: tracking)])
      default:
        text.line("When will order \(order) arrive? I paid with the card ending in \(card.last4).")
      }
      text.line("Kind regards, \(customer.name), \(customer.phone)")
      text.line("")
    }
    return text
  }

  /// `.env`: the settings of the shop with a key in the shape of a Stripe test key.
  private static func settings(_ seed: UInt64) -> DemoText {
    var random = DemoRandom(seed: seed, stream: 42)
    var text = DemoText(path: ".env")
    // Put together from parts: neither this file nor the binary holds anything shaped like a key.
    let key = ["sk", "test", "51" + random.token(97)].joined(separator: "_")
    text.line("APP_ENV=production")
    text.line("DATABASE_URL=sqlite:///srv/shop/shop.db")
    text.line("STRIPE_SECRET_KEY=\(key)", plants: [.secret(key)])
    text.line("SESSION_TTL_SECONDS=86400")
    return text
  }
}

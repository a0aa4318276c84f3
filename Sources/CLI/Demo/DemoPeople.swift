/// A customer of the demo shop: invented name, an address of a reserved domain (RFC 2606) and a
/// telephone number out of the block that Ofcom keeps for drama.
struct DemoCustomer {
  var id: Int
  var name: String
  var email: String
  var phone: String
  /// The Stripe customer, for the few who were moved already.
  var stripeID: String?
  var cards: [DemoCard]
}

/// The shop's customers with their cards.
struct DemoPeople {
  var customers: [DemoCustomer]
  /// Makes further cards, distinct from all the customers'.
  var cardMaker = DemoCardMaker()

  init(count: Int, seed: UInt64) {
    var random = DemoRandom(seed: seed, stream: 1)
    var maker = DemoCardMaker()
    customers = []
    customers.reserveCapacity(count)
    for id in 1...count {
      let first = random.pick(DemoPeople.firstNames)
      let last = random.pick(DemoPeople.lastNames)
      let host = random.pick(["example.com", "example.net", "example.org", "mail.example"])
      var cards = [maker.make(&random)]
      if random.once(in: 6) { cards.append(maker.make(&random)) }
      customers.append(
        DemoCustomer(
          id: id, name: "\(first) \(last)",
          email: "\(first).\(last)\(random.within(1...99))@\(host)".lowercased(),
          phone: "+44 20 7946 0\(random.digits(3))",
          stripeID: random.once(in: 8) ? "cus_\(random.token(14))" : nil, cards: cards))
    }
    cardMaker = maker
  }

  /// A customer and one of the cards.
  func pick(_ random: inout DemoRandom) -> (DemoCustomer, DemoCard) {
    let customer = random.pick(customers)
    return (customer, random.pick(customer.cards))
  }

  private static let firstNames = [
    "Ada", "Bela", "Carla", "Dmitri", "Edda", "Femi", "Greta", "Hugo", "Ines", "Jonas", "Keiko",
    "Liam", "Mara", "Nuno", "Olga", "Pavel", "Quinn", "Rosa", "Sami", "Tara", "Ugo", "Vera",
    "Wanda", "Yusuf", "Zoe",
  ]
  private static let lastNames = [
    "Abbott", "Brandt", "Castell", "Dahl", "Eriksen", "Fontaine", "Grieg", "Hollis", "Ivers",
    "Jansen", "Kowal", "Lindqvist", "Marsh", "Novak", "Okafor", "Pereira", "Quist", "Rossi",
    "Sato", "Tanner", "Ueda", "Varga", "Winter", "Yilmaz", "Zeller",
  ]
}

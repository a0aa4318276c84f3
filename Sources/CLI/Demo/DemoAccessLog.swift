/// `logs/access.log`: a web server's combined log; an old client sends the card in the query.
struct DemoAccessLog {
  private var random: DemoRandom
  private var clock = DemoClock.march(events: DemoAccessLog.events)
  private var text = DemoText(path: "logs/access.log")

  private static let events = 14_000

  static func make(people: DemoPeople, seed: UInt64) -> DemoText {
    var log = DemoAccessLog(random: DemoRandom(seed: seed, stream: 30))
    for event in 0..<events {
      log.clock.tick(&log.random)
      let (_, card) = people.pick(&log.random)
      if event % 700 == 699 {
        log.writeLeak(event / 700, card)
      } else {
        log.writePlain()
      }
    }
    return log.text
  }

  private init(random: DemoRandom) { self.random = random }

  private mutating func write(
    _ request: String, plants: [DemoText.Planted] = [], lookAlikes: [DemoText.Spared] = []
  ) {
    // 203.0.113.0/24 is kept for documentation (RFC 5737).
    text.line(
      "203.0.113.\(random.within(1...254)) - - [\(clock.accessStamp)] \"\(request) HTTP/1.1\""
        + " \(random.pick(["200", "200", "200", "302", "404"])) \(random.within(180...48_000))"
        + " \"https://shop.example/\" \"\(random.pick(DemoAccessLog.agents))\"",
      plants: plants, lookAlikes: lookAlikes)
  }

  private mutating func writePlain() {
    switch random.below(5) {
    case 0:
      write("GET /books/\(random.within(1000...9999))?page=\(random.within(1...9))")
    case 1:
      let stamp = "\(clock.epochMilliseconds)"
      write(
        "GET /assets/app-\(random.hex(20)).js?_=\(stamp)",
        lookAlikes: [.init(what: "epoch", value: stamp)])
    case 2:
      let ean = "978" + random.digits(10)
      write("GET /search?ean=\(ean)", lookAlikes: [.init(what: "ean", value: ean)])
    case 3:
      write(
        "GET /checkout/confirm?order=\(random.within(1_000_000...1_900_000))"
          + "&session=\(random.hex(32))"
      )
    default:
      let tracking = "6" + random.digits(17)
      write(
        "GET /track?parcel=\(random.token(6))&tracking=\(tracking)",
        lookAlikes: [.init(what: "tracking", value: tracking)])
    }
  }

  private mutating func writeLeak(_ number: Int, _ card: DemoCard) {
    switch number % 3 {
    case 0:
      write(
        "GET /pay/retry?cardnumber=\(card.number)&exp=\(DemoCard.twoDigits(card.month))"
          + "\(card.year % 100)&cvc=\(card.code)", plants: [.pan(card), .code(card)])
    case 1:
      write("GET /pay?cc=\(card.grouped(by: "%20"))&step=2", plants: [.pan(card)])
    default:
      write("GET /api/v1/card?number=\(card.grouped(by: "+"))", plants: [.pan(card)])
    }
  }

  private static let agents = [
    "Mozilla/5.0 (X11; Linux x86_64; rv:123.0) Gecko/20100101 Firefox/123.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Safari/605.1.15",
    "okhttp/4.9.3", "LanternShop/2.7 (Android 13)",
  ]
}

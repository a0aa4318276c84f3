/// `logs/checkout.log`: the text log of a Java service, with what slips into such logs: dumped
/// request bodies, printed objects, exception messages and the swipes of a shop terminal.
struct DemoCheckoutLog {
  private var random: DemoRandom
  private var clock: DemoClock
  private var text: DemoText
  private let events: Int

  private init(path: String, events: Int, clock: DemoClock, random: DemoRandom) {
    text = DemoText(path: path)
    self.events = events
    self.clock = clock
    self.random = random
  }

  /// The month's log and the one that was rotated away before it.
  static func make(people: DemoPeople, seed: UInt64) -> [DemoText] {
    let month = (
      path: "logs/checkout.log", events: 11_000, clock: DemoClock.march(events: 11_000),
      random: DemoRandom(seed: seed, stream: 10)
    )
    let rotated = (
      path: "logs/checkout.log.1", events: 3_000, clock: DemoClock.february(events: 3_000),
      random: DemoRandom(seed: seed, stream: 11)
    )
    return [month, rotated].map { file in
      var log = DemoCheckoutLog(
        path: file.path, events: file.events, clock: file.clock, random: file.random)
      log.write(people)
      return log.text
    }
  }

  private mutating func write(_ people: DemoPeople) {
    for event in 0..<events {
      clock.tick(&random)
      let (customer, card) = people.pick(&random)
      // One leak a few hundred lines, each shape in turn so that a short file has them all.
      if event % 200 == 199 {
        writeLeak(event / 200, customer, card)
      } else {
        writePlain(customer, card)
      }
    }
  }

  private mutating func head(_ level: String) -> String {
    "\(clock.logStamp) \(level) [http-nio-8080-exec-\(random.within(1...16))]"
  }

  private mutating func writePlain(_ customer: DemoCustomer, _ card: DemoCard) {
    let order = 1_000_000 + random.below(900_000)
    switch random.below(9) {
    case 0:
      text.line(
        head("INFO ") + " c.l.cart.CartService - cart \(random.uuid()) updated"
          + " customer=\(customer.id) items=\(random.within(1...7)) total=\(price()) GBP")
    case 1:
      text.line(
        head("DEBUG") + " c.l.web.RequestFilter - POST /checkout/\(order) 200"
          + " in \(random.within(8...900)) ms trace=\(random.hex(32)) span=\(random.hex(16))")
    case 2:
      let masked = card.masked
      text.line(
        head("INFO ")
          + " c.l.pay.Gateway - authorised order=\(order) amount=\(price()) card=\(masked)"
          + " auth=\(random.digits(6))", lookAlikes: [.init(what: "masked", value: masked)])
    case 3:
      text.line(
        head("INFO ") + " c.l.pay.Gateway - saved payment method pm_\(random.token(24))"
          + " for cus_\(random.token(14)) brand=\(card.brand) last4=\(card.last4)")
    case 4:
      let tracking = random.digits(16)
      text.line(
        head("INFO ") + " c.l.ship.Dispatcher - order \(order) handed to carrier,"
          + " tracking_number=\(tracking) weight=\(random.within(100...4000))g",
        lookAlikes: [.init(what: "tracking", value: tracking)])
    case 5:
      let stamp = "\(clock.epochMilliseconds)"
      text.line(
        head("DEBUG") + " c.l.job.Scheduler - next run at epoch_ms=\(stamp)"
          + " job=reprice-\(random.hex(8))", lookAlikes: [.init(what: "epoch", value: stamp)])
    case 6:
      let imei = DemoCardMaker.closingWithLuhnDigit("35" + random.digits(12))
      text.line(
        head("INFO ") + " c.l.app.DeviceRegistry - device registered imei=\(imei)"
          + " os=android-\(random.within(10...14))", lookAlikes: [.init(what: "imei", value: imei)])
    case 7:
      let trace = "\(random.within(1...8))" + random.digits(18)
      text.line(
        head("WARN ") + " c.l.stock.Client - slow answer \(random.within(1000...9000)) ms"
          + " dd.trace_id=\(trace)", lookAlikes: [.init(what: "trace id", value: trace)])
    default:
      text.line(
        head("INFO ") + " c.l.mail.Mailer - sent order-confirmation to \(customer.email)"
          + " message-id=<\(random.uuid())@shop.example>")
    }
  }

  private mutating func writeLeak(_ number: Int, _ customer: DemoCustomer, _ card: DemoCard) {
    let month = DemoCard.twoDigits(card.month)
    switch number % 8 {
    case 0:
      text.line(
        head("DEBUG") + " c.l.web.RequestDump - POST /checkout/pay body:"
          + " card[number]=\(card.number)&card[exp_month]=\(month)&card[exp_year]=\(card.year)"
          + "&card[cvc]=\(card.code)&amount=\(random.within(500...20_000))",
        plants: [.pan(card), .code(card)])
    case 1:
      text.line(
        head("ERROR") + " c.l.pay.Gateway - payment failed for customer \(customer.id)")
      text.line(
        "com.lantern.pay.CardDeclinedException: gateway refused card \(card.grouped(by: " "))"
          + " (do_not_honor)", plants: [.pan(card)])
      for frame in ["pay.Gateway.charge(Gateway", "pay.Retry.call(Retry"] {
        text.line("\tat com.lantern.\(frame).java:\(random.within(20...400)))")
      }
    case 2:
      text.line(
        head("DEBUG") + " c.l.pay.Gateway - PaymentRequest{customer=\(customer.id),"
          + " card=Card{pan='\(card.number)', expiry='\(card.expiry)', cvv='\(card.code)'}}",
        plants: [.pan(card), .code(card)])
    case 3:
      let pinBlock = random.hex(16).uppercased()
      text.line(
        head("WARN ") + " c.l.pos.Terminal - till \(random.within(1...4)) unreadable chip,"
          + " swipe raw=\(card.track2) pin_block=\(pinBlock)",
        plants: [.track2(card), .pinBlock(pinBlock)])
    case 4:
      text.line(
        head("INFO ") + " c.l.desk.ManualCharge - staff retry with card"
          + " \(card.grouped(by: "-")) exp \(card.expiry)", plants: [.pan(card)])
    case 5:
      text.line(
        head("DEBUG") + " c.l.web.RequestDump - POST /account/cards body:"
          + " card%5Bnumber%5D=\(card.number)&card%5Bholder%5D=\(customer.id)&save=1",
        plants: [.pan(card)])
    case 6:
      text.line(
        head("ERROR") + " c.l.pay.Validator - IllegalArgumentException: not a valid expiry"
          + " for card number \"\(card.number)\"", plants: [.pan(card)])
    default:
      text.line(
        head("TRACE") + " c.l.pay.Xml - <Payment><CardNumber>\(card.number)</CardNumber>"
          + "<Expiry>\(card.expiry)</Expiry><CVV2>\(card.code)</CVV2></Payment>",
        plants: [.pan(card), .code(card)])
    }
  }

  private mutating func price() -> String { "\(random.within(3...250)).\(random.digits(2))" }
}

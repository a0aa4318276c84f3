/// `logs/payments.jsonl`: one JSON object a line; most are clean, some hold a whole request.
struct DemoPaymentsLog {
  private var random: DemoRandom
  private var clock = DemoClock.march(events: DemoPaymentsLog.events)
  private var text = DemoText(path: "logs/payments.jsonl")

  private static let events = 6_000

  static func make(people: DemoPeople, seed: UInt64) -> DemoText {
    var log = DemoPaymentsLog(random: DemoRandom(seed: seed, stream: 20))
    for event in 0..<events {
      log.clock.tick(&log.random)
      let (customer, card) = people.pick(&log.random)
      if event % 150 == 149 {
        log.writeLeak(event / 150, customer, card)
      } else {
        log.writePlain(customer, card)
      }
    }
    return log.text
  }

  private init(random: DemoRandom) { self.random = random }

  private mutating func head(_ event: String) -> String {
    "{\"ts\":\"\(clock.isoStamp)\",\"service\":\"payments\",\"event\":\"\(event)\","
      + "\"trace_id\":\"\(random.hex(32))\",\"request_id\":\"\(random.uuid())\""
  }

  private mutating func writePlain(_ customer: DemoCustomer, _ card: DemoCard) {
    let amount = random.within(300...25_000)
    switch random.below(5) {
    case 0:
      text.line(
        head("charge.succeeded") + ",\"amount\":\(amount),\"currency\":\"gbp\","
          + "\"payment_method\":\"pm_\(random.token(24))\",\"card\":{\"brand\":\"\(card.brand)\","
          + "\"last4\":\"\(card.last4)\",\"exp_month\":\(card.month),\"exp_year\":\(card.year),"
          + "\"checks\":{\"cvc_check\":\"pass\"}}}")
    case 1:
      let message = "\(random.within(7...9))" + random.digits(17)
      text.line(
        head("queue.received") + ",\"queue\":\"charges\",\"message_id\":\(message),"
          + "\"enqueued_at\":\(clock.epochMilliseconds)}",
        lookAlikes: [
          .init(what: "message id", value: message),
          .init(what: "epoch", value: "\(clock.epochMilliseconds)"),
        ])
    case 2:
      text.line(
        head("charge.declined") + ",\"amount\":\(amount),\"decline_code\":\"insufficient_funds\","
          + "\"card\":{\"number\":\"\(card.masked)\",\"cvv_result\":\"M\"}}",
        lookAlikes: [.init(what: "masked", value: card.masked)])
    case 3:
      let order = "4" + random.digits(15)
      text.line(
        head("order.linked") + ",\"order_id\":\"\(order)\",\"customer_id\":\(customer.id),"
          + "\"duration_ms\":\(random.below(900)).\(random.digits(13))}",
        lookAlikes: [.init(what: "order id", value: order)])
    default:
      text.line(
        head("refund.created") + ",\"amount\":\(amount),\"charge\":\"ch_\(random.token(24))\","
          + "\"reason\":\"requested_by_customer\"}")
    }
  }

  private mutating func writeLeak(_ number: Int, _ customer: DemoCustomer, _ card: DemoCard) {
    switch number % 4 {
    case 0:
      text.line(
        head("charge.request") + ",\"body\":{\"amount\":\(random.within(300...25_000)),"
          + "\"source\":{\"number\":\"\(card.number)\",\"exp_month\":\(card.month),"
          + "\"exp_year\":\(card.year),\"cvc\":\"\(card.code)\",\"name\":\"\(customer.name)\"}}}",
        plants: [.pan(card), .code(card)])
    case 1:
      text.line(
        head("gateway.raw") + ",\"raw\":\"{\\\"card_number\\\":\\\"\(card.number)\\\","
          + "\\\"cvv\\\":\\\"\(card.code)\\\",\\\"amount\\\":\(random.within(300...25_000))}\"}",
        plants: [.pan(card), .code(card)])
    case 2:
      text.line(
        head("legacy.sync") + ",\"row\":{\"customer\":\(customer.id),\"pan\":\(card.number),"
          + "\"expiry\":\"\(card.expiry)\"}}", plants: [.pan(card)])
    default:
      text.line(
        head("exception") + ",\"message\":\"cannot tokenise card \(card.grouped(by: " "))\","
          + "\"stack\":\"at tokenise (/srv/payments/vault.js:\(random.within(10...300)):7)\"}",
        plants: [.pan(card)])
    }
  }
}

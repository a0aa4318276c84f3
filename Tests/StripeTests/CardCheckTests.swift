import Foundation
import Testing

@testable import Stripe

/// One customer's records against what Stripe says.
@Suite struct CardCheckTests {
  private let month = MappingOptions.Month(year: 2026, month: 6)

  private func method(_ json: String) throws -> StripeObjects.PaymentMethod {
    try StripeObjects.decode(StripeObjects.PaymentMethod.self, Array(json.utf8))
  }

  private func card(
    _ id: String = "pm_1", brand: String = "visa", last4: String = "4242", month: Int = 12,
    year: Int = 2030, more: String = ""
  ) throws -> StripeObjects.PaymentMethod {
    try method(
      """
      {"id":"\(id)","object":"payment_method","type":"card","customer":"cus_1","card":{
        "brand":"\(brand)","last4":"\(last4)","exp_month":\(month),"exp_year":\(year)\(more)}}
      """)
  }

  private func problems(
    _ records: [LinkedRecord], saved: [StripeObjects.PaymentMethod],
    others: [String: StripeObjects.PaymentMethod?] = [:], default method: String? = "pm_1",
    source: String? = nil
  ) -> [CardProblem] {
    CardCheck(
      month: month, defaultMethod: method, defaultSource: source, saved: saved, others: others
    ).problems(records).map(\.what)
  }

  private let record = LinkedRecord(
    number: 2, customer: "cus_1", paymentMethod: "pm_1", brand: "Visa", last4: "4242",
    expiryMonth: 12, expiryYear: 2030)

  @Test func `a record as Stripe says has nothing wrong`() throws {
    #expect(problems([record], saved: [try card()]) == [])
  }

  @Test func `brand, digits and expiry are compared`() throws {
    let other = try card(brand: "amex", last4: "0005", month: 5, year: 2026)
    #expect(
      problems([record], saved: [other]) == [
        .brandDiffers, .last4Differs, .expired, .expiryDiffers,
      ]
    )
    #expect(problems([record], saved: [try card(month: 6, year: 2026)]) == [.expiryDiffers])
  }

  @Test func `a card of two networks may be called by either`() throws {
    var record = record
    record.brand = "Cartes Bancaires"
    let networks = #","networks":{"available":["cartes_bancaires","visa"],"preferred":null}"#
    #expect(problems([record], saved: [try card(more: networks)]) == [])
    record.brand = "American Express"
    let display = #","display_brand":"american_express""#
    #expect(problems([record], saved: [try card(brand: "new_network", more: display)]) == [])
  }

  @Test func `a wallet's number is its own`() throws {
    let wallet = #","wallet":{"type":"apple_pay","dynamic_last4":"1111"}"#
    let found = problems([record], saved: [try card(last4: "9999", more: wallet)])
    #expect(found == [.dynamicLast4])
    #expect(CardProblem.dynamicLast4.isNotice)
  }

  @Test func `the bank's check of the code is told`() throws {
    let failed = #","checks":{"cvc_check":"fail"}"#
    #expect(problems([record], saved: [try card(more: failed)]) == [.codeFailed])
    let unchecked = #","checks":{"cvc_check":"unchecked"}"#
    #expect(problems([record], saved: [try card(more: unchecked)]) == [.codeUnchecked])
    let unknown = #","checks":{"cvc_check":"something_new"}"#
    #expect(problems([record], saved: [try card(more: unknown)]) == [])
  }

  @Test func `a payment method elsewhere is told by where it is`() throws {
    let saved = [try card("pm_2")]
    let free = try method(#"{"id":"pm_1","type":"card","customer":null,"card":{}}"#)
    let foreign = try method(#"{"id":"pm_1","type":"card","customer":"cus_2","card":{}}"#)
    func found(_ other: StripeObjects.PaymentMethod?) -> [CardProblem] {
      problems([record], saved: saved, others: ["pm_1": other], default: "pm_2")
    }
    #expect(found(nil) == [.methodMissing])
    #expect(found(free) == [.methodDetached])
    #expect(found(foreign) == [.otherCustomer])
  }

  @Test func `there is one default and it is attached`() throws {
    let saved = [try card()]
    #expect(problems([record], saved: saved, default: nil) == [.noDefault])
    #expect(problems([record], saved: saved, default: "pm_9") == [.defaultNotAttached])
    #expect(problems([record], saved: saved, default: "pm_1", source: "card_9") == [.twoDefaults])
    #expect(problems([record], saved: saved, default: nil, source: "pm_1") == [])
  }

  @Test func `what is no four digits is told as differing and never shown`() throws {
    let long = try card(last4: "4242424242424242")
    #expect(problems([record], saved: [long]) == [.last4Differs])
    #expect(CardDetails(long).last4 == nil)
  }

  @Test func `the same card twice is told`() throws {
    let print = #","fingerprint":"abc""#
    let saved = [try card(more: print), try card("pm_2", more: print)]
    #expect(problems([record], saved: saved) == [.duplicateCard])
    let other = [try card(more: print), try card("pm_2", more: #","fingerprint":null"#)]
    #expect(problems([record], saved: other) == [])
  }

  @Test func `a legacy card has its details at the top`() throws {
    var record = record
    record.paymentMethod = "card_1"
    let legacy = try method(
      #"{"id":"card_1","object":"card","customer":"cus_1","brand":"MasterCard","last4":"4242","#
        + #""exp_month":12,"exp_year":2030,"cvc_check":"pass"}"#)
    #expect(
      problems([record], saved: [], others: ["card_1": legacy], default: nil, source: "card_1")
        == [.brandDiffers])
  }
}

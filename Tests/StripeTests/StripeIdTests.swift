import Rules
import Stripe
import Testing

@Suite struct StripeIdTests {
  private let ids: StripeIds

  init() throws { ids = StripeIds(try RuleSet.load().stripeIDs) }

  @Test(arguments: [
    ("cus_abc123def456", "customer"), ("gcus_abc123def456", "guest-customer"),
    ("pm_2222222222", "payment-method"), ("pm_card_visa_chargeDeclined", "test-payment-method"),
    ("card_2222222222", "card"), ("src_2222222222", "source"), ("ba_2222222222", "bank-account"),
    ("tok_visa_debit", "token"), ("pm_cardABCDEFGH", "payment-method"),
  ])
  func `an id tells its kind`(_ text: String, _ kind: String) {
    #expect(ids.id(text)?.kind.rawValue == kind)
  }

  @Test(arguments: [
    "", "cus_", "cus_short", " cus_abc123def456", "cus_abc123def456 ", "cus_abc123-def456",
    "CUS_abc123def456", "xcus_abc123def456", "pm_abc_def123456", "4242424242424242", "cus",
    "cus_abc123def45é", "cus_" + String(repeating: "a", count: 252),
  ])
  func `what has not the whole shape is no id`(_ text: String) {
    #expect(ids.id(text) == nil)
  }

  @Test func `an id has at most 255 characters`() {
    #expect(ids.id("cus_" + String(repeating: "a", count: 251)) != nil)
  }

  @Test func `only some ids tell the mode`() {
    #expect(ids.id("pm_card_visa")?.mode == .test)
    #expect(ids.id("cs_live_" + String(repeating: "a", count: 20))?.mode == .live)
    #expect(ids.id("cus_abc123def456")?.mode == nil)
  }

  @Test(arguments: [
    ("Visa", "visa"), ("MasterCard", "mastercard"), ("American Express", "amex"),
    ("american_express", "amex"), ("Diners Club", "diners"), ("diners_club", "diners"),
    ("union_pay", "unionpay"), ("Cartes Bancaires", "cartes_bancaires"), ("Unknown", "unknown"),
    ("Eftpos Australia", "eftpos_au"), ("amex", "amex"), ("Girocard", "girocard"),
  ])
  func `brands have one spelling`(_ name: String, _ normalised: String) {
    #expect(CardBrand.normalised(name) == normalised)
    #expect(CardBrand.normalised(normalised) == normalised)
  }
}

/// One spelling for each brand, so that what two sources say can be compared.
package enum CardBrand {
  /// The brand as Stripe's PaymentMethods spell it, for example `amex` for `American Express`.
  ///
  /// A name that is not known keeps its letters and digits, in lower case.
  package static func normalised(_ name: String) -> String {
    let letters = name.lowercased().unicodeScalars.filter {
      $0.properties.isAlphabetic || $0.properties.numericType != nil
    }
    let folded = String(String.UnicodeScalarView(letters))
    return spellings[folded] ?? folded
  }

  /// Letters and digits only, to Stripe's word. Stripe counts Maestro as Mastercard.
  private static let spellings = [
    "americanexpress": "amex", "ax": "amex", "mc": "mastercard", "maestro": "mastercard",
    "visaelectron": "visa", "visadebit": "visa", "discovercard": "discover",
    "dinersclub": "diners", "dinersclubinternational": "diners", "chinaunionpay": "unionpay",
    "cup": "unionpay", "cartesbancaires": "cartes_bancaires", "cartebancaire": "cartes_bancaires",
    "cb": "cartes_bancaires", "eftposau": "eftpos_au", "eftposaustralia": "eftpos_au",
  ]
}

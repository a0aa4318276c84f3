/// Holds one customer's records against what Stripe says; knows no network.
package struct CardCheck: Sendable {
  /// Cards that end before this month have expired.
  package var month: MappingOptions.Month
  package var defaultMethod: String?
  package var defaultSource: String?
  /// The customer's saved cards.
  package var saved: [StripeObjects.PaymentMethod]
  /// Payment methods of the records, and the default, that are not among them, as their own calls
  /// told; `nil` when there is no such thing.
  package var others: [String: StripeObjects.PaymentMethod?]

  package init(
    month: MappingOptions.Month, defaultMethod: String?, defaultSource: String?,
    saved: [StripeObjects.PaymentMethod], others: [String: StripeObjects.PaymentMethod?] = [:]
  ) {
    self.month = month
    self.defaultMethod = defaultMethod
    self.defaultSource = defaultSource
    self.saved = saved
    self.others = others
  }

  /// - Parameter records: of this customer, at least one.
  package func problems(_ records: [LinkedRecord]) -> [(record: Int, what: CardProblem)] {
    var problems: [(record: Int, what: CardProblem)] = []
    for record in records {
      problems += self.problems(record).map { (record.number, $0) }
    }
    if let first = records.first {
      problems += defaultProblems(of: first.customer).map { (first.number, $0) }
      problems += duplicates(records).map { ($0, .duplicateCard) }
    }
    return problems
  }

  /// Whether two names of a brand are the same, co-brands included: a card of two networks may be
  /// called by either.
  package static func isSameBrand(_ brand: String, _ card: StripeObjects.PaymentMethod) -> Bool {
    let details = CardDetails(card)
    let known =
      ([details.brand, card.card?.display_brand, card.card?.networks?.preferred].compactMap { $0 })
      + (card.card?.networks?.available ?? [])
    return known.map(CardBrand.normalised).contains(CardBrand.normalised(brand))
  }

  // MARK: One record

  private func problems(_ record: LinkedRecord) -> [CardProblem] {
    guard let id = record.paymentMethod else { return [.withoutMethod] }
    if let card = saved.first(where: { $0.id == id }) { return differences(record, card) }
    guard let known = others[id], let card = known else { return [.methodMissing] }
    guard let owner = card.customer?.id else { return [.methodDetached] }
    if owner != record.customer { return [.otherCustomer] }
    return differences(record, card)
  }

  private func differences(
    _ record: LinkedRecord, _ method: StripeObjects.PaymentMethod
  ) -> [CardProblem] {
    let details = CardDetails(method)
    guard details.isCard else { return [.otherType] }
    var problems: [CardProblem] = []
    if let brand = record.brand, details.brand != nil, !CardCheck.isSameBrand(brand, method) {
      problems.append(.brandDiffers)
    }
    if let last4 = record.last4, let actual = details.last4Said, last4 != actual {
      let isOfWallet = details.isWallet || details.dynamicLast4 == last4
      problems.append(isOfWallet ? .dynamicLast4 : .last4Differs)
    }
    if let expiry = details.expiry, expiry < month { problems.append(.expired) }
    if let year = record.expiryYear, let expiry = details.expiry,
      (year, record.expiryMonth ?? expiry.month) != (expiry.year, expiry.month)
    {
      problems.append(.expiryDiffers)
    }
    switch details.codeCheck {
    case "fail": problems.append(.codeFailed)
    case "unchecked": problems.append(.codeUnchecked)
    default: break
    }
    return problems
  }

  // MARK: The customer

  private func defaultProblems(of customer: String) -> [CardProblem] {
    let defaults = [defaultMethod, defaultSource].compactMap { $0 }
    guard let used = defaults.first else { return saved.isEmpty ? [] : [.noDefault] }
    var problems: [CardProblem] = []
    if defaults.count == 2, defaults[0] != defaults[1] { problems.append(.twoDefaults) }
    let isAttached =
      saved.contains { $0.id == used }
      || others.values.contains { $0?.id == used && $0?.customer?.id == customer }
    if !isAttached { problems.append(.defaultNotAttached) }
    return problems
  }

  /// Records whose card the customer has twice, under another id. The fingerprint does not tell
  /// expiries apart.
  private func duplicates(_ records: [LinkedRecord]) -> [Int] {
    var ids: [String: Set<String>] = [:]
    for method in saved {
      guard let print = CardDetails(method).fingerprint else { continue }
      ids[print, default: []].insert(method.id)
    }
    let twice = ids.values.filter { $0.count > 1 }.reduce(into: Set()) { $0.formUnion($1) }
    let own = records.filter { $0.paymentMethod.map(twice.contains) == true }.map(\.number)
    // Cards that no record names are told with the first one.
    return own.isEmpty && !twice.isEmpty ? [records[0].number] : own
  }
}

/// The details of a card wherever its kind of object has them.
package struct CardDetails: Sendable {
  package var isCard: Bool
  package var brand: String?
  /// Four digits, or `nil`.
  package var last4: String?
  /// Whatever stands there, to be compared with and never to be shown.
  var last4Said: String?
  package var dynamicLast4: String?
  package var isWallet: Bool
  package var expiry: MappingOptions.Month?
  package var fingerprint: String?
  package var codeCheck: String?

  package init(_ method: StripeObjects.PaymentMethod) {
    let card = method.card
    isCard = method.object == "card" || method.type == "card" || card != nil
    brand = card?.brand ?? method.brand
    last4Said = card?.last4 ?? method.last4
    last4 = last4Said.flatMap { said in
      said.utf8.count == 4 && said.utf8.allSatisfy { $0 &- 0x30 < 10 } ? said : nil
    }
    dynamicLast4 = card?.dynamic_last4 ?? card?.wallet?.dynamic_last4
    isWallet = card?.wallet != nil
    if let month = card?.exp_month ?? method.exp_month,
      let year = card?.exp_year ?? method.exp_year
    {
      expiry = MappingOptions.Month(year: year, month: month)
    }
    fingerprint = card?.fingerprint ?? method.fingerprint
    codeCheck = card?.checks?.cvc_check ?? card?.cvc_check ?? method.cvc_check
  }
}

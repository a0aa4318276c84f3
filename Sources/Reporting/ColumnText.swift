import Core

/// What the values of a column are, in words.
enum ColumnText {
  /// For example `12 card numbers, 1 text`; the counts first, because a number behind the name of a code
  /// could be read as one.
  static func contents(_ classes: [ColumnProfile.Share], most max: Int = 4) -> String {
    guard !classes.isEmpty else { return "no value" }
    let more = classes.count > max ? ", and more" : ""
    return classes.prefix(max).map { "\(Wording.decimal($0.count)) \(words($0.kind))" }
      .joined(separator: ", ") + more
  }

  /// A class as a plural, safe to show.
  static func words(_ kind: ColumnProfile.Class) -> String {
    switch kind {
    case .customerId: "Stripe customer ids"
    case .paymentMethodId: "Stripe payment method ids"
    case .cardId: "Stripe card ids"
    case .sourceId: "Stripe source ids"
    case .intentId: "Stripe intent ids"
    case .otherStripeId: "other Stripe ids"
    case .malformedId: "malformed Stripe ids"
    case .brand: "brand names"
    case .last4: "last four digits"
    case .bin: "first digits"
    case .expiry: "expiry dates"
    case .truncated: "truncated numbers"
    case .truncatedTooWide: "numbers truncated too little"
    case .pan: "card numbers"
    case .panPiece: "pieces of card numbers"
    case .code: "verification codes"
    case .track: "tracks"
    case .secret: "secrets"
    case .panHash: "hashes of card numbers"
    case .pinBlock: "PIN blocks"
    case .opaque: "values nobody can read"
    case .freeText: "texts"
    case .number: "numbers"
    case .date: "dates"
    case .other: "other values"
    default: TextLayout.shown(kind.rawValue)
    }
  }

  /// What else was noticed, in words, raw.
  static func notes(_ profile: ColumnProfile) -> String {
    var notes = profile.notes.map(Wording.reason)
    if profile.cardShaped > 0 {
      notes.append(
        "\(Wording.decimal(profile.passLuhn)) of \(Wording.decimal(profile.cardShaped)) values "
          + "shaped like card numbers pass the check digit")
    }
    if let ids = profile.ids {
      let counts = [
        (ids.live, "of live mode"), (ids.test, "of test mode"), (ids.malformed, "malformed"),
      ]
      func told(_ count: Int, _ what: String) -> String { "\(Wording.decimal(count)) ids \(what)" }
      notes += counts.filter { $0.0 > 0 }.map(told)
      if let oneIn = ids.comparedOneIn {
        notes.append(
          (ids.duplicates > 0 ? "about " + told(ids.duplicates, "more than once") : "no id twice")
            + " (1 in \(oneIn) compared)")
      } else if ids.duplicates > 0 {
        notes.append(told(ids.duplicates, "more than once"))
      }
      if ids.orphans > 0 { notes.append(told(ids.orphans, "without a customer")) }
    }
    return notes.joined(separator: "; ")
  }

  /// How much a column's classes ask to be looked at: those with card data first, then what nobody can
  /// read. This is an order, no verdict; a verdict takes a policy.
  static func urgency(_ profile: ColumnProfile) -> Int {
    let kinds = profile.classes.filter { $0.count > 0 }.map(\.kind)
    if kinds.isEmpty { return 3 }
    if kinds.contains(where: urgentClasses.contains) { return 0 }
    return kinds.contains(.opaque) ? 1 : 2
  }

  private static let urgentClasses: Set<ColumnProfile.Class> = [
    .pan, .panPiece, .panHash, .code, .track, .secret, .pinBlock, .truncatedTooWide,
  ]
}

extension Detector {
  /// What a column's name says about its values.
  ///
  /// For example `.last4` for `card_last_four`.
  package func hints(forColumn name: String) -> ColumnHints {
    var hints: ColumnHints = []
    let plain = name.lowercased().filter { $0.isASCII && ($0.isLetter || $0.isNumber) }
    if ColumnNames.last4.contains(where: plain.contains) { hints.insert(.last4) }
    if ColumnNames.bin.contains(plain) || plain.contains("first6") || plain.contains("firstsix")
      || plain.hasSuffix("cardbin") || plain.hasPrefix("first8") || plain.hasSuffix("first8")
    {
      hints.insert(.bin)
    }
    if ColumnNames.brand.contains(where: plain.contains) { hints.insert(.brand) }
    if let digit = plain.last?.wholeNumberValue, digit > 4, plain.dropLast().hasSuffix("last") {
      hints.insert(.wideTail)
    }
    if ColumnNames.holder.contains(plain) { hints.insert(.maybeHolder) }
    if ColumnNames.partsOfName.contains(where: plain.hasSuffix) {
      hints.formUnion([.maybeHolder, .partOfName])
    }
    let column = TableHeader.column(Array(name.utf8), reader)
    if column?.isCode == true { hints.insert(.code) }
    for meaning in column?.meanings ?? [] {
      switch meaning.category {
      case .expiry: hints.insert(.expiry)
      // A `name` may be anybody's.
      case .holder: hints.insert(meaning.weight >= .medium ? .holder : .maybeHolder)
      case .serviceCode: hints.insert(.serviceCode)
      case .brand: hints.insert(.brand)
      default: break
      }
    }
    return hints
  }
}

/// Names without separators, in lower case.
private enum ColumnNames {
  /// Anywhere in a name.
  static let last4 = ["last4", "lastfour", "cardlast", "panlast", "endsin", "endingin"]
  static let bin: Set<String> = [
    "bin", "bin6", "bin8", "cardbin", "panbin", "iin", "iin6", "iin8", "cardiin", "issuerbin",
    "binnumber", "first4", "prefix6",
  ]
  /// Whose card it is, or something else of the shop's.
  static let holder: Set<String> = [
    "owner", "customer", "client", "buyer", "payer", "billto", "inhaber", "kunde", "cliente",
  ]
  /// At the end of a name.
  static let partsOfName = [
    "firstname", "lastname", "surname", "givenname", "familyname", "vorname", "nachname", "prenom",
    "apellido", "apellidos", "cognome",
  ]
  /// Anywhere in a name.
  static let brand = ["brand", "cardtype", "cctype", "cardscheme", "cardnetwork", "cardvendor"]
}

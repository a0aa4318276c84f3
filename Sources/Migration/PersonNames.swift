/// Tells by names which tables and columns are about the people that cards belong to.
enum PersonNames {
  /// What shops call them, in one and in singular, the plainest first.
  private static let words = [
    "customer", "user", "account", "client", "member", "buyer", "person", "shopper", "cust", "acct",
    "usr", "uid", "people", "contact", "subscriber", "donor", "patron", "patient", "profile",
    "company", "owner", "payer", "guest", "tenant", "student", "consumer", "debtor", "kunde",
    "kund",
    "klant", "konto", "debitor", "mitglied", "cliente", "usuario", "utilisateur", "utente",
  ]
  /// Those that are a key without `id` behind them; an `owner` may be a name.
  private static let plainCount = 8
  /// What makes a key of a word.
  private static let affixes: Set<String> = [
    "id", "no", "nr", "num", "number", "nummer", "numero", "ref", "reference", "key", "fk", "code",
    "guid", "uuid", "idx",
  ]
  /// Columns that only a table of people has.
  private static let ofPeople: Set<String> = [
    "email", "mail", "emailaddress", "phone", "telephone", "phonenumber", "mobile", "firstname",
    "lastname", "surname", "fullname", "username", "login", "password", "passwordhash", "birthdate",
    "dateofbirth", "dob", "vorname", "nachname", "telefon",
  ]

  /// What a column's name says of a person's key.
  struct Key {
    /// Where the word stands in the list; the first is the plainest.
    var rank: Int
    /// Whether the name can only be that of a key.
    var isPlain: Bool
  }

  /// `customer_id`, `custNo`, `id_cliente`, `kundennr`, `owner_id`; not `customer_name`.
  static func key(_ column: String) -> Key? {
    var best: Int?
    var hasAffix = false
    for token in tokens(column) {
      if affixes.contains(token) {
        hasAffix = true
      } else if let rank = rank(token) {
        best = min(best ?? rank, rank)
      } else if let rank = rankOfGlued(token) {
        best = min(best ?? rank, rank)
        hasAffix = true
      } else {
        return nil
      }
    }
    return best.map { Key(rank: $0, isPlain: hasAffix || $0 < plainCount || words[$0] == "uid") }
  }

  /// `wp_users`, `tblCustomers`, `people`, `kunden`.
  static func isOfPeople(_ table: String) -> Bool {
    guard let last = tokens(table).last else { return false }
    return singulars(last).contains { name in
      words.contains { name == $0 || $0.utf8.count >= stemBytesMin && name.hasSuffix($0) }
    }
  }

  static func looksLikePeople(_ table: DatabaseSchema.Table) -> Bool {
    table.columns.contains { ofPeople.contains(tokens($0.name).joined()) }
  }

  /// Whether a column is named for a table: `donor_ref` for `donors`, `cust_no` for `customers`.
  static func isNamed(_ column: String, for table: String) -> Bool {
    let names = tokens(column).filter { !affixes.contains($0) }
    guard let last = tokens(table).last, !names.isEmpty else { return false }
    return names.allSatisfy { haveOneStem($0, last) }
  }

  private static let stemBytesMin = 4

  private static func haveOneStem(_ name: String, _ table: String) -> Bool {
    if singulars(table).contains(where: { singulars(name).contains($0) }) { return true }
    return zip(name.utf8, table.utf8).prefix { $0 == $1 }.count >= stemBytesMin
  }

  private static func rank(_ token: String) -> Int? {
    let names = singulars(token)
    return words.firstIndex { names.contains($0) }
  }

  /// `userid`, `fkcustomer`, `kundennr`.
  private static func rankOfGlued(_ token: String) -> Int? {
    for affix in affixes {
      if token.hasSuffix(affix), let rank = rank(String(token.dropLast(affix.count))) {
        return rank
      }
      if token.hasPrefix(affix), let rank = rank(String(token.dropFirst(affix.count))) {
        return rank
      }
    }
    return nil
  }

  /// A word and what it may be the plural of.
  private static func singulars(_ word: String) -> [String] {
    var names = [word]
    for (end, singular) in [("ies", "y"), ("es", ""), ("s", ""), ("n", "")]
    where word.hasSuffix(end) {
      names.append(word.dropLast(end.count) + singular)
    }
    return names
  }

  /// The words of a name, in small letters: `custNo` and `CUST_NO` have two.
  private static func tokens(_ name: String) -> [String] {
    var tokens: [String] = []
    var current = ""
    var wasSmall = false
    for letter in name {
      let isStart = letter.isUppercase && wasSmall
      if isStart || !letter.isLetter {
        if !current.isEmpty { tokens.append(current) }
        current = ""
      }
      if letter.isLetter { current += letter.lowercased() }
      wasSmall = letter.isLowercase
    }
    if !current.isEmpty { tokens.append(current) }
    // A letter by itself is a mark, as in `t_users` and `users_v2`.
    return tokens.filter { $0.count > 1 }
  }
}

import Core

extension Proposal {
  /// The configuration as a commented file.
  /// - Parameter words: what a note says, one line or several.
  package func text(_ words: (Note.Kind) -> String) -> String {
    var lines = [
      "// What `unpan migrate` is to do. Read it, correct it, then run `unpan migrate match`.",
      "{",
      "  version: 1,",
      "  // The database; nothing in it changes before `link --apply`.",
    ]
    for note in notes where note.place == "target" { lines += comment(words(note.kind), "  ") }
    lines += [
      "  target: \(Self.quoted(config.target)),",
      "",
      "  // Stripe's mapping file. matchBy: \"card\" joins by the keys of customer and card;",
      "  // \"attributes\" by the customer's key, then brand, last four and expiry. customerColumn and",
      "  // cardColumn name the columns with the shop's keys where they are not the usual ones.",
      "  mapping: {file: \(Self.quoted(config.mapping.file)), matchBy: \"card\"},",
    ]
    if let customers = config.customers {
      lines += [
        "", "  // Whose cards they are. stripeCustomer is added when the table does not have it.",
        "  customers: {",
        "    table: \(Self.quoted(customers.table)),", "    key: \(Self.quoted(customers.key)),",
        "    stripeCustomer: \(Self.quoted(customers.stripeCustomer)),", "  },",
      ]
    }
    for note in notes where note.place == "customers" {
      lines += [""] + comment(words(note.kind), "  ")
      lines.append(
        "  // customers: {table: \"\", key: \"\", stripeCustomer: \"stripe_customer_id\"},")
    }
    lines += cardLines(words)
    lines += [
      "",
      "  // Rows of one transaction, and whether expired cards and cards that a customer has twice",
      "  // get their ids too.",
      "  link: {batchRows: \(MigrationConfig.Link.batchRowsDefault), expired: true, duplicates: true},",
    ]
    if let triggers = config.triggers {
      lines.append("")
      for note in notes where note.place == "triggers" { lines += comment(words(note.kind), "  ") }
      lines.append("  triggers: \"\(triggers.rawValue)\",")
    }
    lines += scrubLines(words)
    lines += intakeLines()
    lines += [
      "", "  // Records that may stay without ids (their card data goes all the same), for example",
      "  // {table: \"cards\", key: \"7\", why: \"closed account\"}. exceptionsFile takes more of them:",
      "  // lines of what `unpan migrate match --output` wrote.", "  exceptions: [],", "}", "",
    ]
    return lines.joined(separator: "\n")
  }

  private func cardLines(_ words: (Note.Kind) -> String) -> [String] {
    let cards = config.cards
    var lines = [
      "", "  // The cards. number is only read to tell brand and last four digits.",
      "  cards: {",
    ]
    for note in notes
    where [.opaque, .numericKey, .noExpiry].contains(note.kind) {
      lines += comment("\(note.place): " + words(note.kind), "    ")
    }
    let items: [(String, String?)] = [
      ("table", cards.table), ("key", cards.key), ("customer", cards.customer),
      ("number", cards.number), ("expiryMonth", cards.expiryMonth),
      ("expiryYear", cards.expiryYear), ("expiry", cards.expiry),
    ]
    for (name, value) in items {
      for note in notes where note.place == "cards.\(name)" && note.kind.isOfChoice {
        lines += comment(words(note.kind), "    ")
      }
      if let value { lines.append("    \(name): \(Self.quoted(value)),") }
    }
    lines.append("    // Written by link; added when the table does not have them.")
    lines.append("    paymentMethod: \(Self.quoted(cards.paymentMethod)),")
    for note in notes where note.kind == .byContent {
      lines += comment("\(note.place.dropFirst("cards.".count)): " + words(note.kind), "    ")
    }
    if let brand = cards.brand { lines.append("    brand: \(Self.quoted(brand)),") }
    if let last4 = cards.last4 { lines.append("    last4: \(Self.quoted(last4)),") }
    return lines + ["  },"]
  }

  private func intakeLines() -> [String] {
    var lines = [
      "",
      "  // Columns that `migrate intake` hands to Stripe beside the card, by Stripe's names:",
      "  // " + MigrationConfig.Intake.fields.prefix(7).joined(separator: ", ") + ",",
      "  // " + MigrationConfig.Intake.fields.dropFirst(7).joined(separator: ", ") + ".",
      "  intake: {",
    ]
    let parts = [
      ("customers", config.intake?.customers ?? [:]), ("cards", config.intake?.cards ?? [:]),
    ]
    for (name, columns) in parts where config.customers != nil || name == "cards" {
      let members = columns.sorted { $0.key < $1.key }.map { "\($0.key): \(Self.quoted($0.value))" }
      lines.append("    \(name): {" + members.joined(separator: ", ") + "},")
    }
    return lines + ["  },"]
  }

  private func scrubLines(_ words: (Note.Kind) -> String) -> [String] {
    var lines = [
      "",
      "  // What becomes of each column: null, mask (stars and last four), empty, zero, drop (the",
      "  // column goes), redact (card numbers in a text become stars, the rest of it stays; in a",
      "  // column of numbers they become NULL or 0).", "  scrub: [",
    ]
    for item in config.scrub {
      for note in notes where note.place == "\(item.table).\(item.column)" {
        lines += comment(words(note.kind), "    ")
      }
      lines.append(
        "    {table: \(Self.quoted(item.table)), column: \(Self.quoted(item.column)), "
          + "action: \"\(item.action.rawValue)\"},")
    }
    for note in notes where note.isOfColumnLeftOut {
      lines += comment("\(note.place): " + words(note.kind), "    ")
    }
    if notes.contains(where: { $0.kind == .expiryKept }) {
      lines += comment(words(.expiryKept), "    ")
      let columns = [config.cards.expiryMonth, config.cards.expiryYear, config.cards.expiry]
      for column in columns.compactMap({ $0 }) {
        lines.append(
          "    // {table: \(Self.quoted(config.cards.table)), column: \(Self.quoted(column)), "
            + "action: \"null\"},")
      }
    }
    return lines + ["  ],"]
  }

  private func comment(_ text: String, _ indent: String) -> [String] {
    // A constraint's own text may have line ends of any kind.
    text.split(whereSeparator: \.isNewline).map { "\(indent)// \($0)" }
  }

  private static func quoted(_ text: String) -> String {
    var out = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": out += "\\\""
      case "\\": out += "\\\\"
      case "\n": out += "\\n"
      case _ where Escaping.isInvisible(scalar):
        let hex = String(scalar.value, radix: 16)
        out +=
          scalar.value > 0xFFFF
          ? String(scalar) : "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      default: out.unicodeScalars.append(scalar)
      }
    }
    return out + "\""
  }
}

/// Flags of `unpan stripe`.
enum StripeFlags {
  static let records = Flag(
    name: "records", value: .file("FILE"),
    summary: "The linked records: CSV or JSON lines with customer, payment_method, brand, last4, "
      + "exp_month, exp_year.")
  static let state = Flag(
    name: "state", value: .file("FILE"),
    summary: "What was read and done, to go on from; a new one is made (unpan-stripe.db).",
    isWritten: true, defaultPath: StripeTool.stateDefault)
  static let keyFile = Flag(
    name: "key-file", value: .file("FILE"), summary: "The key to Stripe (STRIPE_API_KEY).")
  static let account = Flag(
    name: "account", value: .text("ID"),
    summary: "Go on only if the key is of this account (acct_...).")
  static let base = Flag(
    name: "api-base", value: .text("URL"),
    summary: "Another server than Stripe's, for tests; plain HTTP on this machine only.")
  static let rate = Flag(
    name: "rate", value: .number("N"), summary: "Requests a second (20 live, 10 in test mode).")
  static let live = Flag(
    name: "live", summary: "Allow changes in live mode, in the account of --account or --state.")
  static let confirm = Flag(
    name: "confirm", summary: "Do it, knowing that a detached card can never be used again.")
  static let force = Flag(name: "force", summary: "Overwrite another default.")
  static let limit = Flag(
    name: "limit", value: .count("N"), summary: "Probe so many cards at most; needed in live mode."
  )
  static let payment = Flag(
    name: "payment",
    summary: "In test mode: pay 1.00 USD saving the card, then again without its owner.")
  static let again = Flag(
    name: "again",
    summary: "Also what the state file has a result of, and what may have been done.")
  static let startAnew = Flag(
    name: "start-anew", summary: "Forget what an unfinished check of the same records read.")
  static let successURL = Flag(
    name: "success-url", value: .text("URL"),
    summary: "Where customers come to when their card is saved.")
  static let days = Flag(
    name: "days", value: .number("N"), summary: "Events of so many days; Stripe keeps 30 (30).")
  static let updated = Flag(
    name: "updated", value: .file("FILE"), summary: "Write the records as they should be to FILE.",
    isWritten: true)
  static let format = Flag(
    name: "format", value: .choice(["text", "jsonl", "csv"]), summary: "How results are written.")

  /// Of every command that talks to Stripe.
  static let connection = [keyFile, account, base, rate]
  static let common = [Flags.output, format, Flags.quiet, Flags.help]
}

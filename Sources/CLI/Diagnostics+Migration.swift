import Core
import Migration
import Native
import Stripe

/// What can be wrong with a migration, in words.
extension Diagnostics {
  static func runError(_ error: MigrationError) -> RunError {
    let place = error.line.map { "\(error.subject), line \($0)" } ?? error.subject
    let (code, what, hint) = words(error)
    // Of a connection the cause is sentences that say what to do.
    if [.notConnected, .targetUnclear].contains(error.code) {
      return RunError(code, place, what, hint: error.cause)
    }
    let cause = error.cause.map { ": \($0)" } ?? ""
    return RunError(code, place, what + cause, hint: hint)
  }

  private static func words(_ error: MigrationError) -> (ExitCode, String, String?) {
    switch error.code {
    case .configUnreadable, .configSyntax, .configValue, .configExists, .exceptionsUnreadable,
      .exceptionsLine:
      configWords(error)
    case .targetUnsupported, .targetUnclear, .targetMissing, .notADatabase, .cutShort, .readOnly,
      .lockedByOther, .busy, .diskFull, .unfinishedTransaction, .notConnected, .notPermitted,
      .textInvalid, .noTransactions, .connectionLost, .databaseFailed, .rejected:
      targetWords(error)
    case .tableMissing, .columnMissing, .noCardTable, .noStripeCustomers, .keyIsNumber,
      .keyOfManyColumns, .keyNotUnique, .keyNull, .columnTooShort, .columnNotWritable,
      .cannotBeNull, .maskedTwice, .actionOfType, .triggersPresent, .rehearsalFailed,
      .nameHoldsNumber:
      schemaWords(error)
    case .planUnreadable, .planChanged, .configChanged, .exceptionsChanged, .mappingChanged,
      .schemaChanged, .confirmMismatch:
      planWords(error)
    case .encryptionMissing, .encryptionFailed, .recipientUnclear, .recipientUnknown,
      .recipientUnusable:
      intakeWords(error)
    case .incompleteLinking, .unlinkedRow, .changedAfterLink, .rowsChanged, .scrubBegun,
      .rollbackBegun, .otherPlan, .nothingWritten, .notReadBack, .ledgerUnusable, .ledgerDamaged,
      .ledgerOfOther, .interrupted:
      stateWords(error)
    }
  }

  private static func configWords(_ error: MigrationError) -> (ExitCode, String, String?) {
    switch error.code {
    case .configSyntax: (.usage, "is no JSON5, expected", nil)
    case .configValue: (.usage, "says something that makes no sense", nil)
    case .configExists:
      (
        .usage, "is there already, and may have been corrected by hand",
        "choose another file with --output FILE, or remove this one"
      )
    case .exceptionsUnreadable: (.usage, "the file with the exceptions cannot be read", nil)
    case .exceptionsLine:
      (.usage, "is no line of `unpan migrate match --output`", "each line is one JSON object")
    default: (.usage, "cannot be read", "`unpan migrate init` writes a first one")
    }
  }

  private static func targetWords(_ error: MigrationError) -> (ExitCode, String, String?) {
    switch error.code {
    case .targetUnsupported:
      (
        .usage, "migrations do not know this kind of target",
        "write sqlite:PATH, postgres://… or mariadb://…"
      )
    case .targetMissing: (.failure, "the database cannot be opened", nil)
    case .notADatabase: (.failure, "is no database, an encrypted one or a damaged one", nil)
    case .cutShort:
      (
        .failure, "is shorter than it says it is: it was cut short, or not copied to its end",
        "take a whole copy or a backup; nothing was changed"
      )
    case .readOnly:
      (
        .failure, "the database cannot be written",
        "give this user the right to write (a file and its directory; a server's primary, not a "
          + "standby); nothing was changed"
      )
    case .lockedByOther:
      (
        .failure, "another run of unpan is working on this database",
        "wait for it to end; nothing was changed by this one"
      )
    case .busy:
      (
        .failure, "another program is using the database",
        "stop it or try again; what was finished is kept, the same command goes on from there"
      )
    case .diskFull:
      (
        .failure, "the disk is full",
        "make room; the batch was undone, and the same command goes on from there"
      )
    case .unfinishedTransaction:
      (
        .failure, "a transaction was cut short and waits to be undone",
        "run the command that was stopped again with --apply, or open the database once with its "
          + "own program"
      )
    case .notConnected: (.failure, "the database cannot be reached", nil)
    case .targetUnclear: (.usage, "the target is not understood", nil)
    case .noTransactions:
      (
        .failure, "the table's engine has no transactions, so a batch could end half done",
        "ALTER TABLE … ENGINE=InnoDB, then plan again"
      )
    case .notPermitted:
      (
        .failure, "the account may not do this",
        "what was begun was undone; use the account that owns the tables"
      )
    case .textInvalid:
      (
        .failure, "a text is not of the encoding that the database declares",
        "the batch was undone; correct that text, then the same command goes on"
      )
    case .connectionLost:
      (
        .failure, "the connection was lost",
        "the batch was undone; the same command goes on where it stopped"
      )
    case .rejected:
      (
        .failure, "the database refuses a change because of a constraint",
        "the batch was undone; correct the configuration, then plan and link again"
      )
    default:
      (.failure, "the database failed", "what was finished is kept; the same command goes on")
    }
  }

  private static func schemaWords(_ error: MigrationError) -> (ExitCode, String, String?) {
    let count = error.count ?? 0
    switch error.code {
    case .tableMissing: return (.usage, "the database has no such table", nil)
    case .columnMissing: return (.usage, "the database has no such column", nil)
    case .noCardTable:
      return (
        .usage, "no table looks like one of cards",
        "write the configuration by hand; `unpan scan` shows where the numbers are"
      )
    case .noStripeCustomers:
      return (
        .usage, "no column with Stripe's ids of the customers is there yet",
        "run `unpan migrate link --apply` first: where the configuration names the customers, it adds the "
          + "column and fills it"
      )
    case .keyIsNumber:
      return (
        .usage, "a card number cannot be the key: a key is kept, a number is not",
        "give the table a key of its own, such as a counter"
      )
    case .keyOfManyColumns:
      return (
        .usage, "the table has no key of one column",
        "give it a unique column, or treat it by hand"
      )
    case .keyNotUnique:
      return (
        .failure, "\(Plural.text(count, "key names", "keys name")) more than one row",
        "make the key unique first"
      )
    case .keyNull:
      return (
        .failure, "\(Plural.text(count, "row has", "rows have")) no key (NULL)",
        "give them one, or remove them"
      )
    case .columnTooShort:
      return (
        .failure, "the column is too short: the mapping has ids of \(count) characters",
        "widen the column, or name another one"
      )
    case .columnNotWritable:
      return (
        .failure, "the column cannot hold what the plan writes",
        "name another column, or one that is to be added"
      )
    case .cannotBeNull:
      return (
        .usage, "the column is NOT NULL or a key, so it cannot be set to NULL",
        "choose mask, empty, zero or drop for it"
      )
    case .maskedTwice:
      return (
        .usage, "the column is unique, so two rows cannot get the same value",
        "choose drop, or null where it may be NULL"
      )
    case .actionOfType:
      return (
        .usage, "the column holds numbers, so it takes no text", "choose null, zero, redact or drop"
      )
    case .nameHoldsNumber:
      return (
        .failure, "a name in the database holds a card number",
        "rename it first: names stay when the values are gone"
      )
    case .triggersPresent:
      return (
        .usage, "triggers would fire on every changed row",
        "say triggers: \"suspend\" (they do not fire, best where they copy rows elsewhere) or "
          + "\"fire\" in the configuration"
      )
    default:
      return (
        .failure, "a try on a copy of the schema failed",
        "the database would refuse this statement later; correct the configuration or the schema"
      )
    }
  }

  private static func planWords(_ error: MigrationError) -> (ExitCode, String, String?) {
    let again =
      "run `unpan migrate match` and `plan` again, and `link` before `scrub`; nothing was changed"
    return switch error.code {
    case .planUnreadable:
      (.usage, "the plan cannot be used", "`unpan migrate plan --output FILE` writes one")
    case .planChanged: (.failure, "the plan was changed: its digest is another one", again)
    case .configChanged: (.failure, "the configuration changed after the plan was made", again)
    case .exceptionsChanged: (.failure, "the exceptions changed after the plan was made", again)
    case .mappingChanged:
      (.failure, "the mapping file is gone or changed after the plan was made", again)
    case .schemaChanged: (.failure, "the schema changed after the plan was made", again)
    default:
      (
        .usage, "is not the digest of this plan",
        "look at the plan, then give the digest it ends with; nothing was changed"
      )
    }
  }

  private static func intakeWords(_ error: MigrationError) -> (ExitCode, String, String?) {
    switch error.code {
    case .encryptionMissing: (.failure, "is not installed", "install the package gnupg")
    case .encryptionFailed:
      (.failure, "did not encrypt everything", "no file was left; start the command again")
    case .recipientUnclear:
      (
        .usage, "takes the whole fingerprint of a key, 40 or 64 hexadecimal digits",
        "`gpg --fingerprint` shows it; compare it with the one that Stripe publishes"
      )
    case .recipientUnknown:
      (
        .usage, "the keyring has no key with this fingerprint",
        "import the key with `gpg --import`, and compare its fingerprint"
      )
    default:
      (.usage, "the key cannot be used", "get the current one, and compare its fingerprint")
    }
  }

  private static func stateWords(_ error: MigrationError) -> (ExitCode, String, String?) {
    let count = error.count ?? 0
    switch error.code {
    case .incompleteLinking:
      return (
        .failure,
        count > 0
          ? "\(Plural.text(count, "record is", "records are")) neither linked nor excepted"
          : "linking did not come to its end",
        count > 0
          ? "see `unpan migrate match --output`; solve them or name them as exceptions, plan and "
            + "link again"
          : "run `unpan migrate link --apply` until it ends"
      )
    case .unlinkedRow:
      return (
        .failure, "the row is neither linked nor excepted\(others(count)); its card data was kept",
        "run match, plan and link again, then scrub with the new plan"
      )
    case .changedAfterLink:
      return (
        .failure, "the row changed after it was linked\(others(count)); its card data was kept",
        "see `unpan migrate match --output`; then plan and link again, and scrub with that plan"
      )
    case .rowsChanged:
      return (
        .failure,
        "\(Plural.text(count, "record")) changed after the plan was made and not linked as planned",
        "those that match still were linked; run match, plan and link again"
      )
    case .scrubBegun:
      return (.failure, "scrubbing has begun, so there is no way back", nil)
    case .rollbackBegun:
      return (.failure, "a rollback has begun", "let `unpan migrate rollback --apply` end first")
    case .otherPlan:
      return (
        .failure, "another plan was linked here", "use that plan, or link this one first"
      )
    case .nothingWritten:
      return (.failure, "nothing was linked here", "run `unpan migrate link --apply` first")
    case .notReadBack:
      return (
        .failure, "what was written did not read back as expected",
        "the batch was undone where that was possible; look at the database before going on"
      )
    case .ledgerDamaged:
      return (
        .failure, "the ledger was changed: this line does not follow from the one before it",
        "keep it as evidence; go on with --ledger and a new file only if you know why"
      )
    case .ledgerOfOther:
      return (
        .failure, "the ledger knows nothing of the plan that was linked here",
        "name the ledger of this migration with --ledger; without it nothing proves what was done"
      )
    case .interrupted:
      return (Interruption.exitCode, "stopped; the same command goes on from there", nil)
    default: return (.failure, "the ledger cannot be used", "choose another with --ledger FILE")
    }
  }

  /// Behind the first of several rows.
  private static func others(_ count: Int) -> String {
    count > 1 ? " (and \(count - 1) more)" : ""
  }

  // MARK: - Records

  /// What a person does about a record that is not plainly matched.
  static func nextStep(_ reason: MatchReason) -> String {
    switch reason {
    case .customerNotInMapping, .cardNotInMapping:
      "look for it in Stripe's error log, ask the customer for the card again, or except it"
    case .noPaymentMethod: "Stripe has the customer without a card; ask for it again or except it"
    case .brandDiffers, .last4Differs, .expiryDiffers:
      "compare both sides; correct the mapping's join, or except the record"
    case .otherCustomer:
      "the mapping has this card under another customer: correct the customer's key on the side that is "
        + "wrong, or except the record"
    case .otherIdStored: "decide which id is right; clear or correct the other one"
    case .idOfOtherCard:
      "the row names a card that is not in it: clear that id, then the exception holds"
    case .bankAccount: "a bank account cannot stand for a card: correct the keys, or except it"
    case .notLinked, .otherValuesStored: "plan and link again, or except it"
    case .severalCandidates, .severalClaims:
      "cannot be told apart: correct the keys by hand, or except the record"
    case .numberUnreadable, .nothingToCompare:
      "see what is stored there; correct it or except the record"
    case .customerIsNull: "give the card a customer, or except it"
    case .expired: "linked; the customer may need a new card"
    case .sameFingerprint: "linked; the same card is held twice, detach one at Stripe"
    case .notInDatabase: "nothing to do here; see why Stripe has what the shop has not"
    case .noCard: "needs no id, as no card is there; when one should be, find out where it went"
    }
  }

  /// Why a row is not in the file for Stripe's import.
  static func words(_ reason: ImportFile.Reject.Reason) -> String {
    switch reason {
    case .missing: "is missing"
    case .notUTF8: "is not UTF-8"
    case .lineBreak: "has a line break"
    case .notACardNumber: "is not a card number"
    case .notAMonth: "is not a month"
    case .notAYear: "is not a year"
    case .notABool: "is neither TRUE nor FALSE"
    case .notACountry: "is not a country of two letters"
    case .notACustomer: "is not a customer's id of Stripe"
    case .cardNumber: "holds a card number"
    }
  }

  static func words(_ note: Proposal.Note.Kind) -> String {
    switch note {
    case .alsoPossible(let other): "\(other) would be possible as well."
    case .noCustomers:
      "No table was found whose keys the cards' customers are: cards get their ids, and no customer gets\n"
        + "a cus_ id. Where there is such a table, name it:"
    case .noCustomerColumn:
      "No column of the cards was found that says whose a card is. Fill in cards.customer, and name the\n"
        + "table of the customers, or no customer gets a cus_ id:"
    case .notNull: "NOT NULL, so it cannot become NULL."
    case .mostlyOrdinary(let values, let all):
      "\(values) of \(all) values are no card data, so only those that are change: numbers in a text\n"
        + "become stars, a number in a column of numbers NULL, or 0 where it is NOT NULL."
    case .ordinaryKey(let values, let all):
      "\(values) of \(all) values are no card data, and it is part of a key or unique, so nothing is\n"
        + "proposed: decide by hand what becomes of the others."
    case .fixed:
      "part of a key or UNIQUE, and NOT NULL, so it can neither be emptied nor dropped: nothing is\n"
        + "proposed. Make the table anew without that, then run init again."
    case .refused(let error):
      "nothing is proposed, as the table takes no action here:\n"
        + NumberGuard.masked(error.cause ?? runError(error).message)
        + ".\nChange that, then run init again."
    case .constrained: "A constraint does not take what would be proposed else."
    case .untried:
      "A CHECK names this column. Nothing was tried on this database: `unpan migrate plan` does."
    case .numericKey:
      "its values look like card numbers. If they are, give the table a key of its own first: a key is\n"
        + "kept. If they are not, say longNumericKeys: true in mapping."
    case .unreached:
      "left to you, as no statement of a plan goes there: change definitions, remove large objects\n"
        + "(lo_unlink), drop system versioning, clear the rest by hand. `unpan scan` names each place."
    case .unique: "Part of a key or unique, so it cannot become NULL: the column goes."
    case .expiryKept:
      "Expiry dates may stay beside a payment method. To remove them as well:"
    case .triggers(let names):
      "These do not fire while rows are changed, so that none of them copies what goes:\n"
        + names.joined(separator: ", ")
    case .triggersFire(let names):
      "These fire on every changed row, as this server cannot keep triggers from it. See what they\n"
        + "write: columns that get what goes have to be scrubbed as well.\n"
        + names.joined(separator: ", ")
    case .generated: "generated, so it follows the columns it is made from."
    case .byContent: "taken for what it holds, not for its name."
    case .noExpiry:
      "no column was found that says when a card ends, so it is not compared. Where there is one, name\n"
        + "it as expiry, or two as expiryMonth and expiryYear."
    case .opaque:
      "encrypted, hashed or binary; `unpan verify` cannot prove that it is no card data. Scrub it "
        + "too, or accept it in a policy."
    case .shadow: "keeps rows of a virtual table."
    case .secretLeftOut:
      "The password is not written here: give it by PGPASSWORD, ~/.pgpass, MYSQL_PWD or an option\n"
        + "file of the client."
    }
  }
}

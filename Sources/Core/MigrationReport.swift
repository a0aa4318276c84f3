/// How the records of a migration add up: every legacy record is linked or excepted, and the card data
/// of every store is gone.
package struct MigrationReport: Codable, Sendable, Equatable {
  /// The plan that was carried out, by its name or digest.
  package var plan: String
  package var legacyRecords = 0
  /// Records whose customer and payment method are written down.
  package var linked = 0
  /// Records that somebody decided to leave out.
  package var excepted = 0
  /// Customers without a card, who need no id; `nil` when there are none.
  package var withoutCard: Int?
  /// Records by the state of their match, for example `matched` or `ambiguous`; in a stable order.
  package var states: [State] = []
  /// Card data before and after, store by store.
  package var stores: [Store] = []
  /// What nobody has decided yet; at most `openMax` are listed, `openCount` counts them all.
  package var open: [OpenException] = []
  package var openCount = 0
  /// What Stripe says of the linked records; `nil` when it was not asked.
  package var stripe: StripeCheck?

  package static let openMax = 200

  package init(plan: String) { self.plan = plan }

  /// Records that are linked, excepted, or need no id.
  private var accounted: Int { linked + excepted + (withoutCard ?? 0) }

  /// Records that are neither linked nor excepted, and need an id.
  package var unaccounted: Int { max(0, legacyRecords - accounted) }

  /// Nothing is open, every record is accounted for, and no store still has card data.
  package var isReconciled: Bool {
    accounted == legacyRecords && openCount == 0 && stores.allSatisfy { $0.after == 0 }
  }

  /// Linked records as Stripe knows them at the time of the report.
  package struct StripeCheck: Codable, Sendable, Equatable {
    package var account: String
    /// `live` or `test`.
    package var mode: String
    package var records = 0
    /// Records of which Stripe says something else.
    package var withProblems = 0
    /// Records that nothing can be said of.
    package var notExamined = 0
    /// How often each problem was seen, those that leave a check passed too.
    package var problems: [State] = []
    /// Records with problems, at most `openMax`.
    package var listed: [Record] = []

    package init(account: String, mode: String) {
      self.account = account
      self.mode = mode
    }

    /// Every record is as Stripe says.
    package var isClean: Bool { withProblems == 0 && notExamined == 0 }

    /// One record with problems; holds ids of Stripe only.
    package struct Record: Codable, Sendable, Equatable {
      package var customer: String
      package var paymentMethod: String?
      package var problems: [String]

      package init(customer: String, paymentMethod: String?, problems: [String]) {
        self.customer = customer
        self.paymentMethod = paymentMethod
        self.problems = problems
      }
    }
  }

  /// How many records are in one state.
  package struct State: Codable, Sendable, Equatable {
    package var name: String
    package var count: Int

    package init(name: String, count: Int) {
      self.name = name
      self.count = count
    }
  }

  /// What a scan found in one store before the migration and after it.
  package struct Store: Codable, Sendable, Equatable {
    /// Raw, for example a path or `shop.db, table cards`.
    package var name: String
    package var before: Int
    /// `nil`: not scanned since.
    package var after: Int?

    package init(name: String, before: Int, after: Int?) {
      self.name = name
      self.before = before
      self.after = after
    }
  }

  /// A record that waits for a decision. Never holds a number.
  package struct OpenException: Codable, Sendable, Equatable {
    /// The legacy record's key, raw.
    package var record: String
    package var state: String
    package var reason: String
    package var owner: String?

    package init(record: String, state: String, reason: String, owner: String? = nil) {
      self.record = record
      self.state = state
      self.reason = reason
      self.owner = owner
    }
  }
}

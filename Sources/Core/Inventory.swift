/// What somebody says he keeps, and where: `inventory.json5`.
package struct Inventory: Sendable, Equatable {
  /// As the user named it.
  package var file: String
  /// A place belongs to the first store that matches it.
  package var stores: [Store]

  package init(file: String, stores: [Store]) {
    self.file = file
    self.stores = stores
  }

  /// A store somebody answers for.
  package struct Store: Codable, Sendable, Equatable {
    /// Short and unique; reports call the store by it.
    package var id: String
    /// Patterns of paths or targets, in the manner of `--exclude`.
    package var places: [String]
    package var owner: String?
    package var purpose: String?
    package var environment: Environment?
    /// How long data may be kept, in days.
    package var retentionDays: Int?
    /// Kinds of findings that may be here, by their `kind`, and `test-number`.
    package var expects: [String]
    /// How card data here is protected, and how access to it is logged: for the storage table.
    package var protection: String?
    package var accessLogging: String?

    package init(
      id: String, places: [String], owner: String? = nil, purpose: String? = nil,
      environment: Environment? = nil, retentionDays: Int? = nil, expects: [String] = [],
      protection: String? = nil, accessLogging: String? = nil
    ) {
      self.id = id
      self.places = places
      self.owner = owner
      self.purpose = purpose
      self.environment = environment
      self.retentionDays = retentionDays
      self.expects = expects
      self.protection = protection
      self.accessLogging = accessLogging
    }
  }

  /// Where a store is used.
  package enum Environment: String, Codable, Sendable, CaseIterable {
    case production, test
  }

  /// The word in `expects` for published test numbers.
  package static let testNumber = "test-number"
}

/// How a run compares with an inventory.
package struct InventoryReport: Codable, Sendable, Equatable {
  /// The inventory as the user named it, raw.
  package var file: String
  /// Every listed store, in the inventory's order.
  package var stores: [StoreResult] = []
  /// What the run found against the inventory; at most `breachesMax` are listed.
  package var breaches: [Breach] = []
  package var breachCount = 0
  /// Places that were scanned and belong to no listed store; at most `unlistedMax` are named.
  package var unlisted: [String] = []
  package var unlistedCount = 0

  /// Which listed store holds a place with findings; at most `holdingsMax`.
  package var holdings: [Holding] = []

  package static let holdingsMax = 1_500
  package static let breachesMax = 1_000
  package static let unlistedMax = 200

  package init(file: String) { self.file = file }

  /// Listed and not scanned.
  package var notScanned: [StoreResult] { stores.filter { $0.places == 0 } }

  /// A listed store and what the run saw of it.
  package struct StoreResult: Codable, Sendable, Equatable {
    package var store: Inventory.Store
    /// Files, streams and databases of it that were scanned.
    package var places = 0
    package var findings = 0
    package var testNumbers = 0
    /// The day its oldest place with card data was last changed; `nil` where nobody knows.
    package var oldest: String?

    package init(_ store: Inventory.Store) { self.store = store }
  }

  /// A place with findings and the listed store it belongs to.
  package struct Holding: Codable, Sendable, Equatable {
    /// Path or target, raw.
    package var place: String
    /// The store's id.
    package var store: String

    package init(place: String, store: String) {
      self.place = place
      self.store = store
    }
  }

  /// The listed store that holds a place with findings.
  package func store(holding place: String) -> Inventory.Store? {
    guard let id = holdings.first(where: { $0.place == place })?.store else { return nil }
    return stores.first { $0.store.id == id }?.store
  }

  /// One thing that is not as the inventory says.
  package struct Breach: Codable, Sendable, Equatable {
    package var kind: Kind
    /// The store's id; `nil` for a place that is not listed.
    package var store: String?
    /// Path or target, raw.
    package var place: String
    /// Findings it is about.
    package var count: Int
    /// What was found, as a finding's kind.
    package var content: String?
    /// The day the place was last changed.
    package var modified: String?

    package init(
      _ kind: Kind, store: String?, place: String, count: Int, content: String? = nil,
      modified: String? = nil
    ) {
      self.kind = kind
      self.store = store
      self.place = place
      self.count = count
      self.content = content
      self.modified = modified
    }
  }

  /// In the order reports list them.
  package enum Kind: String, Codable, Sendable, CaseIterable {
    /// Card data at a place that no store lists: an incident, until somebody says otherwise (12.10.7).
    case notListed = "not-listed"
    /// Real card data in a test environment (6.5.5).
    case realInTest = "real-in-test"
    /// Card data of a kind that the store is not said to hold (3.2.1).
    case unexpected = "unexpected-content"
    /// Card data at a place that was not changed for longer than it may be kept (3.2.1).
    case tooOld = "older-than-retention"
    /// Published test numbers in production (6.5.6).
    case testInProduction = "test-in-production"

    /// The PCI DSS requirement it touches.
    package var requirement: String {
      switch self {
      case .notListed: "12.10.7"
      case .realInTest: "6.5.5"
      case .unexpected, .tooOld: "3.2.1"
      case .testInProduction: "6.5.6"
      }
    }
  }
}

extension InventoryReport {
  /// What is listed and was not scanned, as coverage that is missing.
  package var missedCoverage: Coverage {
    var coverage = Coverage(target: file)
    for result in notScanned {
      let places = result.store.places.joined(separator: ", ")
      coverage.notExamined.append(
        Coverage.Entry(
          place: "\(result.store.id): \(places)", reason: .notScanned,
          detail: "No target of this run holds it. Add it to the targets, or take it out of the "
            + "inventory."))
    }
    coverage.notExaminedCount = coverage.notExamined.count
    return coverage
  }
}

extension Coverage {
  /// Whether it is no target's but tells what an inventory lists and the run did not scan.
  package var isOfInventory: Bool {
    !notExamined.isEmpty && notExamined.allSatisfy { $0.reason == .notScanned }
  }
}

extension InventoryReport {
  /// The comparison of several shards of a run with the same inventory: a store is scanned when one of
  /// them scanned it.
  package static func merged(_ reports: [InventoryReport]) -> InventoryReport? {
    guard var sum = reports.first else { return nil }
    for report in reports.dropFirst() {
      for result in report.stores {
        guard let index = sum.stores.firstIndex(where: { $0.store.id == result.store.id }) else {
          sum.stores.append(result)
          continue
        }
        sum.stores[index].places += result.places
        sum.stores[index].findings += result.findings
        sum.stores[index].testNumbers += result.testNumbers
        sum.stores[index].oldest = [sum.stores[index].oldest, result.oldest].compactMap { $0 }.min()
      }
      sum.breachCount += report.breachCount
      sum.breaches += report.breaches.prefix(breachesMax - sum.breaches.count)
      sum.holdings += report.holdings.prefix(holdingsMax - sum.holdings.count)
      sum.unlistedCount += report.unlistedCount
      sum.unlisted += report.unlisted.prefix(unlistedMax - sum.unlisted.count)
    }
    return sum
  }
}

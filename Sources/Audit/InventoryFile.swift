import Core
import Rules

/// Reads `inventory.json5`.
package enum InventoryFile {
  private static let keys: Set<String> = [
    "schema", "stores", "id", "places", "owner", "purpose", "environment", "retentionDays",
    "expects", "protection", "accessLogging",
  ]
  /// What the file may name itself.
  package static let schema = "urn:unpan:schema:inventory:1"

  private struct Document: Decodable {
    var schema: String?
    var stores: [Entry]
  }

  private struct Entry: Decodable {
    var id: String
    var places: [String]
    var owner: String?
    var purpose: String?
    var environment: String?
    var retentionDays: Int?
    var expects: [String]?
    var protection: String?
    var accessLogging: String?
  }

  /// - Throws: `RuleError` for a file that cannot be read or believed, with its line.
  package static func load(_ path: String) throws(RuleError) -> Inventory {
    let file = try SettingsFile(path: path, keys: keys)
    let document = try file.decode(Document.self, check: check)
    return Inventory(
      file: path,
      stores: document.stores.map { entry in
        Inventory.Store(
          id: entry.id, places: entry.places, owner: entry.owner, purpose: entry.purpose,
          environment: entry.environment.flatMap(Inventory.Environment.init(rawValue:)),
          retentionDays: entry.retentionDays, expects: entry.expects ?? [],
          protection: entry.protection, accessLogging: entry.accessLogging)
      })
  }

  private static func check(_ document: Document) -> SettingsFile.Problem? {
    if let schema = document.schema, schema != InventoryFile.schema {
      return .init("schema", "\(InventoryFile.schema), or no schema")
    }
    if document.stores.isEmpty { return .init("stores", "at least one store") }
    let kinds = Finding.Kind.allCases.filter { $0 != .integration }
    let contents = kinds.map(\.rawValue) + [Inventory.testNumber]
    let environments = Inventory.Environment.allCases.map(\.rawValue)
    var ids: Set<String> = []
    for (index, store) in document.stores.enumerated() {
      let path = "stores[\(index)]"
      if store.id.isEmpty || !ids.insert(store.id).inserted {
        return .init(path + ".id", "an id of its own for every store")
      }
      if store.places.isEmpty { return .init(path + ".places", "at least one place") }
      if let empty = store.places.firstIndex(where: \.isEmpty) {
        return .init(path + ".places[\(empty)]", "a path, a target or a pattern")
      }
      if let environment = store.environment, !environments.contains(environment) {
        return .init(path + ".environment", environments.joined(separator: " or "))
      }
      if let days = store.retentionDays, !(0...36_500).contains(days) {
        return .init(path + ".retentionDays", "a number of days from 0 to 36500")
      }
      if let wrong = store.expects?.firstIndex(where: { !contents.contains($0) }) {
        return .init(path + ".expects[\(wrong)]", "one of " + contents.joined(separator: ", "))
      }
    }
    return nil
  }
}

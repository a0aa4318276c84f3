import Core

/// Makes a believable legacy shop in a directory: a database, a month of logs from three services,
/// an old dump, a mailbox and settings, with card data the way real shops leak it.
///
/// Everything is invented: the same seed gives the same shop, and no number belongs to anybody on
/// purpose.
///
/// ```swift
/// let manifest = try DemoShop().write(to: "demo")
/// manifest.files  // ["shop.db", "logs/checkout.log", …]
/// ```
package struct DemoShop: Sendable {
  /// The seed of `unpan demo` when none is given.
  package static let defaultSeed: UInt64 = 2024

  private let seed: UInt64

  package init(seed: UInt64 = DemoShop.defaultSeed) { self.seed = seed }

  /// Writes the shop; an earlier demo in the directory is replaced, whatever else lies there is not
  /// touched.
  ///
  /// - Parameter directory: made when missing; must be empty or hold an earlier demo.
  /// - Returns: what was planted and where. Holds whole numbers: never print or store it.
  /// - Throws: `RunError` when the directory holds something else, or cannot be written.
  package func write(to directory: String) throws(RunError) -> DemoManifest {
    let folder = DemoFolder(path: directory)
    var people = DemoPeople(count: DemoShop.customers, seed: seed)
    var texts = DemoCheckoutLog.make(people: people, seed: seed)
    texts.append(DemoPaymentsLog.make(people: people, seed: seed))
    texts.append(DemoAccessLog.make(people: people, seed: seed))
    texts += DemoPapers.make(people: people, seed: seed)
    let database = DemoDatabase(people: &people, seed: seed)

    try folder.prepare(files: [DemoDatabase.path] + texts.map(\.path))
    var manifest = DemoManifest(directory: directory)
    try folder.writeDatabase(database.statements, to: DemoDatabase.path)
    manifest.files.append(DemoDatabase.path)
    manifest.plants = database.plants
    manifest.lookAlikes = database.lookAlikes
    for text in texts {
      try folder.write(text.bytes, to: text.path)
      manifest.files.append(text.path)
      manifest.plants += text.plants
      manifest.lookAlikes += text.lookAlikes
    }
    return manifest
  }

  private static let customers = 600
}

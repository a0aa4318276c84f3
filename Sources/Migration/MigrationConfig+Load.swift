import Core
import Native
import Rules

extension MigrationConfig {
  /// Somebody's mistake if larger.
  private static let fileBytesMax = 16 << 20

  /// Reads and checks a file.
  /// - Throws: `MigrationError` with the line of what is wrong.
  package static func load(_ path: String) throws(MigrationError) -> MigrationConfig {
    try decode(try readBytes(path, .configUnreadable), path)
  }

  static func readBytes(
    _ path: String, _ code: MigrationError.Code
  ) throws(MigrationError) -> [UInt8] {
    do throws(SystemError) {
      let file = try Descriptor.open(ForeignBytes.bytes(of: path), followsLinks: true)
      let status = try file.status()
      guard status.kind == .regular else { throw .notFound }
      guard status.size <= fileBytesMax else {
        throw MigrationErrorOrSystem.tooLarge
      }
      var bytes = [UInt8](repeating: 0, count: status.size)
      let count = try read(file, into: &bytes)
      return Array(bytes.prefix(count))
    } catch {
      throw MigrationError(code, path, cause: error.text)
    }
  }

  private enum MigrationErrorOrSystem {
    /// `EFBIG`.
    static let tooLarge = SystemError(rawValue: 27)
  }

  private static func read(
    _ file: borrowing Descriptor, into bytes: inout [UInt8]
  ) throws(SystemError) -> Int {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count + 1, alignment: 1)
    defer { buffer.deallocate() }
    let count = try file.read(into: buffer, at: 0)
    bytes = Array(buffer[..<min(count, bytes.count)])
    return bytes.count
  }

  static func decode(_ bytes: [UInt8], _ path: String) throws(MigrationError) -> MigrationConfig {
    let outline: RuleOutline
    do throws(RuleOutline.Trouble) {
      outline = try RuleOutline(bytes)
    } catch {
      throw MigrationError(.configSyntax, path, cause: error.expected, line: error.line)
    }
    for key in outline.keys where !MigrationConfig.keys.contains(key.name) {
      throw MigrationError(
        .configValue, path, cause: "there is no key \(NumberGuard.masked(key.name))", line: key.line
      )
    }
    do {
      let config = try JSON5Decoder.decode(MigrationConfig.self, from: bytes)
      if let (key, expected) = config.problem {
        throw MigrationError(
          .configValue, path, cause: "\(key): expected \(expected)", line: outline.line(of: key))
      }
      return config
    } catch let error as MigrationError {
      throw error
    } catch let error as DecodingError {
      throw MigrationError(
        .configValue, path, cause: words(error), line: outline.line(of: keyPath(error)))
    } catch {
      throw MigrationError(.configSyntax, path, cause: "JSON5")
    }
  }

  /// The first value that makes no sense, by its key.
  private var problem: (key: String, expected: String)? {
    if version != 1 { return ("version", "1") }
    if target.isEmpty { return ("target", "a database, for example sqlite:shop.db") }
    if TargetSecret.isIn(target) {
      return ("target", "a URL without a password: the client's own places have it")
    }
    if mapping.file.isEmpty { return ("mapping.file", "the path of a mapping file") }
    if cards.customer.isEmpty {
      return ("cards.customer", "the column of \(cards.table) that says whose a card is")
    }
    if let rows = link.batchRows, !(1...1_000_000).contains(rows) {
      return ("link.batchRows", "a number from 1 to 1000000")
    }
    if let number = cards.number, number.lowercased() == cards.key.lowercased() {
      return ("cards.key", "another column than the card number: a key is kept, a number is not")
    }
    if let problem = targetProblem { return problem }
    var seen: Set<String> = []
    for (index, item) in scrub.enumerated() {
      let name = "\(item.table).\(item.column)".lowercased()
      if !seen.insert(name).inserted { return ("scrub[\(index)]", "each column once") }
      if keptColumns.contains(name) {
        return ("scrub[\(index)].column", "a column that the migration does not write or need")
      }
    }
    return intakeProblem
  }

  /// What link writes goes to a column of its own: not to another value's, and to none that is read.
  private var targetProblem: (key: String, expected: String)? {
    var taken: [String: String] = [:]
    func name(_ table: String, _ column: String) -> String { "\(table).\(column)".lowercased() }
    let sources = [
      ("key", cards.key), ("customer", cards.customer), ("number", cards.number),
      ("expiryMonth", cards.expiryMonth), ("expiryYear", cards.expiryYear),
      ("expiry", cards.expiry),
    ]
    for case (let key, let column?) in sources { taken[name(cards.table, column)] = "cards.\(key)" }
    if let customers { taken[name(customers.table, customers.key)] = "customers.key" }
    let targets = [
      ("customers.stripeCustomer", customers?.table, customers?.stripeCustomer),
      ("cards.paymentMethod", cards.table, cards.paymentMethod),
      ("cards.brand", cards.table, cards.brand), ("cards.last4", cards.table, cards.last4),
    ]
    for case (let key, let table?, let column?) in targets {
      if let other = taken.updateValue(key, forKey: name(table, column)) {
        return (key, "a column of its own; \(other) names the same one")
      }
    }
    return nil
  }

  /// Card data has its own columns in the file; among other values it would pass unseen.
  private var intakeProblem: (key: String, expected: String)? {
    let tables = [
      ("customers", customers?.table, intake?.customers ?? [:]),
      ("cards", cards.table, intake?.cards ?? [:]),
    ]
    var seen: Set<String> = []
    for (part, table, columns) in tables {
      for (field, column) in columns.sorted(by: { $0.key < $1.key }) {
        let key = "intake.\(part).\(field)"
        guard Intake.fields.contains(field) else {
          return (key, "one of " + Intake.fields.joined(separator: ", "))
        }
        guard let table else { return (key, "a table of customers") }
        guard seen.insert(field).inserted else { return (key, "each field once") }
        let isScrubbed = scrub.contains {
          $0.table.lowercased() == table.lowercased()
            && $0.column.lowercased() == column.lowercased()
        }
        let isNumber = part == "cards" && column.lowercased() == cards.number?.lowercased()
        if isScrubbed || isNumber { return (key, "a column without card data") }
      }
    }
    return nil
  }

  /// Columns that link writes and those it joins by.
  private var keptColumns: Set<String> {
    var names = [cards.key, cards.customer, cards.paymentMethod, cards.brand, cards.last4]
      .compactMap { $0 }.map { "\(cards.table).\($0)".lowercased() }
    if let customers {
      names += [customers.key, customers.stripeCustomer].map {
        "\(customers.table).\($0)".lowercased()
      }
    }
    return Set(names)
  }

  private static func keyPath(_ error: DecodingError) -> String {
    let path: [any CodingKey] =
      switch error {
      case .typeMismatch(_, let context), .valueNotFound(_, let context),
        .keyNotFound(_, let context), .dataCorrupted(let context):
        context.codingPath
      @unknown default: []
      }
    return RuleOutline.path(path)
  }

  private static func words(_ error: DecodingError) -> String {
    let path = keyPath(error)
    let place = path.isEmpty ? "" : "\(path): "
    return switch error {
    case .keyNotFound(let key, _): "\(place)the key \(key.stringValue) is missing"
    case .typeMismatch(let type, _), .valueNotFound(let type, _):
      "\(place)expected \(type == Int.self ? "a number" : type == Bool.self ? "true or false" : "a text in quotes, or a list or object")"
    default: "\(place)a word that is not known here"
    }
  }
}

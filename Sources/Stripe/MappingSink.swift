import Core
import Native

/// Checks the rows of a mapping file one by one and puts them into the scratch table.
struct MappingSink: ~Copyable {
  typealias Field = MappingFormat.Field
  private typealias What = MappingError.Problem.What

  private let path: String
  private let options: MappingOptions
  private let isCopy: Bool
  /// What the file calls each field.
  private let names: [String?]
  private let insert: Statement
  private let warn: Statement
  private var keys: KeySpool
  private var numbers = [NumberRate](repeating: NumberRate(), count: Field.allCases.count)
  private var brands: [(written: [UInt8], normalised: [UInt8])] = []
  private var firstKind: StripeId.Kind?

  private(set) var rowCount = 0
  private(set) var warningCounts: [MappingWarning.Kind: Int] = [:]
  private var problems: [MappingError.Problem] = []
  private var problemCount = 0

  /// - Parameter name: what the file calls a field, for problems.
  /// - Throws: `MappingError` when the scratch database does not take the tables.
  static func make(
    _ path: String, _ options: MappingOptions, isCopy: Bool, _ database: borrowing Database,
    name: (Field) -> String?
  ) throws(MappingError) -> MappingSink {
    try makeTables(database, path)
    return MappingSink(
      path, options, isCopy, Field.allCases.map(name),
      try prepare("INSERT INTO mapping VALUES (?,?,?,?,?,?,?,?,?,?,?)", database, path),
      try prepare("INSERT INTO mapping_warning VALUES (?,?)", database, path), try makeKeys(path))
  }

  private init(
    _ path: String, _ options: MappingOptions, _ isCopy: Bool, _ names: [String?],
    _ insert: consuming Statement, _ warn: consuming Statement, _ keys: consuming KeySpool
  ) {
    self.path = path
    self.options = options
    self.isCopy = isCopy
    self.names = names
    self.insert = insert
    self.warn = warn
    self.keys = keys
  }

  private static func makeTables(
    _ database: borrowing Database, _ path: String
  ) throws(MappingError) {
    do throws(SQLiteCode) { try database.execute(schema) } catch {
      throw MappingError(path, .scratch(error.text))
    }
  }

  private static func prepare(
    _ sql: String, _ database: borrowing Database, _ path: String
  ) throws(MappingError) -> Statement {
    do throws(SQLiteCode) { return try database.prepare(sql) } catch {
      throw MappingError(path, .scratch(error.text))
    }
  }

  private static func makeKeys(_ path: String) throws(MappingError) -> KeySpool {
    do throws(WriteFailure) { return try KeySpool() } catch {
      throw MappingError(path, .scratch(error.text))
    }
  }

  private static let schema = """
    CREATE TABLE mapping(
      id INTEGER PRIMARY KEY, line INTEGER NOT NULL, old_customer TEXT NOT NULL, old_card TEXT,
      customer TEXT NOT NULL, payment_method TEXT, brand TEXT, last4 TEXT, exp_month INTEGER,
      exp_year INTEGER, fingerprint TEXT);
    CREATE TABLE mapping_warning(line INTEGER NOT NULL, kind TEXT NOT NULL);
    BEGIN
    """

  /// Takes a row; what is wrong with it is kept for `finish`.
  /// - Throws: `MappingError` when the scratch database does not take it.
  mutating func add(_ row: MappingRow) throws(MappingError) {
    let before = problemCount
    guard !hasCardNumber(row) else { return }
    let kind = checkIds(row)
    let hasMethod = !row[.paymentMethod].isEmpty
    let details = hasMethod ? checkDetails(row) : nil
    guard problemCount == before else { return }
    if hasMethod {
      try warnAboutCard(row, kind, details)
    } else {
      try warn(row.line, .customerWithoutCard)
    }
    rowCount += 1
    do throws(SQLiteCode) {
      try put(row, details)
    } catch {
      throw MappingError(path, .scratch(error.text))
    }
    do throws(WriteFailure) {
      try addKeys(row)
    } catch {
      throw MappingError(path, .scratch(error.text))
    }
  }

  /// Notes a problem that is not one of a row's fields.
  mutating func problem(
    _ what: MappingError.Problem.What, line: Int?, byteOffset: Int? = nil, column: String? = nil
  ) {
    problemCount += 1
    guard problems.count < MappingError.problemsMax else { return }
    problems.append(
      MappingError.Problem(line: line, byteOffset: byteOffset, column: column, what: what))
  }

  mutating func warn(_ line: Int, _ kind: MappingWarning.Kind) throws(MappingError) {
    warningCounts[kind, default: 0] += 1
    do throws(SQLiteCode) {
      warn.reset()
      try warn.bind(1, Int64(line))
      try warn.bind(2, text: Array(kind.rawValue.utf8))
      try MappingSink.check(warn.step())
    } catch {
      throw MappingError(path, .scratch(error.text))
    }
  }

  /// Looks at the file as a whole, after its last row.
  /// - Returns: rows that were left out because an earlier one says the same.
  /// - Throws: `MappingError` with every problem found.
  mutating func finish(_ database: borrowing Database) throws(MappingError) -> Int {
    for field in [Field.oldCustomer, .oldCard] {
      let rate = numbers[field.rawValue]
      guard !rate.isOfIds else { continue }
      problems += rate.problems
      problemCount += rate.passing
    }
    if rowCount == 0 && problemCount == 0 { problem(.empty, line: nil) }
    try throwProblems()
    var repeatedCount = 0
    do throws(SQLiteCode) {
      var isSuspicious = false
      do throws(WriteFailure) {
        isSuspicious = try keys.hasTwoValues()
      } catch {
        throw SQLiteCode(rawValue: SQLiteCode.failed.rawValue)
      }
      if isSuspicious {
        repeatedCount = try MappingPairs.mergeRepeated(database)
        rowCount -= repeatedCount
        for pair in MappingPairs.all {
          let found = try pair.find(database)
          problems += found.first.map {
            MappingError.Problem(line: $0.line, column: names[$0.field.rawValue], what: $0.what)
          }
          problemCount += found.count
        }
      }
      insert.reset()
      warn.reset()
      try database.execute("COMMIT; CREATE INDEX mapping_source ON mapping(old_customer, old_card)")
    } catch {
      throw MappingError(path, .scratch(error.text))
    }
    try throwProblems()
    return repeatedCount
  }

  private mutating func throwProblems() throws(MappingError) {
    guard problemCount > 0 else { return }
    problems.sort { ($0.line ?? 0, $0.byteOffset ?? 0) < ($1.line ?? 0, $1.byteOffset ?? 0) }
    throw MappingError(
      path, Array(problems.prefix(MappingError.problemsMax)), count: problemCount)
  }
}

// MARK: - Checks

extension MappingSink {
  /// How many numbers of a column have the shape of a card number, and how many pass Luhn.
  private struct NumberRate {
    var shaped = 0
    var passing = 0
    var problems: [MappingError.Problem] = []

    /// Random ids pass one time in ten, card numbers always; half of that way is far from both.
    var isOfIds: Bool { passing == 0 || shaped >= 40 && passing * 4 < shaped }
  }

  /// The details of a card, where the file has them.
  private struct Details {
    var month: Int?
    var year: Int?
    var isShortYear = false
    var isExpired = false
  }

  private mutating func problem(_ what: What, _ row: MappingRow, _ field: Field) {
    problem(
      what, line: row.line, byteOffset: row.byteOffset, column: names[field.rawValue])
  }

  /// Whether a value other than a legacy id is a card number; legacy ids are counted.
  private mutating func hasCardNumber(_ row: MappingRow) -> Bool {
    for field in Field.allCases {
      let shape = NumberGuard.shape(of: row.bytes, in: row[field])
      guard shape != .none else { continue }
      guard field == .oldCustomer || field == .oldCard else {
        guard shape == .passes else { continue }
        problem(.cardNumber, row, field)
        return true
      }
      if options.allowsLongNumericIds { continue }
      numbers[field.rawValue].shaped += 1
      guard shape == .passes else { continue }
      numbers[field.rawValue].passing += 1
      guard numbers[field.rawValue].problems.count < MappingError.problemsMax else { continue }
      numbers[field.rawValue].problems.append(
        MappingError.Problem(
          line: row.line, byteOffset: row.byteOffset, column: names[field.rawValue],
          what: .cardNumber))
    }
    return false
  }

  /// - Returns: the kind of the payment method's id, if there is one.
  private mutating func checkIds(_ row: MappingRow) -> StripeId.Kind? {
    for field in [Field.oldCustomer, .oldCard] {
      if row.isScientific(field) { problem(.scientific, row, field) }
      checkText(row, field)
    }
    if isCopy {
      checkId(row, .oldCustomer, .customer)
    } else if row[.oldCustomer].isEmpty {
      problem(.missingValue, row, .oldCustomer)
    }
    checkId(row, .customer, .customer)
    if row[.paymentMethod].isEmpty {
      if !row[.oldCard].isEmpty { problem(.missingValue, row, .paymentMethod) }
      return nil
    }
    if isCopy { checkId(row, .oldCard, .paymentMethod) }
    return checkId(row, .paymentMethod, .paymentMethod)
  }

  private mutating func checkText(_ row: MappingRow, _ field: Field) {
    if !row.isUTF8(field) { problem(.notUTF8, row, field) }
    if row.hasControl(field) { problem(.controlByte, row, field) }
  }

  @discardableResult
  private mutating func checkId(
    _ row: MappingRow, _ field: Field, _ wanted: MappingError.Problem.IdWanted
  ) -> StripeId.Kind? {
    guard !row[field].isEmpty else {
      problem(.missingValue, row, field)
      return nil
    }
    let kind = options.ids.kind(of: row.bytes, in: row[field])
    let isRight = wanted == .customer ? kind == .customer : kind?.isPaymentMethod == true
    if !isRight { problem(.notAnId(wanted), row, field) }
    return kind
  }

  private mutating func checkDetails(_ row: MappingRow) -> Details {
    var details = Details()
    if names[Field.last4.rawValue] != nil {
      if row[.last4].isEmpty {
        problem(.missingValue, row, .last4)
      } else if row.number(.last4) == nil {
        problem(.notLast4, row, .last4)
      }
    }
    for field in [Field.brand, .fingerprint] { checkText(row, field) }
    guard names[Field.expMonth.rawValue] != nil else { return details }
    if let month = row.number(.expMonth), (1...12).contains(month) {
      details.month = month
    } else {
      problem(row[.expMonth].isEmpty ? .missingValue : .notAMonth, row, .expMonth)
    }
    details.isShortYear = row[.expYear].count == 2
    if let year = row.number(.expYear), details.isShortYear || (1990...2199).contains(year) {
      details.year = details.isShortYear ? 2000 + year : year
    } else {
      problem(row[.expYear].isEmpty ? .missingValue : .notAYear, row, .expYear)
    }
    if let month = details.month, let year = details.year {
      details.isExpired = MappingOptions.Month(year: year, month: month) < options.month
    }
    return details
  }

  private mutating func warnAboutCard(
    _ row: MappingRow, _ kind: StripeId.Kind?, _ details: Details?
  ) throws(MappingError) {
    if (1..<4).contains(row[.last4].count) { try warn(row.line, .strippedZeros) }
    if details?.isShortYear == true { try warn(row.line, .twoDigitYear) }
    if details?.isExpired == true { try warn(row.line, .expired) }
    if firstKind == nil { firstKind = kind }
    if kind != firstKind { try warn(row.line, .mixedKinds) }
  }
}

// MARK: - Rows into the table

extension MappingSink {
  private mutating func put(_ row: MappingRow, _ details: Details?) throws(SQLiteCode) {
    insert.reset()
    try insert.bind(1, Int64(rowCount))
    try insert.bind(2, Int64(row.line))
    try insert.bind(3, text: row.bytes, in: row[.oldCustomer])
    if !row[.oldCard].isEmpty { try insert.bind(4, text: row.bytes, in: row[.oldCard]) }
    try insert.bind(5, text: row.bytes, in: row[.customer])
    if let details {
      try insert.bind(6, text: row.bytes, in: row[.paymentMethod])
      if !row[.brand].isEmpty { try insert.bind(7, text: brand(row)) }
      try putLast4(row)
      if let month = details.month { try insert.bind(9, Int64(month)) }
      if let year = details.year { try insert.bind(10, Int64(year)) }
      if !row[.fingerprint].isEmpty { try insert.bind(11, text: row.bytes, in: row[.fingerprint]) }
    }
    try MappingSink.check(insert.step())
  }

  private func putLast4(_ row: MappingRow) throws(SQLiteCode) {
    let range = row[.last4]
    switch range.count {
    case 0: return
    case 4: try insert.bind(8, text: row.bytes, in: range)
    default:
      try insert.bind(
        8, text: [UInt8](repeating: 0x30, count: 4 - range.count) + row.bytes[range])
    }
  }

  /// There are few brands, so each is only normalised once.
  private mutating func brand(_ row: MappingRow) -> [UInt8] {
    let written = row.bytes[row[.brand]]
    for brand in brands where brand.written.elementsEqual(written) { return brand.normalised }
    let text = CardBrand.normalised(String(decoding: written, as: UTF8.self))
    let normalised = Array(text.utf8)
    if brands.count < 64 { brands.append((Array(written), normalised)) }
    return normalised
  }

  /// Notes what may come only once, or only together.
  private mutating func addKeys(_ row: MappingRow) throws(WriteFailure) {
    let oldCustomer = KeySpool.hash(row.bytes, row[.oldCustomer], salt: 1)
    let customer = KeySpool.hash(row.bytes, row[.customer], salt: 2)
    try keys.add(key: oldCustomer, value: customer)
    try keys.add(key: customer, value: oldCustomer)
    let hasMethod = !row[.paymentMethod].isEmpty
    if !row[.oldCard].isEmpty || !hasMethod {
      let salt = Int(truncatingIfNeeded: oldCustomer)
      try keys.add(
        key: KeySpool.hash(row.bytes, row[.oldCard], salt: salt), value: UInt64(rowCount))
    }
    if hasMethod {
      try keys.add(
        key: KeySpool.hash(row.bytes, row[.paymentMethod], salt: 3), value: UInt64(rowCount))
    }
  }

  private static func check(_ code: SQLiteCode) throws(SQLiteCode) {
    if code != .done { throw code }
  }
}

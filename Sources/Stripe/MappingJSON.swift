import Core

/// Reads a mapping in JSON customer by customer, so that a file of any size takes the memory of one.
///
/// `{"<old customer>": {"cards": {"<old card>": {"id": "pm_…", …}}, "id": "cus_…"}}`, the keys in any
/// order.
struct MappingJSON {
  private typealias Expected = MappingError.Problem.Expected

  /// Everything said of the customer at hand, one after the other.
  private var bytes: [UInt8] = []
  private var customer = 0..<0
  private var cards: [MappingRow] = []

  private static let customerBytesMax = 16 << 20
  private static let depthMax = 64

  /// What a file calls a field; the legacy ids are keys and have no name.
  static func name(_ field: MappingFormat.Field) -> String? {
    switch field {
    case .oldCustomer: "old customer id"
    case .oldCard: "old card id"
    case .customer, .paymentMethod: "id"
    case .brand: "brand"
    case .last4: "last4"
    case .expMonth: "exp_month"
    case .expYear: "exp_year"
    case .fingerprint: "fingerprint"
    }
  }

  private static let cardFields: [MappingFormat.Field] = [
    .paymentMethod, .brand, .last4, .expMonth, .expYear, .fingerprint,
  ]

  /// Reads the whole file.
  /// - Throws: `MappingError` at the first place that is not as JSON or a mapping must be.
  mutating func read(
    _ source: inout ByteSource, into sink: inout MappingSink
  ) throws(MappingError) {
    var reader = JSONBytes()
    try reader.open(&source)
    while try reader.nextMember(&source) {
      try readCustomer(&reader, &source, &sink)
    }
    guard try reader.isAtEnd(&source) else { throw reader.problem(source, .syntax(.endOfFile)) }
  }

  private mutating func readCustomer(
    _ reader: inout JSONBytes, _ source: inout ByteSource, _ sink: inout MappingSink
  ) throws(MappingError) {
    bytes.removeAll(keepingCapacity: true)
    cards.removeAll(keepingCapacity: true)
    customer = 0..<0
    var row = MappingRow()
    row.line = source.line
    row.byteOffset = source.offset
    row[.oldCustomer] = try reader.key(&source, into: &bytes)
    try reader.open(&source)
    while try reader.nextMember(&source) {
      let start = bytes.count
      let key = try reader.key(&source, into: &bytes)
      if bytes[key].elementsEqual("cards".utf8) {
        bytes.removeSubrange(start...)
        try reader.open(&source)
        while try reader.nextMember(&source) { try readCard(row, &reader, &source, &sink) }
      } else if bytes[key].elementsEqual("id".utf8) {
        bytes.removeSubrange(start...)
        customer = try reader.scalar(&source, into: &bytes)
      } else {
        bytes.removeSubrange(start...)
        try skip(&reader, &source, &sink, depth: 0)
        try sink.warn(source.line, .unknownColumn)
      }
    }
    try emit(row, &sink)
  }

  private mutating func readCard(
    _ customer: MappingRow, _ reader: inout JSONBytes, _ source: inout ByteSource,
    _ sink: inout MappingSink
  ) throws(MappingError) {
    var row = customer
    row.line = source.line
    row.byteOffset = source.offset
    row[.oldCard] = try reader.key(&source, into: &bytes)
    try reader.open(&source)
    while try reader.nextMember(&source) {
      let start = bytes.count
      let key = try reader.key(&source, into: &bytes)
      let field = MappingJSON.cardFields.first { field in
        MappingJSON.name(field).map { bytes[key].elementsEqual($0.utf8) } == true
      }
      bytes.removeSubrange(start...)
      if let field {
        row[field] = try reader.scalar(&source, into: &bytes)
      } else {
        try skip(&reader, &source, &sink, depth: 0)
        try sink.warn(row.line, .unknownColumn)
      }
    }
    // A card without an id must not pass for a customer without a card.
    if row[.paymentMethod].isEmpty {
      sink.problem(.missingValue, line: row.line, byteOffset: row.byteOffset, column: "id")
    } else {
      cards.append(row)
    }
    guard bytes.count <= MappingJSON.customerBytesMax else {
      throw reader.problem(source, .tooLong)
    }
  }

  /// The customer's rows, now that its id is known, which comes behind its cards.
  private mutating func emit(
    _ row: MappingRow, _ sink: inout MappingSink
  ) throws(MappingError) {
    var rows = cards.isEmpty ? [row] : cards
    for index in rows.indices {
      rows[index][.customer] = customer
      rows[index].bytes = bytes
      try sink.add(rows[index])
      rows[index].bytes = []
    }
  }

  /// Passes over a value that is not used, and looks for card numbers in it.
  private mutating func skip(
    _ reader: inout JSONBytes, _ source: inout ByteSource, _ sink: inout MappingSink, depth: Int
  ) throws(MappingError) {
    guard depth < MappingJSON.depthMax else { throw reader.problem(source, .tooLong) }
    let start = bytes.count
    switch try reader.peek(&source) {
    case 0x7B:
      try reader.open(&source)
      while try reader.nextMember(&source) {
        let key = try reader.key(&source, into: &bytes)
        check(key, source, &sink)
        bytes.removeSubrange(start...)
        try skip(&reader, &source, &sink, depth: depth + 1)
      }
    case 0x5B:
      try reader.open(&source, array: true)
      while try reader.nextMember(&source, array: true) {
        try skip(&reader, &source, &sink, depth: depth + 1)
      }
    default:
      let value = try reader.scalar(&source, into: &bytes)
      check(value, source, &sink)
      bytes.removeSubrange(start...)
    }
  }

  private func check(
    _ range: Range<Int>, _ source: borrowing ByteSource, _ sink: inout MappingSink
  ) {
    guard NumberGuard.shape(of: bytes, in: range) == .passes else { return }
    sink.problem(.cardNumber, line: source.line, byteOffset: source.offset)
  }
}

import Core

/// The first record of a CSV mapping: which format it is and which column holds what.
struct MappingHeader {
  typealias Field = MappingFormat.Field

  let format: MappingFormat
  let line: Int
  /// Of the columns, in the order of the file.
  let names: [String]
  /// The column of each field, by the field's raw value.
  private var indexes = [Int?](repeating: nil, count: Field.allCases.count)
  private var unused: [Int] = []

  /// - Throws: `MappingError` when columns are missing, come twice or belong to no format, and when a
  ///   name is a card number.
  init(_ record: CSVRecord, _ options: MappingOptions, _ path: String) throws(MappingError) {
    line = record.line
    names = record.fields.map { MappingHeader.trimmed(record.bytes[$0]) }
    for (index, field) in record.fields.enumerated()
    where NumberGuard.shape(of: record.bytes, in: field) == .passes {
      throw MappingError(path, .cardNumber, line: line, column: NumberGuard.masked(names[index]))
    }
    for (index, name) in names.enumerated() where names[..<index].contains(name) {
      throw MappingError(path, .repeatedColumn, line: line, column: name)
    }
    format = try MappingHeader.recognise(names, path, line)
    for field in Field.allCases {
      indexes[field.rawValue] = format.column(field).flatMap { names.firstIndex(of: $0) }
    }
    try choose(options.customerColumn, .oldCustomer, path)
    if options.customerColumn != nil, options.cardColumn == nil,
      indexes[Field.oldCustomer.rawValue] == indexes[Field.oldCard.rawValue]
    {
      indexes[Field.oldCard.rawValue] = nil
    }
    try choose(options.cardColumn, .oldCard, path)
    unused = names.indices.filter { !indexes.contains($0) }
  }

  private mutating func choose(
    _ name: String?, _ field: Field, _ path: String
  ) throws(MappingError) {
    guard let name else { return }
    guard let index = names.firstIndex(of: name) else {
      throw MappingError(path, .noSuchColumn, line: line, column: name)
    }
    indexes[field.rawValue] = index
  }

  /// The format with most columns of those that are whole.
  private static func recognise(
    _ names: [String], _ path: String, _ line: Int
  ) throws(MappingError) -> MappingFormat {
    let present = Set(names)
    let formats = MappingFormat.allCases.filter { $0 != .json }
    let whole = formats.filter { $0.columns.allSatisfy(present.contains) }
    if let format = whole.max(by: { $0.columns.count < $1.columns.count }) { return format }
    // Otherwise the one that most of the columns belong to, if there is one.
    func hits(_ format: MappingFormat) -> Int { format.columns.count(where: present.contains) }
    guard let closest = formats.max(by: { hits($0) < hits($1) }), hits(closest) >= 2 else {
      throw MappingError(path, .unknownHeader, line: line)
    }
    let missing = closest.columns.filter { !present.contains($0) }
    throw MappingError(
      path,
      missing.map {
        MappingError.Problem(line: line, column: $0, what: .missingColumn(closest))
      }, count: missing.count)
  }

  /// What the file calls a field, `nil` when it does not have it.
  func name(_ field: Field) -> String? { indexes[field.rawValue].map { names[$0] } }

  /// Whether no format has the column and the options do not name it.
  func isUnknown(_ name: String) -> Bool {
    guard let index = names.firstIndex(of: name) else { return false }
    return unused.contains(index) && !format.columns.contains(name)
  }

  /// A column that is not used and holds a card number.
  func unusedColumnWithNumber(_ record: CSVRecord) -> String? {
    unused.first {
      NumberGuard.shape(of: record.bytes, in: record.fields[$0]) == .passes
    }.map { names[$0] }
  }

  /// Makes a row of a record, whose bytes go into the row until they are taken back.
  func fill(_ row: inout MappingRow, from record: inout CSVRecord) {
    row.line = record.line
    for field in Field.allCases {
      row[field] = indexes[field.rawValue].map { record.fields[$0] } ?? 0..<0
    }
    record.give(&row.bytes)
  }

  private static func trimmed(_ bytes: ArraySlice<UInt8>) -> String {
    let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 }
    let end = bytes.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? bytes.startIndex
    return String(decoding: bytes[..<end].drop(while: isBlank), as: UTF8.self)
  }
}

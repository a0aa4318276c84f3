import Core
import FoundationEssentials

/// A file of linked records: CSV with a header, or one JSON object a line, with the names `customer`,
/// `payment_method`, `brand`, `last4`, `exp_month`, `exp_year` and `default` (`true`, `yes` or `1`), of
/// which the first must be there. Columns of other names are not looked at.
package struct RecordFile {
  private let path: String
  private let ids: StripeIds

  package init(_ path: String, _ ids: StripeIds) {
    self.path = path
    self.ids = ids
  }

  /// Reads the file once.
  /// - Parameter body: gets each record.
  /// - Returns: the SHA-256 of what was read.
  /// - Throws: `MappingError` with the first thing that is wrong, or what `body` throws.
  package func read(_ body: (LinkedRecord) throws -> Void) throws -> String {
    var source = try ByteSource.open(path)
    let isJSON = try source.peek() == UInt8(ascii: "{")
    var isEmpty = true
    func take(_ record: LinkedRecord) throws {
      isEmpty = false
      try body(record)
    }
    if isJSON { try readLines(&source, take) } else { try readCSV(&source, take) }
    guard !isEmpty else { throw MappingError(path, .empty) }
    return try source.sum().sha256
  }

  private static let names = [
    "customer", "payment_method", "brand", "last4", "exp_month", "exp_year", "default",
  ]

  private func readCSV(
    _ source: inout ByteSource, _ body: (LinkedRecord) throws -> Void
  ) throws {
    var record = CSVRecord()
    guard try record.read(&source) else { throw MappingError(path, .empty) }
    var columns: [String: Int] = [:]
    for (index, range) in record.fields.enumerated() {
      let name = String(decoding: record.bytes[range], as: UTF8.self)
      guard RecordFile.names.contains(name) else { continue }
      guard columns.updateValue(index, forKey: name) == nil else {
        throw MappingError(path, .repeatedColumn, line: 1, column: name)
      }
    }
    guard columns["customer"] != nil else {
      throw MappingError(path, .noSuchColumn, line: 1, column: "customer")
    }
    let width = record.fields.count
    while try record.read(&source) {
      guard record.fields.count == width else {
        throw MappingError(
          path, .fieldCount(expected: width, actual: record.fields.count), line: record.line)
      }
      var values: [String: String] = [:]
      for (name, index) in columns where !record.fields[index].isEmpty {
        guard let text = String(validating: record.bytes[record.fields[index]], as: UTF8.self)
        else { throw MappingError(path, .notUTF8, line: record.line, column: name) }
        values[name] = text
      }
      try body(try makeRecord(values, line: record.line))
    }
  }

  private func readLines(
    _ source: inout ByteSource, _ body: (LinkedRecord) throws -> Void
  ) throws {
    var json = JSONBytes()
    var lastLine = 0
    while try json.peek(&source) != nil {
      let line = source.line
      // The line is what the record is called.
      guard line > lastLine else { throw MappingError(path, .syntax(.lineBreak), line: line) }
      lastLine = line
      var values: [String: String] = [:]
      var bytes: [UInt8] = []
      try json.open(&source)
      while try json.nextMember(&source) {
        bytes.removeAll(keepingCapacity: true)
        let key = try json.key(&source, into: &bytes)
        let name = String(decoding: bytes[key], as: UTF8.self)
        let value = try json.scalar(&source, into: &bytes)
        guard let text = String(validating: bytes[value], as: UTF8.self) else {
          throw MappingError(path, .notUTF8, line: line)
        }
        if !text.isEmpty, RecordFile.names.contains(name) { values[name] = text }
      }
      try body(try makeRecord(values, line: line))
    }
  }

  private func makeRecord(
    _ values: [String: String], line: Int
  ) throws(MappingError) -> LinkedRecord {
    guard let customer = values["customer"] else {
      throw MappingError(path, .missingValue, line: line, column: "customer")
    }
    guard ids.id(customer)?.kind == .customer else {
      throw MappingError(path, .notAnId(.customer), line: line, column: "customer")
    }
    var record = LinkedRecord(number: line, customer: customer)
    if let method = values["payment_method"] {
      guard ids.id(method)?.kind.isPaymentMethod == true else {
        throw MappingError(path, .notAnId(.paymentMethod), line: line, column: "payment_method")
      }
      record.paymentMethod = method
    }
    if let brand = values["brand"] {
      guard NumberGuard.masked(brand) == brand else {
        throw MappingError(path, .cardNumber, line: line, column: "brand")
      }
      record.brand = brand
    }
    if let last4 = values["last4"] {
      guard last4.utf8.count <= 4, last4.utf8.allSatisfy({ $0 &- 0x30 < 10 }) else {
        throw MappingError(path, .notLast4, line: line, column: "last4")
      }
      record.last4 = String(repeating: "0", count: 4 - last4.utf8.count) + last4
    }
    if let month = values["exp_month"] {
      guard let number = Int(month), (1...12).contains(number) else {
        throw MappingError(path, .notAMonth, line: line, column: "exp_month")
      }
      record.expiryMonth = number
    }
    if let year = values["exp_year"] {
      guard let number = Int(year), (0...99).contains(number) || (1990...2100).contains(number)
      else { throw MappingError(path, .notAYear, line: line, column: "exp_year") }
      record.expiryYear = number < 100 ? 2000 + number : number
    }
    switch values["default"]?.lowercased() {
    case "true", "yes", "1": record.isDefault = true
    case "false", "no", "0", nil: break
    default: throw MappingError(path, .notAFlag, line: line, column: "default")
    }
    return record
  }
}

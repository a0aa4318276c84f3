import Core
import Native

/// Reads mapping files.
package enum MappingFile {
  /// Reads a mapping file from front to back and fills the tables that `MappingTable` describes.
  ///
  /// Takes the same memory for a thousand rows as for ten million.
  /// - Parameters:
  ///   - path: CSV or JSON, told apart by the first byte.
  ///   - database: best from `Database.makeScratch`; must not have the tables yet.
  /// - Throws: `MappingError` with the problems found, in which case the tables are of no use.
  package static func load(
    _ path: String, _ options: MappingOptions, into database: borrowing Database
  ) throws(MappingError) -> MappingTable {
    var source = try ByteSource.open(path)
    while let byte = try source.peek(), byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    {
      _ = try source.next()
    }
    guard let first = try source.peek() else { throw MappingError(path, .empty) }
    return first == 0x7B
      ? try loadJSON(&source, options, into: database)
      : try loadCSV(&source, options, into: database)
  }

  private static func loadJSON(
    _ source: inout ByteSource, _ options: MappingOptions, into database: borrowing Database
  ) throws(MappingError) -> MappingTable {
    var sink = try MappingSink.make(source.path, options, isCopy: false, database) {
      MappingJSON.name($0)
    }
    var json = MappingJSON()
    try json.read(&source, into: &sink)
    return try finish(&source, &sink, .json, database)
  }

  private static func loadCSV(
    _ source: inout ByteSource, _ options: MappingOptions, into database: borrowing Database
  ) throws(MappingError) -> MappingTable {
    var record = CSVRecord()
    guard try record.read(&source) else { throw MappingError(source.path, .empty) }
    let header = try MappingHeader(record, options, source.path)
    var sink = try MappingSink.make(source.path, options, isCopy: header.format.isCopy, database) {
      header.name($0)
    }
    for name in header.names where header.isUnknown(name) {
      try sink.warn(header.line, .unknownColumn)
    }
    var row = MappingRow()
    while try record.read(&source) {
      guard record.fields.count == header.names.count else {
        let what = MappingError.Problem.What.fieldCount(
          expected: header.names.count, actual: record.fields.count)
        sink.problem(what, line: record.line)
        continue
      }
      if let column = header.unusedColumnWithNumber(record) {
        sink.problem(.cardNumber, line: record.line, column: column)
        continue
      }
      header.fill(&row, from: &record)
      try sink.add(row)
      record.takeBack(&row.bytes)
    }
    return try finish(&source, &sink, header.format, database)
  }

  private static func finish(
    _ source: inout ByteSource, _ sink: inout MappingSink, _ format: MappingFormat,
    _ database: borrowing Database
  ) throws(MappingError) -> MappingTable {
    let repeatedCount = try sink.finish(database)
    let sum = try source.sum()
    return MappingTable(
      format: format, sha256: sum.sha256, byteCount: sum.bytes, rowCount: sink.rowCount,
      repeatedRowCount: repeatedCount, warningCounts: sink.warningCounts)
  }
}

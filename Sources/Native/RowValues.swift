import CSQLite

/// Room for the values of one row, taken out in one call: a call for every value, which no compiler
/// takes apart across modules, was a tenth of a scan.
package struct RowValues: ~Copyable {
  /// One value, valid until the statement's next step.
  package struct Value {
    package var storage = Row.Storage.null
    package var integer: Int64 = 0
    package var real = 0.0
    /// Of a text or a blob.
    package var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
  }

  /// As many as `count`.
  package let values: UnsafeMutablePointer<Value>
  package let count: Int
  private let first: Int
  private let isUTF8: Bool

  /// - Parameters:
  ///   - columns: the columns of the statement that are wanted.
  ///   - isUTF8: whether texts are stored so; others are converted.
  package init(columns: Range<Int>, isUTF8: Bool) {
    first = columns.lowerBound
    count = columns.count
    self.isUTF8 = isUTF8
    values = .allocate(capacity: max(1, columns.count))
    values.initialize(repeating: Value(), count: max(1, columns.count))
  }

  deinit { values.deallocate() }

  /// Takes the values of the row that a statement stands on.
  package borrowing func fill(_ row: Row) {
    for index in 0..<count {
      let column = first &+ index
      let storage = row.storage(column)
      values[index].storage = storage
      switch storage {
      case .null: break
      case .integer: values[index].integer = row.integer(column)
      case .real: values[index].real = row.real(column)
      case .text: values[index].bytes = isUTF8 ? row.blob(column) : row.text(column)
      case .blob: values[index].bytes = row.blob(column)
      }
    }
  }
}

extension Statement {
  /// Goes to the next row and takes its values.
  /// - Returns: `nil` for a row, else `.done` or what went wrong.
  package func nextRow(_ values: borrowing RowValues) -> SQLiteCode? {
    let code = step()
    guard code == .row else { return code }
    values.fill(currentRow)
    return nil
  }
}

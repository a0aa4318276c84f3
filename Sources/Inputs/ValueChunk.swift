import Core

extension Chunk {
  /// To be filled with one value of a column after the other: made once a part, because making one
  /// for every value was a twentieth of a scan.
  static var forValues: Chunk {
    Chunk(bytes: UnsafeRawBufferPointer(start: nil, count: 0), owned: 0..<0, field: .column(0))
  }

  /// Puts the whole of a value in place of the last one.
  @inline(__always)
  mutating func fill(_ value: UnsafeRawBufferPointer, column: Int) {
    bytes = value
    owned = 0..<value.count
    field = .column(column)
  }
}

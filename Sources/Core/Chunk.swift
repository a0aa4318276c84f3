/// Bytes plus where they are from: what inputs hand to detection.
///
/// The memory belongs to the input and is only valid during the call that passes the chunk.
package struct Chunk {
  /// Context, the owned range, and context again.
  package var bytes: UnsafeRawBufferPointer
  /// A number is reported by the chunk whose owned range holds its first byte.
  package var owned: Range<Int>
  /// Where `bytes` begins within the file or value.
  package var byteOffset: Int
  /// Whether the first of `bytes` is the first of the file or value.
  package var startsFile: Bool
  /// Whether the last of `bytes` is the last of the file or value.
  package var endsFile: Bool
  /// What kind of place the bytes fill.
  package var field: Field
  /// A number that a program kept 15 digits of, with zeros for the rest: what a spreadsheet does.
  package var isRounded = false
  /// The whole page, when the bytes are what no cell, pointer or header of it takes.
  package var page: UnsafeRawBufferPointer?
  /// A value that is a container: the part's `opened` gives what is in it, and its bytes say nothing.
  package var isContainer = false
  /// What a database keeps to find words by, to its last byte: nobody else's bytes are in it.
  package var isIndex = false

  package init(
    bytes: UnsafeRawBufferPointer, owned: Range<Int>, byteOffset: Int = 0, startsFile: Bool = true,
    endsFile: Bool = true, field: Field = .none
  ) {
    precondition(owned.lowerBound >= 0 && owned.upperBound <= bytes.count, "owned range in bytes")
    self.bytes = bytes
    self.owned = owned
    self.byteOffset = byteOffset
    self.startsFile = startsFile
    self.endsFile = endsFile
    self.field = field
  }

  /// What kind of place the bytes fill.
  package enum Field: Sendable, Equatable {
    /// A file, a stream: the text tells.
    case none
    /// The whole value of a column; the number indexes the part's `columns`.
    case column(Int)
    /// Raw pages of a database: values lie back to back.
    case pages
  }
}

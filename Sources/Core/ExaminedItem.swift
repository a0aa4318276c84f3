/// One thing a run has finished with, read or not: a file, a stream, a database.
package struct ExaminedItem: Sendable, Equatable {
  /// Target and path.
  package var location: Location
  /// When its content was last changed, in seconds since 1970; `nil` where nobody knows.
  package var modified: Int?
  /// Whether all of it was read.
  package var isComplete: Bool

  package init(location: Location, modified: Int? = nil, isComplete: Bool = true) {
    self.location = location
    self.modified = modified
    self.isComplete = isComplete
  }
}

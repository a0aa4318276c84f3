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
    throw MappingError(path, .empty)
  }
}

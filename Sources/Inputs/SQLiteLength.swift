import Native

/// Whether a SQLite database is as long as it says it is.
package enum SQLiteLength {
  /// - Parameters:
  ///   - path: of the main file, which is not opened: closing a descriptor of it drops all of a process's
  ///     locks on it.
  ///   - header: the start of the main file.
  ///   - pageCount: as SQLite counts them now.
  package static func isCut(_ path: [UInt8], header: [UInt8], pageCount: Int) -> Bool {
    let log: OpenFile?
    do throws(SystemError) {
      log = OpenFile(try Descriptor.open(path + Array("-wal".utf8), followsLinks: true))
    } catch {
      log = nil
    }
    return isCut(header, pageCount: pageCount, log: log) { () throws(SystemError) in
      try FileStatus.of(path, followsLinks: true).size
    }
  }

  /// Whether a page that SQLite counts is whole neither in the file nor in the log. SQLite itself takes
  /// the last page as if NULs stood where it was cut, and finds nothing wrong with it.
  ///
  /// The log is read before the size: pages go from there into the file, in any order, so a database
  /// that is written to is not taken for one that was cut.
  static func isCut(
    _ header: [UInt8], pageCount: Int, log: OpenFile?, bytes: () throws(SystemError) -> Int
  ) -> Bool {
    do throws(SystemError) {
      guard let format = header.withUnsafeBytes({ PageFormat(header: $0) }),
        pageCount > (try bytes()) / format.pageBytes, let index = try LogIndex(log, format)
      else { return false }
      let whole = try bytes() / format.pageBytes
      let logged = index.pages.count { $0 > whole && $0 <= pageCount }
      return whole + logged < pageCount
    } catch {
      // Whoever reads the file and its log meets the same error, and tells it.
      return false
    }
  }
}

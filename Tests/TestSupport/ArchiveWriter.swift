import Native

/// Writes archives and compressed files for tests, which stop when it cannot be done.
package struct ArchiveWriter {
  private let packer: ArchivePacker

  /// `nil` when the library is missing.
  package init?() {
    guard let packer = ArchivePacker() else { return nil }
    self.packer = packer
  }

  /// As `ArchivePacker` does.
  package func pack(
    _ members: [(name: String, bytes: [UInt8])], _ format: String, filter: String? = nil
  ) -> [UInt8] {
    guard let bytes = packer.pack(members, format, filter: filter) else {
      preconditionFailure("\(format), \(filter ?? "-")")
    }
    return bytes
  }

  /// One file, compressed.
  package func compress(_ bytes: [UInt8], _ filter: String) -> [UInt8] {
    pack([("data", bytes)], "raw", filter: filter)
  }
}

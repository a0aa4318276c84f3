import Native

/// What a file holds for somebody who would change some of its bytes and none of the others.
package enum ContentForm: Sendable, Equatable {
  /// Bytes as they are: text, or what is read as such.
  case plain
  /// Packed as gzip.
  case gzip
  /// Packed otherwise.
  case compressed
  case archive
  case database
  /// Its text is not there as bytes.
  case document
  /// What nothing here reads, with what it is: `a message of PGP that is encrypted`.
  case unreadable(String)

  /// - Parameter head: up to 4 KiB.
  package init(head: [UInt8]) {
    switch ContentKind(head) {
    case .plain: self = Documents.kind(head) is PDFDocument ? .document : .plain
    case .compressed(.gzip): self = .gzip
    case .compressed: self = .compressed
    // Text, though it stands for a file that is not here.
    case .unreadable(let kind) where kind.reason == .storedElsewhere: self = .plain
    case .unreadable(let kind): self = .unreadable(kind.name)
    case .archive: self = .archive
    case .database: self = .database
    }
  }
}

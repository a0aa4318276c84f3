import Core

/// What a demo shop holds and where, for tests that compare it with what a scan finds.
///
/// Lives in memory only: it holds whole numbers, so it is never written or printed.
package struct DemoManifest: Sendable {
  /// Where the shop lies.
  package var directory: String
  /// Every file written, relative to the directory, in order.
  package var files: [String] = []
  /// Card data put in on purpose: a scan must report each.
  package var plants: [Plant] = []
  /// Numbers that resemble card data and are none: a scan must report no one of them.
  package var lookAlikes: [LookAlike] = []

  package init(directory: String) { self.directory = directory }

  /// One piece of card data, or one secret, and its place.
  package struct Plant: Sendable, Hashable {
    package var kind: Finding.Kind
    /// The digits without separators; a secret or PIN block as it stands.
    package var value: String
    package var place: Place

    package init(kind: Finding.Kind, value: String, place: Place) {
      self.kind = kind
      self.value = value
      self.place = place
    }

    /// The last four digits of a card number or track; `nil` for everything else.
    package var last4: String? {
      switch kind {
      case .pan, .track1, .track2: String(value.suffix(4))
      default: nil
      }
    }
  }

  /// One number that must be left alone, and its place.
  package struct LookAlike: Sendable, Hashable {
    /// What it is, for example `imei`.
    package var what: String
    package var value: String
    package var place: Place

    package init(what: String, value: String, place: Place) {
      self.what = what
      self.value = value
      self.place = place
    }
  }

  /// A line of a file, or a value in a table.
  package struct Place: Sendable, Hashable {
    /// Relative to the directory.
    package var path: String
    /// 1-based; `nil` in a database.
    package var line: Int?
    /// `nil` outside a database, and for what is left of deleted rows.
    package var table: String?
    package var field: String?
    /// The row's key as findings spell it, for example `id=7`.
    package var row: String?

    package init(
      path: String, line: Int? = nil, table: String? = nil, field: String? = nil, row: String? = nil
    ) {
      self.path = path
      self.line = line
      self.table = table
      self.field = field
      self.row = row
    }
  }
}

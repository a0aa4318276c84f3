/// Why a score is what it is, one bit a reason, in the order they are told.
package struct Evidence: OptionSet, Sendable, Hashable {
  package var rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }

  package static let luhn = Evidence(rawValue: 1 << 0)
  package static let field = Evidence(rawValue: 1 << 1)
  package static let label = Evidence(rawValue: 1 << 2)
  package static let nearbyWord = Evidence(rawValue: 1 << 3)
  package static let grouped = Evidence(rawValue: 1 << 4)
  package static let expiry = Evidence(rawValue: 1 << 5)
  package static let code = Evidence(rawValue: 1 << 6)
  package static let brandWord = Evidence(rawValue: 1 << 7)
  package static let testNumber = Evidence(rawValue: 1 << 8)
  package static let trackLayout = Evidence(rawValue: 1 << 9)
  package static let sentinels = Evidence(rawValue: 1 << 10)
  package static let besideNumber = Evidence(rawValue: 1 << 11)
  package static let residue = Evidence(rawValue: 1 << 12)
  package static let alsoOtherBrands = Evidence(rawValue: 1 << 13)
  package static let withdrawnBrand = Evidence(rawValue: 1 << 14)
  package static let negativeLabel = Evidence(rawValue: 1 << 15)
  package static let negativeNearby = Evidence(rawValue: 1 << 16)
  package static let glued = Evidence(rawValue: 1 << 17)
  package static let lookAlike = Evidence(rawValue: 1 << 18)
  package static let oneMoreGroup = Evidence(rawValue: 1 << 19)
  package static let trailingZeros = Evidence(rawValue: 1 << 20)
  package static let luhnRate = Evidence(rawValue: 1 << 21)
  package static let issuerRate = Evidence(rawValue: 1 << 22)
  package static let keyShape = Evidence(rawValue: 1 << 23)
  package static let cardRate = Evidence(rawValue: 1 << 24)
  package static let fourDigits = Evidence(rawValue: 1 << 25)
  package static let withoutLuhn = Evidence(rawValue: 1 << 26)

  /// A key of the file names it: `key=value`, `key: value` at a line's start.
  package static let keyed = Evidence(rawValue: 1 << 27)
  /// Its digits stand in several fields, items or lines.
  package static let pieces = Evidence(rawValue: 1 << 28)
  /// A spreadsheet kept 15 digits of it; the last follows from them.
  package static let rounded = Evidence(rawValue: 1 << 30)

  /// Zeros before it fill up the width of a column.
  package static let leadingZeros = Evidence(rawValue: 1 << 31)

  /// Beside `rounded`: counts only where `ClassTable.areCut` says so.
  package static let maybeRounded = Evidence(rawValue: 1 << 29)

  /// Fixed words for the reasons that carry no detail of their own.
  package static let words: [(Evidence, String)] = [
    (.luhn, "luhn"), (.pieces, "in-pieces"), (.withoutLuhn, "no-luhn"),
    (.rounded, "rounded-by-spreadsheet"), (.leadingZeros, "leading-zeros"),
    (.nearbyWord, "card-word-nearby"),
    (.expiry, "expiry-beside"), (.code, "code-beside"), (.brandWord, "brand-beside"),
    (.testNumber, "published-test-number"), (.trackLayout, "track-layout"),
    (.sentinels, "sentinels"), (.besideNumber, "beside-card-number"),
    (.keyShape, "key-shape"), (.residue, "residue"), (.alsoOtherBrands, "also-other-brands"),
    (.withdrawnBrand, "withdrawn-brand"), (.negativeLabel, "other-label"),
    (.negativeNearby, "other-word-nearby"), (.glued, "letters-beside"), (.lookAlike, "look-alike"),
    (.oneMoreGroup, "one-more-group"), (.trailingZeros, "trailing-zeros"),
    (.fourDigits, "four-digits"),
  ]

  /// Evidence that a class rate may not overrule.
  package static let exemptsFromRates: Evidence = [
    .field, .label, .expiry, .trackLayout, .testNumber, .rounded,
  ]
}

extension Evidence {
  /// Whether a number counts only where those of its class are all cards: one that was filled up with
  /// zeros in a column that is not named for cards.
  package var needsClass: Bool {
    contains(.leadingZeros) && isDisjoint(with: [.field, .label, .testNumber])
  }
}

/// The decodings a number was found behind, outermost first; empty for none.
package struct Encodings: RawRepresentable, Sendable, Hashable, ExpressibleByArrayLiteral {
  /// Five bits for each, the outermost lowest.
  package var rawValue: UInt32
  package init(rawValue: UInt32) { self.rawValue = rawValue }

  /// For `[]`; those past `countMax` are left out.
  package init(arrayLiteral elements: Encodings...) {
    self = elements.reduce(Encodings(rawValue: 0)) { $0.appending($1) }
  }

  package static let utf16le = Encodings(rawValue: 1)
  package static let utf16be = Encodings(rawValue: 2)
  package static let fullWidth = Encodings(rawValue: 3)
  package static let jsonEscapes = Encodings(rawValue: 4)
  package static let sqliteInteger = Encodings(rawValue: 5)
  package static let base64 = Encodings(rawValue: 6)
  package static let percent = Encodings(rawValue: 7)
  package static let entities = Encodings(rawValue: 8)
  package static let hex = Encodings(rawValue: 9)
  package static let hexDump = Encodings(rawValue: 10)
  package static let quotedPrintable = Encodings(rawValue: 11)
  package static let ebcdic = Encodings(rawValue: 12)
  package static let unicodeDigits = Encodings(rawValue: 13)
  package static let ansiCodes = Encodings(rawValue: 14)
  package static let bcd = Encodings(rawValue: 15)
  package static let byteValues = Encodings(rawValue: 16)

  /// By `rawValue`.
  private static let allNames = [
    "", "utf-16le", "utf-16be", "full-width-digits", "json-escapes", "sqlite-integer", "base64",
    "percent", "html-entities", "hex", "hex-dump", "quoted-printable", "ebcdic", "unicode-digits",
    "ansi-codes", "bcd", "byte-values",
  ]
  package static let countMax = 4

  /// How many there are.
  package var count: Int { (32 - rawValue.leadingZeroBitCount + 4) / 5 }

  package var isEmpty: Bool { rawValue == 0 }

  /// Whether every digit still stands in a place of its own, as a digit of some alphabet: it can be
  /// masked where it stands.
  package var keepsDigits: Bool {
    isEmpty || self == .utf16le || self == .utf16be || self == .fullWidth || self == .jsonEscapes
  }

  /// The outermost, or none.
  package var first: Encodings { Encodings(rawValue: rawValue & 31) }

  /// Whether it is text in UTF-16, whatever that holds.
  var isWide: Bool { first == .utf16le || first == .utf16be }

  /// The innermost, or none.
  var last: Encodings { Encodings(rawValue: count == 0 ? 0 : rawValue >> UInt32(count * 5 - 5)) }

  /// Whether what is inside may be binary: bytes of messages and tags.
  var holdsBytes: Bool {
    self == .base64 || self == .hex || self == .hexDump || self == .percent
  }

  /// With one more inside.
  func appending(_ inner: Encodings) -> Encodings {
    count >= Encodings.countMax
      ? self : Encodings(rawValue: rawValue | inner.rawValue << UInt32(count * 5))
  }

  /// Outermost first.
  package var names: [String] {
    (0..<count).map { Encodings.allNames[min(Int(rawValue >> UInt32($0 * 5) & 31), 16)] }
  }
}

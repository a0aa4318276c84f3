import Core

/// What a whole value of a column is, by its shape and its column's name.
package enum ValueClass: UInt8, Sendable, CaseIterable {
  case customerID, paymentMethodID, cardID, sourceID, intentID, otherID, malformedID
  case brand, last4, bin, expiry, truncated, truncatedTooWide
  case pan, panPiece, track, code, pinBlock, secret
  case panHash, opaque
  case text, number, date, other

  package static let count = allCases.count

  /// As reports spell it.
  package var profileClass: ColumnProfile.Class {
    switch self {
    case .customerID: .customerId
    case .paymentMethodID: .paymentMethodId
    case .cardID: .cardId
    case .sourceID: .sourceId
    case .intentID: .intentId
    case .otherID: .otherStripeId
    case .malformedID: .malformedId
    case .brand: .brand
    case .last4: .last4
    case .bin: .bin
    case .expiry: .expiry
    case .truncated: .truncated
    case .truncatedTooWide: .truncatedTooWide
    case .pan: .pan
    case .panPiece: .panPiece
    case .track: .track
    case .code: .code
    case .pinBlock: .pinBlock
    case .secret: .secret
    case .panHash: .panHash
    case .opaque: .opaque
    case .text: .freeText
    case .number: .number
    case .date: .date
    case .other: .other
    }
  }

  /// A well-formed Stripe id.
  package var isStripeID: Bool { rawValue <= ValueClass.otherID.rawValue }

  /// Digits that may be a piece of a number, whatever they are called.
  package var mayBePiece: Bool {
    switch self {
    case .last4, .bin, .truncated, .truncatedTooWide, .number, .expiry: true
    default: false
    }
  }
}

extension ValueClass {
  /// - Parameter number: one more than the raw value, 0 for none.
  @inline(__always)
  init?(number: UInt8) { self.init(rawValue: number &- 1) }
}

/// What is known of a value that was not scanned.
package struct ValueGlance {
  /// Equal for equal values within this process.
  package var hash: UInt64
  /// What the value is; `nil` when it must be scanned and classified.
  package var kind: ValueClass?
  /// Whether it is one of the values met before.
  package var isKnown = false

  init(hash: UInt64) { self.hash = hash }
}

/// A value and what of it matters beside the other values of its row.
package struct ClassifiedValue {
  package var kind: ValueClass
  /// Equal for equal values within this process.
  package var hash: UInt64
  /// Digits at the front: all of a plain number, those before the mask of a masked one.
  package var head: UInt64 = 0
  package var headCount: Int {
    get { Int(headDigits) }
    set { headDigits = UInt8(truncatingIfNeeded: newValue) }
  }
  /// Digits behind the mask.
  package var tail: UInt64 = 0
  package var tailCount: Int {
    get { Int(tailDigits) }
    set { tailDigits = UInt8(truncatingIfNeeded: newValue) }
  }
  /// How long the whole number is, where a mask tells; else 0.
  package var length: Int {
    get { Int(allDigits) }
    set { allDigits = UInt8(truncatingIfNeeded: newValue) }
  }
  /// Digits and no more than separators.
  package var isDigits = false
  /// Shaped like a card number of a known issuer range and length, and whether the check digit fits.
  package var isCardShaped = false
  package var passesLuhn = false
  /// An id that tells its mode.
  package var isLive = false
  package var isTest = false
  /// Bytes of the hash that the value may be, 0 when it is none.
  package var hashBytes: Int {
    get { Int(hashLength) }
    set { hashLength = UInt8(truncatingIfNeeded: newValue) }
  }

  // One is made for every value, so it is kept small.
  private var headDigits: UInt8 = 0
  private var tailDigits: UInt8 = 0
  private var allDigits: UInt8 = 0
  private var hashLength: UInt8 = 0

  init(_ kind: ValueClass, hash: UInt64) {
    self.kind = kind
    self.hash = hash
  }
}

/// What a column's name says about its values.
package struct ColumnHints: OptionSet, Sendable {
  package var rawValue: UInt16
  package init(rawValue: UInt16) { self.rawValue = rawValue }

  package static let last4 = ColumnHints(rawValue: 1 << 0)
  package static let bin = ColumnHints(rawValue: 1 << 1)
  package static let brand = ColumnHints(rawValue: 1 << 2)
  package static let expiry = ColumnHints(rawValue: 1 << 3)
  package static let holder = ColumnHints(rawValue: 1 << 4)
  package static let serviceCode = ColumnHints(rawValue: 1 << 5)
  /// More than the last four, for example `last8`.
  package static let wideTail = ColumnHints(rawValue: 1 << 6)
  /// Verification codes or the like: the scanner looks at the shortest values too.
  package static let code = ColumnHints(rawValue: 1 << 7)
  /// Maybe the name of who pays: the values have to look like names. Of some columns one word is one.
  package static let maybeHolder = ColumnHints(rawValue: 1 << 8)
  package static let partOfName = ColumnHints(rawValue: 1 << 9)
}

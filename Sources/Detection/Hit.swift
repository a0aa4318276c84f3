import Core

/// A finding before it is judged with its class and put into words: small, fixed size, no text.
///
/// Holds at most six leading and four trailing digits of a number, and a keyed digest that never
/// leaves the process.
package struct Hit: Sendable {
  /// Where it begins and ends in the file, stream or value.
  package var offset: Int
  package var endOffset: Int
  /// Newlines between the part's start and the hit.
  package var line: Int
  /// Newlines inside it.
  package var innerLines: Int32 = 0
  /// Where the hit's line begins; -1 when it began before the part did.
  package var lineOffset: Int
  package var rule: RuleID
  package var score: Int16
  package var digits: UInt8
  /// Index in `RuleSet.brands`, or in `RuleSet.secrets` for a key; -1 for none.
  package var brand: Int16
  package var first6: UInt32
  package var last4: UInt16
  package var evidence: Evidence
  package var encodings: Encodings
  /// Key of the place-class whose label names the place.
  package var classKey: UInt64
  /// Equal for equal numbers within this process; 0 for codes.
  package var digest: UInt64
  /// Index in the part's columns, or -1.
  package var column: Int32
  /// Index in the part's row keys, or -1.
  package var row: Int32 = -1
  /// Index in the batch's places, or -1.
  package var place: Int32 = -1
}

/// The rules of the catalogue that are about places in bytes.
package enum RuleID: UInt8, Sendable, CaseIterable {
  case pan, track1, track2, cvv, pinBlock, secret, splitPAN

  /// As the catalogue and the output spell it.
  package var name: String {
    switch self {
    case .pan: "pan"
    case .track1: "track1"
    case .track2: "track2"
    case .cvv: "cvv"
    case .pinBlock: "pin-block"
    case .secret: "secret"
    case .splitPAN: "split-pan"
    }
  }

  package var kind: Finding.Kind {
    switch self {
    case .pan: .pan
    case .track1: .track1
    case .track2: .track2
    case .cvv: .cvv
    case .pinBlock: .pinBlock
    case .secret: .secret
    case .splitPAN: .splitPAN
    }
  }
}

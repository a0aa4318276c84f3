import Core

/// What an assessor sorts findings by.
enum DataClass: Int, CaseIterable {
  case authentication, number, derived, secret, integration, test

  /// A published test number is that first, whatever it was found as.
  init(_ finding: Finding) {
    self =
      if finding.testNumber {
        .test
      } else {
        switch finding.kind {
        case .track1, .track2, .cvv, .pinBlock: .authentication
        case .pan: .number
        case .panHash, .splitPAN: .derived
        case .secret: .secret
        case .integration: .integration
        }
      }
  }

  var title: String {
    switch self {
    case .authentication: "Sensitive authentication data"
    case .number: "Card numbers"
    case .derived: "Hashed and split card numbers"
    case .secret: "Secrets"
    case .integration: "Integration mistakes"
    case .test: "Published test numbers"
    }
  }

  /// For the legend and beside the bars.
  var shortTitle: String {
    switch self {
    case .authentication: "authentication data"
    case .number: "card numbers"
    case .derived: "hashed or split"
    case .secret: "secrets"
    case .integration: "integration"
    case .test: "test numbers"
    }
  }

  /// The class of the style sheet.
  var style: StaticString {
    switch self {
    case .authentication: "sad"
    case .number: "pan"
    case .derived: "risk"
    case .secret: "secret"
    case .integration: "risk"
    case .test: "test"
    }
  }

  /// What it means, in a sentence.
  var meaning: String {
    switch self {
    case .authentication:
      "Tracks, verification codes and PIN blocks may not be kept after authorisation, not even "
        + "encrypted and not even without the number."
    case .number: "Whole card numbers that anybody who can read the place can read and use."
    case .derived: "Forms from which the whole number can be made again."
    case .secret: "Keys that open a payment account to whoever reads them."
    case .integration:
      "Code that brings card data where none should be, or that loses payments or charges them twice."
    case .test:
      "Numbers that processors publish for trying out. They belong to nobody, and they show where "
        + "real ones would lie. They do not belong into a production system."
    }
  }

  /// What is held against cards; secrets, code and test numbers are not card data.
  var isCardData: Bool { self == .authentication || self == .number || self == .derived }
}

/// Counts by class.
struct ClassCounts {
  private var counts = [Int](repeating: 0, count: DataClass.allCases.count)

  subscript(_ dataClass: DataClass) -> Int {
    get { counts[dataClass.rawValue] }
    set { counts[dataClass.rawValue] = newValue }
  }

  var total: Int { counts.reduce(0, +) }
  var cardData: Int { self[.authentication] + self[.number] + self[.derived] }
}

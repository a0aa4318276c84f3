import Core

/// The words a report for people uses.
enum Wording {
  /// For example `1 card number`, `41 verification codes`.
  static func count(_ number: Int, _ singular: String, _ plural: String? = nil) -> String {
    "\(decimal(number)) \(number == 1 ? singular : plural ?? singular + "s")"
  }

  /// With a comma every three digits: `1,234,567`.
  static func decimal(_ number: Int) -> String {
    var out = ""
    let digits = String(number)
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { out += "," }
      out.append(digit)
    }
    return out
  }

  /// Decimal units: `512 bytes`, `4.2 MB`.
  static func bytes(_ count: Int) -> String {
    guard count >= 1000 else { return Wording.count(count, "byte") }
    var value = count
    var unit = 0
    while value >= 999_950 {
      value /= 1000
      unit += 1
    }
    let tenths = (value + 50) / 100
    return "\(tenths / 10).\(tenths % 10) \(["kB", "MB", "GB", "TB", "PB", "EB"][unit])"
  }

  static func count(_ number: Int, _ kind: Finding.Kind) -> String {
    switch kind {
    case .pan: count(number, "card number")
    case .track1: count(number, "track 1 record")
    case .track2: count(number, "track 2 record")
    case .cvv: count(number, "verification code")
    case .pinBlock: count(number, "PIN block")
    case .panHash: count(number, "hashed card number")
    case .splitPAN: count(number, "split card number")
    case .secret: count(number, "secret")
    case .integration: count(number, "integration mistake")
    }
  }

  /// For example `Card number`.
  static func title(_ kind: Finding.Kind) -> String {
    switch kind {
    case .pan: "Card number"
    case .track1: "Magnetic track 1"
    case .track2: "Magnetic track 2"
    case .cvv: "Verification code"
    case .pinBlock: "PIN block"
    case .panHash: "Hashed card number"
    case .splitPAN: "Split card number"
    case .secret: "Secret"
    case .integration: "Integration mistake"
    }
  }

  /// What a sample shows in the place of its value.
  static func value(of finding: Finding) -> String {
    let name =
      switch finding.kind {
      case .pan, .panHash, .splitPAN: finding.brand ?? "card"
      case .track1: "track 1"
      case .track2: "track 2"
      case .cvv: "code"
      case .pinBlock: "PIN block"
      case .secret: "secret"
      case .integration: finding.rule
      }
    guard let masked = finding.masked else { return name }
    return "\(name) \(masked)"
  }

  /// Why a finding is believed or doubted, in words: the most telling first.
  static func reasons(of finding: Finding) -> String {
    var words = finding.encoding.isEmpty ? [] : ["in " + finding.encoding.joined(separator: ", ")]
    // Luhn and the issuer are what makes a candidate; they say nothing that sets one apart.
    let telling = finding.reasons.filter { $0 != "luhn" && !$0.hasPrefix("iin:") }
    words += (telling.isEmpty ? finding.reasons : telling).map(reason)
    if let suppression = finding.suppression { words.insert(text(of: suppression), at: 0) }
    return words.joined(separator: "; ")
  }

  /// For example `suppressed until 2026-12-31 by ann: a test fixture`.
  static func text(of suppression: Suppression) -> String {
    let until = suppression.expires.map { " until \($0)" } ?? ""
    let owner = suppression.owner.map { " by \($0)" } ?? ""
    return "suppressed\(until)\(owner): \(suppression.reason)"
  }

  static func reason(_ reason: String) -> String {
    if let (kind, numbers) = ColumnProfile.companion(in: reason) {
      return "\(CompanionTally.words(kind)) beside the card numbers of column \(numbers)"
    }
    let parts = reason.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let name = String(parts[0])
    let detail = parts.count > 1 ? String(parts[1]) : ""
    let phrase: String? =
      switch name {
      case "luhn": "check digit fits"
      case "iin": "\(detail) issuer range"
      case "field": "field \(detail)"
      case "column": "column \(detail)"
      case "header": "header \(detail)"
      case "label": "labelled \(detail)"
      case "nearby", "word": "near \"\(detail)\""
      case "expiry": "expiry date beside it"
      case "code": "verification code beside it"
      case "brand": "brand name beside it"
      case "test-number", "test": "published test number" + (detail.isEmpty ? "" : " (\(detail))")
      case "lint": detail
      case "residue": "in raw pages, no row that was read"
      case "luhn-rate": rate(detail) + " here pass the check digit"
      case "issuer-rate": rate(detail) + " here have a known issuer"
      case "look-alike", "lookalike": "looks like \(detail)"
      case "negative", "negative-label": "labelled \(detail), not a card"
      default: nil
      }
    if let phrase { return phrase }
    return detail.isEmpty
      ? name.replacing("-", with: " ") : "\(name.replacing("-", with: " ")) \(detail)"
  }

  /// For example `only 3 of 40` for `3/40`; most is not only.
  private static func rate(_ detail: String) -> String {
    let counts = detail.split(separator: "/").compactMap { Int($0) }
    let isMost = counts.count == 2 && counts[0] * 2 > counts[1]
    return (isMost ? "" : "only ") + detail.replacing("/", with: " of ")
  }

  /// For example `12 items (3.4 MB) unchanged and not read again, read by a run of 2026-01-02 or later`.
  static func carriedOver(_ carried: Coverage.CarriedOver) -> String {
    var parts: [String] = []
    if carried.items == 0 {
      parts.append("nothing carried over, everything was read")
    } else {
      parts.append(
        "\(count(carried.items, "item")) (\(bytes(carried.bytes))) unchanged and not read again"
          + (carried.since.map { ", read by a run of \($0) or later" } ?? ""))
    }
    if carried.unmarked > 0 {
      parts.append("\(count(carried.unmarked, "item")) to be read every time")
    }
    return parts.joined(separator: "; ")
  }

  static func reason(_ reason: Coverage.Reason) -> String {
    reason.rawValue.replacing("-", with: " ")
  }
}

extension String {
  /// The standard library has this only in Foundation and `_StringProcessing`; one character is enough.
  fileprivate func replacing(_ old: Character, with new: String) -> String {
    var out = ""
    for character in self {
      if character == old { out += new } else { out.append(character) }
    }
    return out
  }
}

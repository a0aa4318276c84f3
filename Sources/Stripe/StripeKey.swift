/// A key to Stripe's API. Printing it in any way gives its kind and mode only.
package struct StripeKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible,
  CustomReflectable
{
  /// For the header of a request and nothing else.
  let text: String
  package let kind: Kind
  package let mode: StripeId.Mode

  /// What a key may do.
  package enum Kind: String, Sendable {
    /// `rk_`: what its owner allowed.
    case restricted
    /// `sk_`: everything.
    case secret
  }

  /// Why a text is no key to use. Never holds any of it.
  package enum Problem: Error, Sendable, Equatable {
    case empty
    /// `pk_`, made for browsers.
    case publishable
    /// `sk_org_`, which needs an account with every request.
    case organization
    /// `whsec_`, for webhooks.
    case webhookSecret
    /// `sk_test_…` of a manual, or a word between angle brackets.
    case placeholder
    case notAKey
  }

  /// - Parameter text: as found in a variable or a file; blanks around it are forgiven.
  package init(_ text: String) throws(Problem) {
    let bytes = Array(text.utf8)
    let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0A || $0 == 0x0D }
    guard let start = bytes.firstIndex(where: { !isBlank($0) }),
      let end = bytes.lastIndex(where: { !isBlank($0) })
    else { throw .empty }
    let trimmed = String(decoding: bytes[start...end], as: UTF8.self)
    if trimmed.hasPrefix("pk_") { throw .publishable }
    if trimmed.hasPrefix("sk_org_") { throw .organization }
    if trimmed.hasPrefix("whsec_") { throw .webhookSecret }
    let parts = trimmed.split(separator: "_", maxSplits: 2, omittingEmptySubsequences: false)
    guard parts.count == 3, let mode = StripeId.Mode(rawValue: String(parts[1])),
      parts[0] == "sk" || parts[0] == "rk"
    else { throw .notAKey }
    let secret = parts[2].utf8
    if Set(secret.map { $0 | 0x20 }).count <= 2 || trimmed.hasSuffix("...") { throw .placeholder }
    guard (8...247).contains(secret.count),
      secret.allSatisfy({ $0 &- 0x30 < 10 || ($0 | 0x20) &- 0x61 < 26 || $0 == 0x5F })
    else { throw .notAKey }
    self.text = trimmed
    kind = parts[0] == "rk" ? .restricted : .secret
    self.mode = mode
  }

  package var description: String { "\(kind == .restricted ? "rk" : "sk")_\(mode.rawValue)_***" }
  package var debugDescription: String { description }
  package var customMirror: Mirror { Mirror(self, children: [(label: String?, value: Any)]()) }

  /// A text from outside without this key or any other one in it.
  func removed(from text: String) -> String { StripeKey.masked(text, exactly: self.text) }

  /// Replaces what follows `sk_live_` and the like, if anything does, by stars.
  package static func masked(_ text: String) -> String { masked(text, exactly: nil) }

  private static func masked(_ text: String, exactly key: String?) -> String {
    var bytes = Array(text.utf8)
    for prefix in ["sk_test_", "sk_live_", "rk_test_", "rk_live_", "whsec_", "sk_org_"] {
      bytes = starred(bytes, behind: Array(prefix.utf8))
    }
    let secret = key.map { Array($0.utf8.dropFirst(8)) } ?? []
    if !secret.isEmpty { bytes = starred(bytes, behind: secret.prefix(8).map { $0 }) }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func starred(_ bytes: [UInt8], behind prefix: [UInt8]) -> [UInt8] {
    guard bytes.count >= prefix.count else { return bytes }
    var out: [UInt8] = []
    var index = 0
    while index < bytes.count {
      let end = index + prefix.count
      guard bytes[index...].starts(with: prefix),
        prefix.last != 0x5F || end < bytes.count && isOfKey(bytes[end])
      else {
        out.append(bytes[index])
        index += 1
        continue
      }
      out += prefix.last == 0x5F ? prefix : []
      out += Array("***".utf8)
      index = end
      while index < bytes.count, isOfKey(bytes[index]) { index += 1 }
    }
    return out
  }

  private static func isOfKey(_ byte: UInt8) -> Bool {
    byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 26 || byte == 0x5F || byte == 0x2A
  }
}

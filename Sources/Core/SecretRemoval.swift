/// Takes secrets out of what the user typed before it is kept: passwords in URLs and in connection
/// strings, Stripe keys.
package enum SecretRemoval {
  private static let mark = "***"
  /// Names whose values are secrets, in lower case; a name that ends with one counts too.
  private static let names = [
    "password", "passwd", "passwort", "passphrase", "passfile", "pass", "pwd", "secret", "token",
    "apikey", "api_key", "api-key", "accesskey", "access_key", "signature", "credential",
  ]
  private static let keyPrefixes = ["sk_live_", "sk_test_", "rk_live_", "rk_test_", "whsec_"]

  /// For example `postgres://shop:***@db/orders?sslmode=require`.
  package static func removed(from text: String) -> String {
    withoutKeys(withoutValues(withoutPassword(text)))
  }

  /// Whether a parameter of this name holds a secret.
  package static func isSecret(name: some StringProtocol) -> Bool {
    let name = name.lowercased()
    return names.contains { name.hasSuffix($0) }
  }

  /// `scheme://user:password@host`: what stands between the first colon and the last at sign before
  /// the path goes; without a colon all of it is taken for a secret. Who forgot the scheme has a colon
  /// and an at sign before the first slash.
  private static func withoutPassword(_ text: String) -> String {
    guard let scheme = text.firstRange(of: "://") else {
      let authority = text.prefix { $0 != "/" }
      guard let at = authority.lastIndex(of: "@"), let colon = authority.firstIndex(of: ":"),
        colon < at, !["sqlite", "git"].contains(text[..<colon].lowercased())
      else { return text }
      return text[...colon] + mark + text[at...]
    }
    let rest = text[scheme.upperBound...]
    let authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
    // A password with an unescaped slash puts the at sign behind it; look to the end then.
    let place =
      authority.lastIndex(of: "@") ?? (authority.contains(":") ? rest.lastIndex(of: "@") : nil)
    guard let at = place else { return text }
    let user = rest[..<at]
    let name = user.prefix { $0 != ":" }
    let shown = name.count < user.count ? "\(name):\(mark)" : "\(mark)"
    return text[..<scheme.upperBound] + shown + text[at...]
  }

  /// `password=…` up to the next separator.
  private static func withoutValues(_ text: String) -> String {
    var out = ""
    var rest = text[...]
    while let equals = rest.firstIndex(of: "=") {
      let name = rest[..<equals].reversed().prefix { $0.isLetter || $0 == "_" || $0 == "-" }
      let isSecret = isSecret(name: String(name.reversed()))
      out += rest[...equals]
      rest = rest[rest.index(after: equals)...]
      guard isSecret else { continue }
      out += mark
      rest = rest.drop { $0 != "&" && $0 != ";" && $0 != " " && $0 != "#" }
    }
    return out + rest
  }

  /// For example `sk_live_***`.
  static func withoutKeys(_ text: String) -> String {
    guard mayHoldKey(text.utf8) else { return text }
    var text = text
    for prefix in keyPrefixes {
      var out = ""
      var rest = text[...]
      while let range = rest.firstRange(of: prefix) {
        let key = rest[range.upperBound...].prefix { $0.isLetter || $0.isNumber || $0 == "_" }
        out += rest[..<range.upperBound] + (key.isEmpty ? "" : mark)
        rest = rest[key.endIndex...]
      }
      text = out + rest
    }
    return text
  }

  /// Whether there is a `k_` or `c_`, without which no key begins.
  private static func mayHoldKey(_ bytes: String.UTF8View) -> Bool {
    var last: UInt8 = 0
    for byte in bytes {
      if byte == 0x5F, last == 0x6B || last == 0x63 { return true }
      last = byte
    }
    return false
  }
}

extension StringProtocol {
  /// The first place of a text that is not empty; the standard library has this in a module of its
  /// own, which costs a start more than this loop.
  fileprivate func firstRange(of text: String) -> Range<Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(text) { return start..<index(start, offsetBy: text.count) }
      start = index(after: start)
    }
    return nil
  }
}

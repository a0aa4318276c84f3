/// Passwords in the URL of a server. A configuration, a plan and a ledger are files that go from hand to
/// hand, so none of them takes one.
package enum TargetSecret {
  /// Parameters of a URL whose values are passwords.
  private static let names: Set<String> = ["password", "passwd", "pwd", "sslpassword"]

  /// Whether a target holds a password.
  package static func isIn(_ target: String) -> Bool { removed(from: target) != target }

  /// The target without it, for example `postgres://shop@db/orders`.
  package static func removed(from target: String) -> String {
    guard let scheme = schemeEnd(target) else { return target }
    let rest = target[scheme...]
    var query = rest.firstIndex(of: "?") ?? rest.endIndex
    let authorityEnd = rest.firstIndex { $0 == "/" || $0 == "?" || $0 == "#" } ?? rest.endIndex
    // A password with an unescaped slash or question mark puts the at sign behind it.
    let hasPort = rest[..<authorityEnd].contains(":")
    let at =
      rest[..<authorityEnd].lastIndex(of: "@") ?? (hasPort ? rest.lastIndex(of: "@") : nil)
    var shown = String(target[..<scheme])
    var start = rest.startIndex
    if let at {
      shown += rest[..<at].prefix { $0 != ":" }
      start = at
      query = rest[at...].firstIndex(of: "?") ?? rest.endIndex
    }
    shown += rest[start..<query]
    guard query < rest.endIndex else { return shown }
    let kept = rest[rest.index(after: query)...].split(
      separator: "&", omittingEmptySubsequences: false
    ).filter { !names.contains($0.prefix { $0 != "=" }.lowercased()) }
    return kept.isEmpty ? shown : shown + "?" + kept.joined(separator: "&")
  }

  private static func schemeEnd(_ target: String) -> String.Index? {
    guard let colon = target.firstIndex(of: ":"), target[colon...].hasPrefix("://") else {
      return nil
    }
    return target.index(colon, offsetBy: 3)
  }
}

/// Where a server is: scheme, host and port of an address, and nothing else.
package struct HTTPBase: Sendable, Equatable {
  /// For example `https://search.example:9200`, without a slash at the end.
  package let url: String
  /// In lower case, an address of IPv6 in brackets.
  package let host: String
  /// Plain HTTP.
  package let isPlain: Bool

  /// - Returns: `nil` for what is no `http://HOST` or `https://HOST`, with a port or without: an
  ///   account, a path or a query is not taken for a part of it.
  package init?(_ text: String) {
    let lowered = text.lowercased()
    let isPlain = lowered.hasPrefix("http://")
    guard isPlain || lowered.hasPrefix("https://") else { return nil }
    var rest = text.dropFirst(isPlain ? 7 : 8)
    while rest.hasSuffix("/") { rest.removeLast() }
    let allowed = rest.utf8.allSatisfy {
      $0 &- 0x30 < 10 || ($0 | 0x20) &- 0x61 < 26
        || [0x2D, 0x2E, 0x3A, 0x5B, 0x5D, 0x5F].contains($0)
    }
    guard allowed, !rest.isEmpty, let host = HTTPBase.host(rest) else { return nil }
    url = (isPlain ? "http://" : "https://") + rest
    self.host = host
    self.isPlain = isPlain
  }

  /// Whether nobody on the way can read or change what is said: TLS, or this machine.
  package var isPrivate: Bool { !isPlain || isLoopback }

  /// `127.0.0.0/8`, `::1` and `localhost`, which libcurl takes for these without asking anybody.
  package var isLoopback: Bool {
    if host == "localhost" || host == "[::1]" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127"
      && parts.allSatisfy { part in
        guard let number = Int(part) else { return false }
        return (0...255).contains(number) && String(number) == part
      }
  }

  /// - Returns: `nil` when the port is none.
  private static func host(_ authority: Substring) -> String? {
    var host = authority
    var port: Substring?
    if authority.hasPrefix("[") {
      guard let end = authority.firstIndex(of: "]") else { return nil }
      host = authority[...end]
      let rest = authority[authority.index(after: end)...]
      guard rest.isEmpty || rest.hasPrefix(":") else { return nil }
      port = rest.isEmpty ? nil : rest.dropFirst()
    } else if let colon = authority.firstIndex(of: ":") {
      host = authority[..<colon]
      port = authority[authority.index(after: colon)...]
    }
    if let port {
      guard let number = Int(port), (1...65535).contains(number) else { return nil }
    }
    return host.isEmpty ? nil : host.lowercased()
  }
}

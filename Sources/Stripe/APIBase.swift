/// Where the API is: Stripe's own address, or a test server's.
package struct APIBase: Sendable, Equatable {
  /// Without a slash at the end.
  package let url: String
  /// Plain HTTP, on this machine only.
  package let isPlain: Bool

  package static let stripe = APIBase(url: "https://api.stripe.com", isPlain: false)

  private init(url: String, isPlain: Bool) {
    self.url = url
    self.isPlain = isPlain
  }

  /// - Returns: `nil` when it is no address of a server, or plain HTTP to another machine, where
  ///   anybody in between could read the key.
  package init?(_ text: String) {
    let lowered = text.lowercased()
    let isPlain = lowered.hasPrefix("http://")
    guard isPlain || lowered.hasPrefix("https://") else { return nil }
    var rest = text.dropFirst(isPlain ? 7 : 8)
    while rest.hasSuffix("/") { rest.removeLast() }
    let allowed = rest.utf8.allSatisfy {
      $0 &- 0x30 < 10 || ($0 | 0x20) &- 0x61 < 26 || [0x2D, 0x2E, 0x3A, 0x5B, 0x5D].contains($0)
    }
    guard allowed, !rest.isEmpty, let host = APIBase.host(rest) else { return nil }
    guard !isPlain || APIBase.isLoopback(host) else { return nil }
    url = (isPlain ? "http://" : "https://") + rest
    self.isPlain = isPlain
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

  /// `127.0.0.0/8`, `::1` and `localhost`, which libcurl takes for these without asking anybody.
  private static func isLoopback(_ host: String) -> Bool {
    if host == "localhost" || host == "[::1]" { return true }
    let parts = host.split(separator: ".", omittingEmptySubsequences: false)
    return parts.count == 4 && parts[0] == "127"
      && parts.allSatisfy { part in
        guard let number = Int(part) else { return false }
        return (0...255).contains(number) && String(number) == part
      }
  }
}

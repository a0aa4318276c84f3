import Native

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
    guard let base = HTTPBase(text), base.isPrivate else { return nil }
    url = base.url
    isPlain = base.isPlain
  }
}

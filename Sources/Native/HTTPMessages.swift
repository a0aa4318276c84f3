/// What is asked of a server.
package struct HTTPRequest: Sendable {
  package var url: String
  /// `nil` for GET, otherwise what is posted.
  package var body: [UInt8]?
  /// Whole lines, for example `Accept: text/plain`. May hold secrets: never shown.
  package var headers: [String]

  package init(url: String, body: [UInt8]? = nil, headers: [String] = []) {
    self.url = url
    self.body = body
    self.headers = headers
  }
}

/// What a server answered.
package struct HTTPResponse: Sendable {
  package var status: Int
  /// Names in lower case.
  package var headers: [(name: String, value: String)]
  package var body: [UInt8]

  package init(status: Int, headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
    self.status = status
    self.headers = headers
    self.body = body
  }

  /// - Parameter name: in lower case.
  package func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }
}

/// Why there is no answer.
package struct HTTPFailure: Error, Sendable, Equatable {
  package var kind: Kind
  /// In libcurl's words, with hosts and ports, without anything that was sent.
  package var text: String

  package init(_ kind: Kind, _ text: String) {
    self.kind = kind
    self.text = text
  }

  /// What a caller may want to tell apart.
  package enum Kind: Sendable {
    /// The server's or the proxy's name is not known.
    case unknownHost
    case cannotConnect
    case proxy
    /// The certificate is not one to trust, or no common version of TLS.
    case untrusted
    case timeout
    /// The connection ended before the answer did.
    case cutShort
    /// The answer is larger than any there should be.
    case tooLarge
    case other
  }
}

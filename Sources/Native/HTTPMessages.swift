/// What is asked of a server.
package struct HTTPRequest: Sendable {
  package var url: String
  /// `nil` for GET, otherwise what is posted.
  package var body: [UInt8]?
  /// Whole lines, for example `Accept: text/plain`. May hold secrets: never shown.
  package var headers: [String]
  /// Other than GET without and POST with a body.
  package var method: String?
  package var signing: HTTPSigning?
  /// The body is taken piece by piece while it comes (`HTTPTransfers.takeArrived`).
  package var isStreamed = false

  package init(url: String, body: [UInt8]? = nil, headers: [String] = []) {
    self.url = url
    self.body = body
    self.headers = headers
  }
}

/// How a request is signed in the manner of AWS (Signature Version 4), by libcurl.
///
/// libcurl signs a query as it is: its parts have to be in the order of their names, each with a
/// value. Needs libcurl 7.87 or later.
package struct HTTPSigning: Sendable {
  package var region: String
  /// For example `s3`.
  package var service: String
  package var keyID: String
  package var secret: String

  package init(region: String, service: String, keyID: String, secret: String) {
    self.region = region
    self.service = service
    self.keyID = keyID
    self.secret = secret
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
    /// The certificate is not one to trust.
    case untrusted
    /// No TLS was agreed on: plain http is spoken there, or no common version of TLS.
    case noTLS
    case timeout
    /// The connection ended before the answer did.
    case cutShort
    /// The answer is larger than any there should be.
    case tooLarge
    case other
  }
}

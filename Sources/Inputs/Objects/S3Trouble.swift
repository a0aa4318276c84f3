import Core
import Native

/// Puts what S3 refused, or what became of the connection, into the words of coverage.
enum S3Trouble {
  static let noKeys = """
    No keys for S3 were found. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE with a \
    profile of ~/.aws/credentials; for a role or a single sign-on, run \
    eval "$(aws configure export-credentials --format env)" before.
    """

  /// Why a bucket, or the rest of it, was not listed.
  ///
  /// - Parameter objects: how many were listed before.
  static func listing(_ target: String, _ error: S3Error, objects: Int) -> Coverage.Entry {
    var (reason, detail) = words(error, right: "s3:ListBucket on the bucket", isObject: false)
    if objects > 0 {
      detail =
        "The listing broke off after \(Plural.text(objects, "object")); "
        + "what follows was not read. " + detail
    }
    if reason == .vanished { reason = .missing }
    return Coverage.Entry(place: target, reason: reason, detail: detail)
  }

  /// A listing that makes no sense.
  static func strangeListing(_ target: String, objects: Int) -> Coverage.Entry {
    Coverage.Entry(
      place: target, reason: .corrupt,
      detail:
        "The answer is no listing that can be followed, after \(Plural.text(objects, "object")); "
        + "what follows was not read. Is the endpoint a server of S3?")
  }

  /// Why an object, or the rest of it, was not read.
  static func reading(_ error: S3Error) -> ByteStream.Trouble {
    let (reason, detail) = words(
      error, right: "s3:GetObject (and kms:Decrypt where it is encrypted with a key of KMS)",
      isObject: true)
    return ByteStream.Trouble(reason: reason, detail: detail, endsWalk: true)
  }

  static var changed: ByteStream.Trouble {
    ByteStream.Trouble(
      reason: .changed, detail: "It was written anew while it was read. Scan it again.",
      endsWalk: true)
  }

  static var noLength: ByteStream.Trouble {
    ByteStream.Trouble(
      reason: .corrupt, detail: "The server does not say how long it is.", endsWalk: true)
  }

  private static func words(
    _ error: S3Error, right: String, isObject: Bool
  ) -> (Coverage.Reason, String) {
    if let failure = error.failure { return words(failure) }
    switch (error.code, error.status) {
    case ("InvalidAccessKeyId", _), ("InvalidToken", _), ("TokenRefreshRequired", _):
      return (
        .authenticationFailed,
        "S3 does not know the access key. Check AWS_ACCESS_KEY_ID and AWS_SESSION_TOKEN."
      )
    case ("SignatureDoesNotMatch", _), ("AuthorizationHeaderMalformed", _):
      return (
        .authenticationFailed,
        "S3 does not accept the signature. Check AWS_SECRET_ACCESS_KEY and AWS_REGION; libcurl has to "
          + "be 7.87 or later."
      )
    case ("ExpiredToken", _):
      return (.authenticationFailed, "The session has expired. Get a new AWS_SESSION_TOKEN.")
    case ("RequestTimeTooSkewed", _):
      return (.authenticationFailed, "The clock of this machine is wrong. Set it right.")
    case ("InvalidObjectState", _):
      return (
        .archived,
        "It lies in an archive (Glacier). Restore it (aws s3api restore-object), then scan."
      )
    case ("NoSuchBucket", _):
      return (.missing, "There is no bucket of this name. Check the target and the endpoint.")
    case ("NoSuchKey", _), ("NoSuchVersion", _),
      ("", 404) where isObject, ("", 410):
      return (.vanished, "It was there when the bucket was listed.")
    case (_, 404):
      return (.missing, "The server knows no such bucket. Check the target and the endpoint.")
    case ("AccessDenied", _), ("AllAccessDisabled", _), (_, 401), (_, 403):
      return (.permissionDenied, "The account may not read it. Grant it \(right).")
    case (_, 301), (_, 302), (_, 307), (_, 308):
      return (
        .unreachable, "The bucket is in another region\(named(error)). Set AWS_REGION to it."
      )
    case (_, 429), (_, 503):
      return (.readError, "The server stayed too busy\(named(error)). Scan again later.")
    case (_, 500...):
      return (.readError, "The server failed\(named(error)) at each attempt. Scan again later.")
    case (_, 400) where isObject:
      return (
        .readError,
        "The server refused\(named(error)). An object that is encrypted with a key of its owner "
          + "(SSE-C) has to be copied without one to be scanned."
      )
    default:
      return (.readError, "The server refused\(named(error)).")
    }
  }

  private static func named(_ error: S3Error) -> String {
    error.code.isEmpty ? " (status \(error.status))" : " (\(error.status) \(error.code))"
  }

  /// Why there was no answer.
  static func words(_ failure: HTTPFailure) -> (Coverage.Reason, String) {
    switch failure.kind {
    case .unknownHost:
      (.unreachable, "No address is known for the host. Check the endpoint and the region.")
    case .cannotConnect:
      (.unreachable, "No connection was made. Check host, port and firewall.")
    case .proxy: (.unreachable, "The proxy refused. Check https_proxy and NO_PROXY.")
    case .untrusted:
      (
        .unreachable,
        "The server's certificate is not trusted. AWS_CA_BUNDLE or SSL_CERT_FILE names further "
          + "authorities; verification is never left out."
      )
    case .noTLS:
      (
        .unreachable,
        "No TLS was agreed on: plain http is spoken there, or another version of TLS. Check the port, "
          + "and whether the address is to begin with http."
      )
    case .timeout: (.timeLimit, "The server took too long, at each attempt. Scan again later.")
    case .cutShort: (.connectionLost, "The connection was lost, at each attempt. Scan again.")
    case .tooLarge: (.overLimit, "The answer is larger than any there should be.")
    case .other where Interruption.requested != nil: (.interrupted, "The run was stopped.")
    case .other: (.unreachable, "The request failed. Check the endpoint; is libcurl 7.87 or later?")
    }
  }
}

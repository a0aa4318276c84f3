import Core
import Native

/// Puts what a search server refused into the words of coverage. The server's own sentence may quote
/// documents, so it is never passed on.
enum SearchTrouble {
  /// Why the indexes were not listed.
  static func connecting(_ target: String, _ error: SearchError) -> Coverage.Entry {
    let (reason, detail) = words(error, right: "monitor or view_index_metadata", after: "")
    return Coverage.Entry(
      place: target, reason: reason == .vanished ? .missing : reason, detail: detail)
  }

  /// Why an index, or the rest of it, was not read.
  static func reading(_ place: String, _ error: SearchError, documents: Int) -> Coverage.Entry {
    let after = documents > 0 ? " after \(documents) documents" : ""
    let (reason, detail) = words(error, right: "read", after: after)
    return Coverage.Entry(place: place, reason: reason, detail: detail)
  }

  static func failedShards(_ place: String, _ failed: Int, of total: Int) -> Coverage.Entry {
    Coverage.Entry(
      place: place, reason: .readError,
      detail: "\(failed) of \(total) shards did not answer; their documents were not read. See "
        + "_cluster/health, then scan again.")
  }

  static func fewer(_ place: String, _ read: Int, of count: Int) -> Coverage.Entry {
    Coverage.Entry(
      place: place, reason: .changed,
      detail: "Only \(read) of \(count) documents came. Scan it again.")
  }

  /// The server ended a search of its own accord.
  static func cutShort(_ place: String, _ read: Int) -> Coverage.Entry {
    Coverage.Entry(
      place: place, reason: .timeLimit,
      detail: "The server ended a search before its end (timed_out, terminated_early): "
        + "\(Plural.text(read, "document")) came, and more may be there. Scan it again when it has "
        + "less to do.")
  }

  static func hidden(_ place: String, _ shown: Int, of count: Int) -> Coverage.Entry {
    Coverage.Entry(
      place: place, reason: .permissionDenied,
      detail: "The server counts \(Plural.text(count, "document")) and shows "
        + "\(shown == 0 ? "none" : "\(shown)"). "
        + "Refresh the index (POST /INDEX/_refresh), or use an account without document level security."
    )
  }

  static let plainText =
    "It is plain http to another machine, where anybody in between can read the password. Use "
    + "elasticsearch+https, or a tunnel to this machine (ssh -L)."

  private static func words(
    _ error: SearchError, right: String, after: String
  ) -> (Coverage.Reason, String) {
    if let failure = error.failure {
      if failure.kind == .unknownHost {
        return (.unreachable, "No address is known for the host. Check its name in the target.")
      }
      let (reason, detail) = S3Trouble.words(failure)
      if reason == .connectionLost, !after.isEmpty {
        return (reason, "The connection was lost\(after). Scan it again.")
      }
      return (reason, detail)
    }
    if error.isStrange {
      return (
        .corrupt,
        "The answer\(after) is "
          + (error.isBroken ? "no JSON, or broken" : "none that a search server gives")
          + ". Check the address, and any proxy in between."
      )
    }
    switch (error.type, error.status) {
    case (_, 401):
      return (
        .authenticationFailed,
        "The server does not accept the account. Set ELASTICSEARCH_API_KEY, or ELASTICSEARCH_USER "
          + "and ELASTICSEARCH_PASSWORD."
      )
    case (_, 403):
      return (.permissionDenied, "The account may not read it. Grant it the privilege \(right).")
    case ("index_not_found_exception", _):
      return (.vanished, "There is no such index. It may have been deleted during the scan.")
    case ("index_closed_exception", _):
      return (.unsupported, "It is closed. Open it (POST /INDEX/_open), then scan.")
    case ("search_context_missing_exception", _), ("search_phase_execution_exception", 404),
      (_, 404) where !after.isEmpty:
      return (
        .connectionLost, "The server gave up its view of the index\(after). Scan it again."
      )
    case (_, 404): return (.missing, "The server knows no such index. Check the target.")
    case (_, 429), (_, 503):
      return (.readError, "The server stayed too busy\(named(error))\(after). Scan again later.")
    default: return (.readError, "The server refused\(named(error))\(after).")
    }
  }

  private static func named(_ error: SearchError) -> String {
    error.type.isEmpty ? " (status \(error.status))" : " (\(error.status) \(error.type))"
  }
}

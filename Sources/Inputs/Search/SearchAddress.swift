import Core
import Native

/// `elasticsearch+https://host:9200/pattern` taken apart.
struct SearchAddress: Sendable {
  /// The target without secrets.
  let shown: String
  let base: HTTPBase
  /// Of indexes, for example `shop-*,orders`; empty for all.
  let pattern: String
  let user: String?

  static let schemes = [
    "elasticsearch+http", "elasticsearch+https", "opensearch+http", "opensearch+https",
  ]

  /// - Throws: `RunError` with `.usage` for what names no server.
  init(_ target: String) throws(RunError) {
    shown = ServerAddress.withoutSecrets(target)
    let scheme = target.prefix { $0 != ":" }
    var rest = target.dropFirst(scheme.count + 3)
    guard let plus = scheme.firstIndex(of: "+") else {
      throw SearchAddress.unclear("\(scheme)://")
    }
    if let at = rest.lastIndex(of: "@") {
      let account = rest[..<at]
      guard !account.contains(":") else {
        throw RunError(
          .usage, shown, "the password must not be in the target",
          hint: "Set ELASTICSEARCH_PASSWORD or ELASTICSEARCH_API_KEY instead.")
      }
      user = String(decoding: PercentCoding.decoded(account), as: UTF8.self)
      rest = rest[rest.index(after: at)...]
    } else {
      user = nil
    }
    let host = rest.prefix { $0 != "/" }
    let path = rest.dropFirst(host.count + 1)
    pattern = String(path.last == "/" ? path.dropLast() : path)
    let isPattern = pattern.utf8.allSatisfy { $0 > 0x20 && $0 != 0x7F }
    guard let base = HTTPBase(scheme[scheme.index(after: plus)...] + "://" + host), isPattern,
      !pattern.contains("/"), !pattern.contains("?"), !pattern.contains("#")
    else { throw SearchAddress.unclear(shown) }
    self.base = base
  }

  private static func unclear(_ shown: String) -> RunError {
    RunError(
      .usage, shown, "the URL is not one of a search server",
      hint: "For example elasticsearch+https://user@host:9200/shop-* (or opensearch+https), with "
        + "the password in ELASTICSEARCH_PASSWORD.")
  }

  /// A name or pattern in a path.
  static func encoded(_ name: String) -> String {
    name.utf8.map { byte in
      byte == UInt8(ascii: "*") || byte == UInt8(ascii: ",")
        ? String(UnicodeScalar(byte)) : S3Address.encoded([byte])
    }.joined()
  }
}

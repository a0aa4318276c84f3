import Core
import Glibc
import Native

/// The URL of a database server, taken apart and without its secrets.
package enum ServerAddress {
  private static let secretNames: Set<String> = [
    "password", "sslpassword", "passfile", "passwd", "pwd", "ssl-passphrase",
  ]

  /// For places: `postgres://shop:s3cret@db/orders?password=x` as `postgres://shop@db/orders`.
  package static func withoutSecrets(_ url: String) -> String {
    guard let parts = Parts(url) else { return String(url.prefix { $0 != ":" }) + "://" }
    var text = parts.scheme + "://"
    if let user = parts.rawUser { text += user + "@" }
    text += parts.host + parts.path
    let kept = parts.query.filter { pair in
      let name = pair.prefix { $0 != "=" }
      return !secretNames.contains(
        String(decoding: PercentCoding.decoded(name), as: UTF8.self).lowercased())
    }
    if !kept.isEmpty { text += "?" + kept.joined(separator: "&") }
    return text
  }

  /// What a MariaDB or MySQL URL asks for.
  /// - Throws: `RunError` with `.usage` for what it cannot mean.
  package static func mySQLSettings(_ url: String) throws(RunError) -> LibMariaDB.Settings {
    guard let parts = Parts(url) else { throw unclear(url) }
    var settings = LibMariaDB.Settings()
    settings.user = parts.rawUser.map(decoded)
    settings.password = parts.rawPassword.map(decoded)
    var host = parts.host
    if let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") {
      guard let port = Int(host[host.index(after: colon)...]), (1...65535).contains(port) else {
        throw unclear(url)
      }
      settings.port = port
      host = String(host[..<colon])
    }
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    settings.host = host.isEmpty ? nil : decoded(host)
    let database = decoded(String(parts.path.dropFirst()))
    settings.database = database.isEmpty ? nil : database
    for pair in parts.query {
      let name = String(pair.prefix { $0 != "=" })
      let value = decoded(String(pair.dropFirst(name.count + 1)))
      try set(name.lowercased(), value, &settings, url)
    }
    settings.tlsInFiles = MySQLOptionFiles(settings.optionFile).tls
    return settings
  }

  private static func set(
    _ name: String, _ value: String, _ settings: inout LibMariaDB.Settings, _ url: String
  ) throws(RunError) {
    switch name {
    case "password": settings.password = value
    case "user": settings.user = value
    case "socket": settings.socket = value
    case "ssl-ca", "sslca", "sslrootcert": settings.certificateAuthority = try readable(value, url)
    case "ssl-cert", "sslcert": settings.certificate = try readable(value, url)
    case "ssl-key", "sslkey": settings.key = try readable(value, url)
    case "defaults-file": settings.optionFile = try readable(value, url)
    case "connect-timeout", "connect_timeout":
      settings.connectTimeoutSeconds = Int(value) ?? settings.connectTimeoutSeconds
    case "ssl-mode", "sslmode":
      guard let tls = Self.tls(mode: value) else {
        throw RunError(
          .usage, withoutSecrets(url), "ssl-mode is not known",
          hint: "It is one of DISABLED, PREFERRED, REQUIRED, VERIFY_CA, VERIFY_IDENTITY.")
      }
      settings.tls = tls
    default:
      throw RunError(
        .usage, withoutSecrets(url), "the option '\(name)' of the URL is not known",
        hint: "Known are ssl-mode, ssl-ca, ssl-cert, ssl-key, socket, connect-timeout, user and "
          + "defaults-file.")
    }
  }

  /// What an `ssl-mode` asks for.
  static func tls(mode: String) -> LibMariaDB.TLS? {
    switch String(mode.lowercased().map { $0 == "-" ? "_" : $0 }) {
    case "disabled", "preferred", "disable", "prefer", "allow": .optional
    case "required", "require": .required
    case "verify_ca", "verify_identity", "verify_full": .verified
    default: nil
    }
  }

  /// The client library goes on without a file that it cannot read, and without what that asks for.
  private static func readable(_ path: String, _ url: String) throws(RunError) -> String {
    if access(path, R_OK) == 0 { return path }
    throw RunError(
      .usage, withoutSecrets(url), "the file \(path) that the URL names cannot be read",
      hint: "Name one that this account may read.")
  }

  private static func unclear(_ url: String) -> RunError {
    RunError(
      .usage, withoutSecrets(url), "the URL is not one of a database server",
      hint: "For example mariadb://user@host:3306/database, with reserved characters as %40.")
  }

  private static func decoded(_ text: String) -> String {
    String(decoding: PercentCoding.decoded(text), as: UTF8.self)
  }

  /// The pieces of a URL as they are spelled.
  private struct Parts {
    var scheme: String
    var rawUser: String?
    var rawPassword: String?
    var host: String
    /// With its slash.
    var path: String
    var query: [String]

    init?(_ url: String) {
      scheme = String(url.prefix { $0 != ":" })
      var rest = url.dropFirst(scheme.count)
      guard rest.hasPrefix("://") else { return nil }
      rest = rest.dropFirst(3)
      // A password with an unescaped slash or question mark puts the at sign behind it.
      if let at = rest.lastIndex(of: "@") {
        let user = rest[..<at]
        let name = user.prefix { $0 != ":" }
        rawUser = String(name)
        if name.count < user.count { rawPassword = String(user.dropFirst(name.count + 1)) }
        rest = rest[rest.index(after: at)...]
      }
      host = String(rest.prefix { $0 != "/" && $0 != "?" })
      rest = rest.dropFirst(host.count)
      path = String(rest.prefix { $0 != "?" })
      query = rest.dropFirst(path.count + 1).split(separator: "&").map(String.init)
    }
  }
}

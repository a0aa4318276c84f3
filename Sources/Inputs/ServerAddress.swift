import Core
import Glibc
import Native

/// The URL of a database server, taken apart and without its secrets.
package enum ServerAddress {
  /// For places: `postgres://shop:s3cret@db/orders?password=x` as `postgres://shop@db/orders`.
  package static func withoutSecrets(_ url: String) -> String {
    guard let parts = Parts(url) else { return withoutQuery(url) }
    let kept = parts.query.filter { pair in
      // What has no value may be the rest of a password with an unescaped sign in it.
      guard let equals = pair.firstIndex(of: "=") else { return false }
      return !SecretRemoval.isSecret(name: decoded(String(pair[..<equals])))
    }
    return withoutQuery(url) + (kept.isEmpty ? "" : "?" + kept.joined(separator: "&"))
  }

  /// As `withoutSecrets`, and without its options: for a URL that is not understood.
  private static func withoutQuery(_ url: String) -> String {
    guard let parts = Parts(url) else { return String(url.prefix { $0 != ":" }) + "://" }
    let user = parts.rawUser.map { $0 + "@" } ?? ""
    // What stands in a port's place and is none is a password whose host was forgotten.
    let hosts = parts.hosts.map { host in
      guard let port = host.port, Int(port) == nil else { return host.text }
      return host.text.dropLast(port.count + 1)
    }
    return parts.scheme + "://" + user + hosts.joined(separator: ",") + parts.path
  }

  /// Looks at what a PostgreSQL URL says that its library would only refuse when it connects, or take
  /// the last of.
  /// - Throws: `RunError` with `.usage` for what it cannot mean.
  package static func checkPostgreSQL(_ url: String) throws(RunError) {
    try checkPorts(url)
    guard let parts = Parts(url) else { return }
    try checkOptions(parts, url)
    for pair in parts.query where pair.lowercased().hasPrefix("sslmode=") {
      if !sslModes.contains(decoded(String(pair.dropFirst("sslmode=".count)))) {
        throw RunError(
          .usage, withoutQuery(url), "sslmode is not known", hint: "It is one of \(sslModeList).")
      }
    }
  }

  /// Without the library nothing is said: that it is missing is told when it is to connect.
  private static func checkOptions(_ parts: Parts, _ url: String) throws(RunError) {
    let library: LibPQ
    do throws(RunError) { library = try LibPQ() } catch { return }
    let known = library.optionNames()
    var seen: Set<String> = []
    for pair in parts.query {
      let name = decoded(String(pair.prefix { $0 != "=" }))
      guard known.contains(name) else {
        let lowered = name.lowercased()
        throw unknownOption(
          name, parts, url,
          known.contains(lowered)
            ? "Names are in lower case: \(lowered)." : "For example sslmode, sslrootcert, user.")
      }
      try noteOption(name, as: name == "ssl" ? "sslmode" : name, &seen, url)
    }
    guard library.parameters(ofURL: url) != nil else {
      throw RunError(
        .usage, withoutQuery(url), "libpq does not understand the URL",
        hint: "Reserved characters are written as %40 and the like, a percent sign as %25.")
    }
  }

  private static func unknownOption(
    _ name: String, _ parts: Parts, _ url: String, _ hint: String
  ) -> RunError {
    // Behind a password it may be the rest of one with an unescaped sign in it.
    let hasSecret = parts.query.contains { pair in
      SecretRemoval.isSecret(name: decoded(String(pair.prefix { $0 != "=" })))
    }
    return RunError(
      .usage, withoutQuery(url),
      hasSecret
        ? "an option of the URL is not known" : "the option '\(name)' of the URL is not known",
      hint: hint)
  }

  /// Of two that differ nobody can tell which is meant, and of `sslmode` the weaker may win.
  private static func noteOption(
    _ name: String, as meaning: String, _ seen: inout Set<String>, _ url: String
  ) throws(RunError) {
    guard !seen.insert(meaning).inserted else { return }
    throw RunError(
      .usage, withoutQuery(url), "the URL says \(name) twice", hint: "Leave one of them.")
  }

  private static let sslModes = [
    "disable", "allow", "prefer", "require", "verify-ca", "verify-full",
  ]
  static var sslModeList: String { sslModes.joined(separator: ", ") }

  /// Looks at the ports, whose text others would take into their messages.
  /// - Throws: `RunError` with `.usage` for a port that is no number.
  private static func checkPorts(_ url: String) throws(RunError) {
    guard let parts = Parts(url) else { throw unclear(url) }
    for case let port? in parts.hosts.map({ $0.port })
    where !port.isEmpty && !(1...65535).contains(Int(port) ?? 0) {
      throw RunError(
        .usage, withoutQuery(url), "the port is no number from 1 to 65535",
        hint: "Reserved characters of a password are written as %3A, %40 and the like.")
    }
  }

  /// What a MariaDB or MySQL URL asks for.
  /// - Throws: `RunError` with `.usage` for what it cannot mean.
  package static func mySQLSettings(_ url: String) throws(RunError) -> LibMariaDB.Settings {
    try checkPorts(url)
    guard let parts = Parts(url) else { throw unclear(url) }
    var settings = LibMariaDB.Settings()
    settings.user = parts.rawUser.map(decoded)
    settings.password = parts.rawPassword.map(decoded)
    var host = parts.host
    if let port = Parts.port(of: host[...]) {
      guard let number = Int(port) else { throw unclear(url) }
      settings.port = number
      host = String(host.dropLast(port.count + 1))
    }
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    settings.host = host.isEmpty ? nil : decoded(host)
    let database = decoded(String(parts.path.dropFirst()))
    settings.database = database.isEmpty ? nil : database
    var seen: Set<String> = []
    for pair in parts.query {
      let name = String(pair.prefix { $0 != "=" })
      guard name.count < pair.count else {
        throw RunError(
          .usage, withoutQuery(url), "an option of the URL has no value",
          hint: "Reserved characters are written as %26 and the like.")
      }
      let value = decoded(String(pair.dropFirst(name.count + 1)))
      try set(name.lowercased(), value, &settings, parts, url)
      let meaning = name.lowercased().filter(\.isLetter)
      try noteOption(
        name.lowercased(), as: meaning == "sslrootcert" ? "sslca" : meaning, &seen, url)
    }
    settings.tlsInFiles = MySQLOptionFiles(settings.optionFile).tls
    return settings
  }

  private static func set(
    _ name: String, _ value: String, _ settings: inout LibMariaDB.Settings, _ parts: Parts,
    _ url: String
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
          .usage, withoutQuery(url), "ssl-mode is not known",
          hint: "It is one of DISABLED, PREFERRED, REQUIRED, VERIFY_CA, VERIFY_IDENTITY.")
      }
      settings.tls = tls
    default:
      throw unknownOption(
        name, parts, url,
        "Known are ssl-mode, ssl-ca, ssl-cert, ssl-key, socket, connect-timeout, user and "
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
      .usage, withoutQuery(url), "the URL is not one of a database server",
      hint: "For example "
        + (url.lowercased().hasPrefix("postgres")
          ? "postgres://user@host:5432" : "mariadb://user@host:3306")
        + "/database, with reserved characters as %40.")
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

    /// PostgreSQL takes several.
    var hosts: [(text: Substring, port: Substring?)] {
      host.split(separator: ",", omittingEmptySubsequences: false).map { ($0, Parts.port(of: $0)) }
    }

    /// What stands behind the last colon, unless that is one of an address in brackets.
    static func port(of host: Substring) -> Substring? {
      guard let colon = host.lastIndex(of: ":"), !host[colon...].contains("]") else { return nil }
      return host[host.index(after: colon)...]
    }

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

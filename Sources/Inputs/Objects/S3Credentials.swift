import Core
import Native

/// Who asks S3, and where it is, from the places that AWS's own tools take it from: the environment,
/// then `~/.aws/credentials` and `~/.aws/config`.
struct S3Credentials: Sendable {
  var keyID: String
  var secret: String
  var sessionToken: String?
  var region: String?
  var endpoint: String?

  /// - Returns: `nil` when there is no key.
  static func load(_ network: NetworkSettings) throws(InputError) -> S3Credentials? {
    let variable = network.variable
    let profile = variable("AWS_PROFILE") ?? variable("AWS_DEFAULT_PROFILE") ?? "default"
    let home = variable("HOME").map { $0 + "/.aws/" }
    let secrets = try section(
      profile, of: variable("AWS_SHARED_CREDENTIALS_FILE") ?? home.map { $0 + "credentials" })
    let config = try section(
      profile == "default" ? profile : "profile " + profile,
      of: variable("AWS_CONFIG_FILE") ?? home.map { $0 + "config" })
    let known = config.merging(secrets) { $1 }
    var found = S3Credentials(keyID: "", secret: "")
    if let keyID = variable("AWS_ACCESS_KEY_ID"), let secret = variable("AWS_SECRET_ACCESS_KEY") {
      found.keyID = keyID
      found.secret = secret
      found.sessionToken = variable("AWS_SESSION_TOKEN")
    } else if let keyID = known["aws_access_key_id"], let secret = known["aws_secret_access_key"] {
      found.keyID = keyID
      found.secret = secret
      found.sessionToken = known["aws_session_token"]
    } else {
      return nil
    }
    found.region = variable("AWS_REGION") ?? variable("AWS_DEFAULT_REGION") ?? known["region"]
    found.endpoint =
      network.endpoint ?? variable("AWS_ENDPOINT_URL_S3") ?? variable("AWS_ENDPOINT_URL")
      ?? known["endpoint_url"]
    return found
  }

  /// The settings of one section of a file; none of a file that is not there.
  private static func section(
    _ name: String, of path: String?
  ) throws(InputError) -> [String: String] {
    guard let path else { return [:] }
    let bytes: [UInt8]
    do throws(SystemError) {
      let file = OpenFile(try Descriptor.open(Array(path.utf8), followsLinks: true))
      bytes = try file.head(bytes: fileBytesMax)
    } catch .notFound {
      return [:]
    } catch .notADirectory {
      return [:]
    } catch {
      throw InputError(path, .permissionDenied, "\(error.text).")
    }
    var values: [String: String] = [:]
    var isInside = false
    for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
      let text = trimmed(line)
      if text.hasPrefix("[") {
        isInside = trimmed(text.dropFirst().prefix { $0 != "]" }) == name
      } else if isInside, !text.hasPrefix("#"), let equals = text.firstIndex(of: "=") {
        // An indented line belongs to a nested setting of another service.
        if line.first == " " || line.first == "\t" { continue }
        values[String(trimmed(text[..<equals]))] = String(
          trimmed(text[text.index(after: equals)...]))
      }
    }
    return values
  }

  private static let fileBytesMax = 1 << 20

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text.drop { $0 == " " || $0 == "\t" }
    while let last = text.last, last == " " || last == "\t" { text.removeLast() }
    return text
  }
}

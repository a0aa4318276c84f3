import Glibc
import Native

/// How targets on a network are reached.
package struct NetworkSettings: Sendable {
  /// Where S3 is, instead of Amazon's own address (`--endpoint`).
  package var endpoint: String?
  /// Every version of an object, instead of the one that is current (`--versions`).
  package var readsVersions = false
  /// Objects of one page of a listing; S3 gives a thousand at most.
  package var pageObjects = 1000
  package var connectSeconds = 15.0
  package var patience = HTTPDownload.Patience()
  /// Before the second attempt; each further one waits twice as long.
  package var retrySeconds = 0.3
  /// Environment variables; an empty one counts as none.
  package var variable: @Sendable (String) -> String? = { name in
    guard let value = getenv(name), value.pointee != 0 else { return nil }
    return String(cString: value)
  }

  package init() {}

  /// How often something is asked for before it is given up.
  static let attemptsMax = 5

  func transferSettings(for base: HTTPBase) -> HTTPTransfers.Settings {
    var settings = HTTPTransfers.Settings()
    settings.connectSeconds = connectSeconds
    settings.totalSeconds = 0
    settings.requiresTLS = !base.isPlain
    // What is said in plain text stays on this machine.
    settings.avoidsProxies = base.isLoopback
    settings.authoritiesFile =
      variable("AWS_CA_BUNDLE") ?? variable("CURL_CA_BUNDLE") ?? variable("SSL_CERT_FILE")
    settings.authoritiesDirectory = variable("SSL_CERT_DIR")
    return settings
  }

  /// Sleeps before an attempt.
  /// - Returns: false when the user asked to stop.
  func pause(before attempt: Int) -> Bool {
    var left = attempt == 0 ? 0 : retrySeconds * Double(1 << min(attempt - 1, 6))
    while left > 0, Interruption.requested == nil {
      usleep(UInt32(min(left, 0.1) * 1e6))
      left -= 0.1
    }
    return Interruption.requested == nil
  }
}

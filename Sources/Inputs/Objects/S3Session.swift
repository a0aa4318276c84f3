import Core
import Native
import Synchronization

/// Talks to one bucket: signs, tries again what may be tried again, follows the bucket to its region.
final class S3Session: Sendable {
  let address: S3Address
  let network: NetworkSettings
  private let credentials: S3Credentials
  /// `nil` for Amazon's own.
  private let endpoint: HTTPBase?
  private let region: Mutex<String>
  private let pool: TransfersPool

  init(
    _ address: S3Address, _ credentials: S3Credentials, endpoint: HTTPBase?, _ library: LibCurl,
    _ network: NetworkSettings
  ) {
    self.address = address
    self.credentials = credentials
    self.endpoint = endpoint
    self.network = network
    region = Mutex(credentials.region ?? "us-east-1")
    let base = endpoint ?? HTTPBase("https://s3.amazonaws.com")
    var settings = HTTPTransfers.Settings()
    if let base { settings = network.transferSettings(for: base) }
    pool = TransfersPool(library, settings)
  }

  /// - Parameters:
  ///   - key: an object's, raw; `nil` for the bucket.
  ///   - query: names and raw values.
  func request(
    key: String?, query: [(String, String)], headers: [String] = []
  ) -> HTTPRequest {
    let region = region.withLock { $0 }
    var url: String
    if let endpoint {
      url = endpoint.url + "/" + address.bucket
    } else {
      let domain = region.hasPrefix("cn-") ? "amazonaws.com.cn" : "amazonaws.com"
      let host = "s3.\(region).\(domain)"
      url =
        address.isHostName
        ? "https://\(address.bucket).\(host)" : "https://\(host)/\(address.bucket)"
    }
    url += "/" + S3Address.encoded((key ?? "").utf8, keepsSlashes: true)
    // libcurl signs the query as it is, and a signature wants it sorted.
    let pairs = query.map { (S3Address.encoded($0.0.utf8), S3Address.encoded($0.1.utf8)) }
    let sorted = pairs.sorted { $0.0 < $1.0 }.map { "\($0.0)=\($0.1)" }
    if !sorted.isEmpty { url += "?" + sorted.joined(separator: "&") }
    var request = HTTPRequest(url: url)
    request.headers = headers + ["x-amz-content-sha256: \(S3Session.hashOfNothing)"]
    if let token = credentials.sessionToken {
      request.headers.append("x-amz-security-token: \(token)")
    }
    request.signing = HTTPSigning(
      region: region, service: "s3", keyID: credentials.keyID, secret: credentials.secret)
    return request
  }

  /// SHA-256 of no bytes: a GET has no body.
  private static let hashOfNothing =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

  /// Begins one attempt to get something.
  /// - Throws: `S3Error` for every answer but a 2xx.
  func begin(
    key: String?, query: [(String, String)], headers: [String] = []
  ) throws(S3Error) -> S3Download {
    let download = try S3Download(
      request(key: key, query: query, headers: headers), pool, network.patience)
    if (200...299).contains(download.head.status) { return download }
    var body: [UInt8] = []
    while body.count < S3Session.errorBytesMax {
      let more = try download.nextBytes()
      if more.isEmpty { break }
      body += more
    }
    throw S3Error(status: download.head.status, body: body, head: download.head)
  }

  private static let errorBytesMax = 64 << 10

  /// Gets a whole answer, trying several times.
  func fetch(query: [(String, String)]) throws(S3Error) -> [UInt8] {
    var last = S3Error(HTTPFailure(.other, "interrupted"))
    for attempt in 0..<NetworkSettings.attemptsMax {
      if !network.pause(before: attempt) { break }
      do throws(S3Error) {
        let download = try begin(key: nil, query: query)
        var body: [UInt8] = []
        while true {
          let more = try download.nextBytes()
          if more.isEmpty { break }
          body += more
          if body.count > S3Session.listingBytesMax {
            throw S3Error(HTTPFailure(.tooLarge, "too large"))
          }
        }
        return body
      } catch {
        last = error
        guard follow(error) || error.isPassing else { throw error }
      }
    }
    throw last
  }

  private static let listingBytesMax = 64 << 20

  /// Takes the bucket's region from an answer that names another one.
  /// - Returns: whether it makes sense to ask again.
  func follow(_ error: S3Error) -> Bool {
    guard endpoint == nil, let region = error.region, S3Session.isRegion(region) else {
      return false
    }
    return self.region.withLock { known in
      if known == region { return false }
      known = region
      return true
    }
  }

  private static func isRegion(_ text: String) -> Bool {
    (2...32).contains(text.utf8.count)
      && text.utf8.allSatisfy { $0 &- 0x30 < 10 || $0 &- 0x61 < 26 || $0 == 0x2D }
  }
}

import Core
import Native

/// Talks to one Elasticsearch or OpenSearch, trying again what may be tried again.
final class SearchSession: Sendable {
  let network: NetworkSettings
  private let base: HTTPBase
  private let headers: [String]
  private let pool: TransfersPool

  /// Answers are bounded by the servers themselves to less.
  private static let bodyBytesMax = 64 << 20

  init(_ address: SearchAddress, _ library: LibCurl, _ network: NetworkSettings) {
    base = address.base
    self.network = network
    var headers = ["Accept: application/json", "Content-Type: application/json"]
    if let account = SearchSession.account(address, network) {
      headers.append("Authorization: " + account)
    }
    self.headers = headers
    pool = TransfersPool(library, network.transferSettings(for: address.base))
  }

  /// What proves who asks; `nil` when nobody said.
  static func account(_ address: SearchAddress, _ network: NetworkSettings) -> String? {
    let variable = network.variable
    if let key = variable("ELASTICSEARCH_API_KEY") { return "ApiKey " + cleaned(key) }
    guard let user = address.user ?? variable("ELASTICSEARCH_USER") else { return nil }
    let password = variable("ELASTICSEARCH_PASSWORD") ?? ""
    return "Basic " + base64(Array("\(user):\(password)".utf8))
  }

  /// Nothing that would end a header.
  private static func cleaned(_ text: String) -> String {
    String(decoding: text.utf8.filter { $0 > 0x20 && $0 < 0x7F }, as: UTF8.self)
  }

  /// - Parameters:
  ///   - path: encoded, with its query.
  ///   - isOnce: asking again would give something else.
  func call(
    _ method: String = "GET", _ path: String, _ body: JSONValue? = nil, isOnce: Bool = false
  ) throws(SearchError) -> JSONValue {
    var last = SearchError(HTTPFailure(.other, "interrupted"))
    for attempt in 0..<(isOnce ? 1 : NetworkSettings.attemptsMax) {
      guard network.pause(before: attempt) else { break }
      do throws(SearchError) {
        return try attemptCall(method, path, body)
      } catch {
        last = error
        guard error.isPassing else { throw error }
      }
    }
    throw last
  }

  private func attemptCall(
    _ method: String, _ path: String, _ body: JSONValue?
  ) throws(SearchError) -> JSONValue {
    var request = HTTPRequest(url: base.url + path, headers: headers)
    if let body {
      var bytes: [UInt8] = []
      body.write(into: &bytes)
      request.body = bytes
    }
    if method != "GET" { request.method = method }
    if method == "POST", body == nil { request.body = [] }
    let answer: HTTPResponse
    do throws(HTTPFailure) {
      let transfers = try pool.take()
      defer { pool.giveBack(transfers) }
      answer = try SearchSession.whole(
        try HTTPDownload(request, over: transfers, network.patience))
    } catch {
      throw SearchError(error)
    }
    let value = JSONValue.parse(answer.body)
    guard (200...299).contains(answer.status) else {
      throw SearchError(status: answer.status, value)
    }
    guard let value else { throw SearchError.broken }
    return value
  }

  private static func whole(_ download: HTTPDownload) throws(HTTPFailure) -> HTTPResponse {
    var answer = try download.response()
    answer.body = []
    while true {
      let more = try download.nextBytes()
      if more.isEmpty { return answer }
      answer.body += more
      if answer.body.count > bodyBytesMax { throw HTTPFailure(.tooLarge, "too large") }
    }
  }

  private static func base64(_ bytes: [UInt8]) -> String {
    let letters = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    var out: [UInt8] = []
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var value = 0
      for index in 0..<3 {
        value = value << 8 + Int(index < group.count ? group[start + index] : 0)
      }
      for index in 0..<4 {
        let letter = letters[value >> (18 - 6 * index) & 63]
        out.append(index <= group.count ? letter : UInt8(ascii: "="))
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}

/// Why a search server gave no answer, or which error it answered with.
struct SearchError: Error {
  /// 0 when nothing was answered.
  var status = 0
  /// The server's own word, for example `index_not_found_exception`; empty when it said none.
  var type = ""
  var failure: HTTPFailure?
  /// It was answered, but not to what was asked.
  private(set) var isStrange = false
  /// What was answered is no JSON: cut short, or of somebody in between.
  private(set) var isBroken = false

  static var broken: SearchError {
    var error = strange
    error.isBroken = true
    return error
  }

  static var strange: SearchError {
    var error = SearchError(status: 200, nil)
    error.isStrange = true
    return error
  }

  init(_ failure: HTTPFailure) { self.failure = failure }

  init(status: Int, _ answer: JSONValue?) {
    self.status = status
    let word = answer?["error"]?["type"]?.string ?? ""
    if word.utf8.count <= 64, word.utf8.allSatisfy({ $0 &- 0x61 < 26 || $0 == 0x5F }) {
      type = word
    }
  }

  /// Whether it may go away by itself.
  var isPassing: Bool {
    if let failure {
      switch failure.kind {
      case .cannotConnect, .timeout, .cutShort, .other, .proxy: return true
      case .unknownHost, .untrusted, .noTLS, .tooLarge: return false
      }
    }
    return status == 429 || status >= 500 || isBroken
  }
}

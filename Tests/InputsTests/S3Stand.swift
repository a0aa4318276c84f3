import Core
import Foundation
import Inputs
import Native
import Synchronization
import TestSupport

/// A small server of S3 that misbehaves as it is told. It checks every signature.
final class S3Stand: Sendable {
  static let keyID = "AKTEST"
  static let secret = "s3cret-aws"

  private struct State: Sendable {
    var objects: [String: [UInt8]] = [:]
    var answers: [String: [HTTPServer.Response]] = [:]
    var requests: [HTTPServer.Request] = []
    var badSignatures: [String] = []
  }

  private let state = Mutex(State())
  private let server: HTTPServer
  let pageObjects: Int

  init(_ objects: [String: String], pageObjects: Int = 1000) throws {
    let box = Box()
    self.pageObjects = pageObjects
    server = try HTTPServer { request in
      box.stand.withLock { $0 }?.answer(request) ?? HTTPServer.Response(status: 500)
    }
    state.withLock { $0.objects = objects.mapValues { Array($0.utf8) } }
    box.stand.withLock { $0 = self }
  }

  private final class Box: Sendable {
    let stand = Mutex<S3Stand?>(nil)
  }

  var url: String { server.url }
  var requests: [HTTPServer.Request] { state.withLock { $0.requests } }
  var badSignatures: [String] { state.withLock { $0.badSignatures } }
  func stop() { server.stop() }

  func put(_ key: String, _ bytes: [UInt8]) { state.withLock { $0.objects[key] = bytes } }

  /// What the next requests of an object get, one after another, `*` for the listing's; after that
  /// the right answer.
  func answer(_ key: String, _ answers: HTTPServer.Response...) {
    state.withLock { $0.answers[key] = answers }
  }

  static func error(_ status: Int, _ code: String) -> HTTPServer.Response {
    HTTPServer.Response(
      status: status, body: "<?xml version=\"1.0\"?>\n<Error><Code>\(code)</Code></Error>")
  }

  /// Options of a run that asks this server.
  func options(_ change: (inout InputOptions) -> Void = { _ in }) -> InputOptions {
    var options = InputOptions()
    let url = url
    options.network.retrySeconds = 0.001
    options.network.variable = { name in
      switch name {
      case "AWS_ACCESS_KEY_ID": S3Stand.keyID
      case "AWS_SECRET_ACCESS_KEY": S3Stand.secret
      case "AWS_SESSION_TOKEN": "to/ken+x="
      case "AWS_ENDPOINT_URL_S3": url
      default: nil
      }
    }
    change(&options)
    return options
  }

  // MARK: - Answers

  private func answer(_ request: HTTPServer.Request) -> HTTPServer.Response {
    let isSigned = (try? S3Signature.isRight(request, secret: S3Stand.secret)) == true
    let key = request.path.dropFirst("/bucket/".count).removingPercentEncoding ?? "?"
    let isListing = request.path == "/bucket/" || request.path == "/bucket"
    return state.withLock { state in
      state.requests.append(request)
      if !isSigned { state.badSignatures.append(request.path + "?" + request.query) }
      let name = isListing ? "*" : key
      if state.answers[name]?.isEmpty == false {
        return state.answers[name]?.removeFirst() ?? HTTPServer.Response(status: 500)
      }
      if isListing { return listing(request, state) }
      guard let bytes = state.objects[key] else { return Self.error(404, "NoSuchKey") }
      return Self.object(bytes, request)
    }
  }

  static func tag(_ bytes: [UInt8]) -> String {
    "\"\(bytes.count)-\(bytes.reduce(0) { ($0 &* 31 &+ Int($1)) & 0xFFFF })\""
  }

  static func object(_ bytes: [UInt8], _ request: HTTPServer.Request? = nil) -> HTTPServer.Response
  {
    var response = HTTPServer.Response(status: 200)
    response.contentType = "binary/octet-stream"
    let tag = tag(bytes)
    response.headers = [("ETag", tag)]
    if let match = request?.headers["if-match"], match != tag {
      return error(412, "PreconditionFailed")
    }
    response.body = bytes
    if let range = request?.headers["range"], let start = Int(range.dropFirst(6).dropLast()) {
      if start >= bytes.count { return error(416, "InvalidRange") }
      response.status = 206
      response.body = Array(bytes[start...])
      response.headers.append(
        ("Content-Range", "bytes \(start)-\(bytes.count - 1)/\(bytes.count)"))
    }
    return response
  }

  private func listing(_ request: HTTPServer.Request, _ state: State) -> HTTPServer.Response {
    var query: [String: String] = [:]
    for pair in request.query.split(separator: "&") {
      let parts = pair.split(separator: "=", omittingEmptySubsequences: false)
      query[String(parts[0])] = parts.count > 1 ? parts[1].removingPercentEncoding : ""
    }
    let all = state.objects.keys.sorted().filter { $0.hasPrefix(query["prefix"] ?? "") }
    let start = query["continuation-token"].flatMap { Int($0.dropFirst(4)) } ?? 0
    let end = min(all.count, start + pageObjects)
    var xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<ListBucketResult>"
    xml += "<Name>bucket</Name><EncodingType>url</EncodingType>"
    xml += "<IsTruncated>\(end < all.count)</IsTruncated>"
    if end < all.count { xml += "<NextContinuationToken>t/+=\(end)</NextContinuationToken>" }
    for key in all[start..<end] {
      var allowed = CharacterSet.alphanumerics
      allowed.insert(charactersIn: "-._/")
      let encoded = key.addingPercentEncoding(withAllowedCharacters: allowed) ?? key
      xml += "<Contents><Key>\(encoded.replacingOccurrences(of: "%20", with: "+"))</Key>"
      let bytes = state.objects[key] ?? []
      let tag = S3Stand.tag(bytes).replacingOccurrences(of: "\"", with: "&quot;")
      xml += "<Size>\(bytes.count)</Size><ETag>\(tag)</ETag>"
      xml += "<LastModified>2026-01-02T03:04:05.000Z</LastModified>"
      xml += "<Owner><ID>x</ID></Owner><StorageClass>STANDARD</StorageClass></Contents>"
    }
    return HTTPServer.Response(body: xml + "</ListBucketResult>")
  }
}

/// Signature Version 4 worked out once more, as its documentation describes it.
enum S3Signature {
  static func isRight(_ request: HTTPServer.Request, secret: String) throws -> Bool {
    let authorization = request.headers["authorization"] ?? ""
    var fields: [String: String] = [:]
    for field in authorization.dropFirst("AWS4-HMAC-SHA256".count).split(separator: ",") {
      let text = field.drop { $0 == " " }
      guard let equals = text.firstIndex(of: "=") else { return false }
      fields[String(text[..<equals])] = String(text[text.index(after: equals)...])
    }
    let scope = (fields["Credential"] ?? "").split(separator: "/").map(String.init)
    let names = (fields["SignedHeaders"] ?? "").split(separator: ";").map(String.init)
    guard scope.count == 5, scope[4] == "aws4_request" else { return false }
    // Every header of Amazon's has to be covered.
    let own = request.headers.keys.filter { $0.hasPrefix("x-amz-") }
    guard Set(own).isSubset(of: names), names.contains("host") else { return false }
    let headers = names.map { "\($0):\(request.headers[$0] ?? "")\n" }.joined()
    let query = request.query.split(separator: "&").sorted().joined(separator: "&")
    let library = try LibCrypto()
    let canonical = [
      request.method, request.path, query, headers, names.joined(separator: ";"),
      request.headers["x-amz-content-sha256"] ?? "",
    ].joined(separator: "\n")
    let text = [
      "AWS4-HMAC-SHA256", request.headers["x-amz-date"] ?? "",
      scope[1...].joined(separator: "/"), try library.sha256(Array(canonical.utf8)),
    ].joined(separator: "\n")
    var key = Array(("AWS4" + secret).utf8)
    for piece in scope[1...] { key = try code(library, key, piece) }
    let signature = try code(library, key, text).map { String($0, radix: 16) }
      .map { $0.count == 1 ? "0" + $0 : $0 }.joined()
    return signature == fields["Signature"]
  }

  /// HMAC with SHA-256, for keys of at most 64 bytes.
  private static func code(
    _ library: LibCrypto, _ key: [UInt8], _ text: String
  ) throws -> [UInt8] {
    let padded = key + [UInt8](repeating: 0, count: 64 - key.count)
    let inner = try bytes(library.sha256(padded.map { $0 ^ 0x36 } + Array(text.utf8)))
    return try bytes(library.sha256(padded.map { $0 ^ 0x5C } + inner))
  }

  private static func bytes(_ hex: String) -> [UInt8] {
    let digits = Array(hex)
    return stride(from: 0, to: digits.count, by: 2).map {
      UInt8(String(digits[$0...($0 + 1)]), radix: 16) ?? 0
    }
  }
}

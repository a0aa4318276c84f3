import CCurl
import Core
import Glibc

/// Requests over HTTP, several at once, on connections that are kept. Used by one thread.
///
/// Proxies come from the variables curl knows (`https_proxy`, `NO_PROXY` and so on), authorities from
/// `CURL_CA_BUNDLE`, `SSL_CERT_FILE` and `SSL_CERT_DIR`. TLS is 1.2 or later, certificates are always
/// verified, redirects never followed.
package final class HTTPTransfers {
  private let functions: LibCurl.Functions
  private let settings: Settings
  private let multi: UnsafeMutableRawPointer
  private var idle: [UnsafeMutableRawPointer] = []
  private var running: [UnsafeMutableRawPointer: Transfer] = [:]

  /// How patient and how generous.
  package struct Settings: Sendable {
    package var connectSeconds = 30.0
    /// For a whole answer; 0 for as long as it takes.
    package var totalSeconds = 80.0
    package var connectionsMax = 4
    /// Larger answers fail; of one that is taken piece by piece, larger pieces.
    package var bodyBytesMax = 16 << 20
    /// Talks past any proxy: for a server on this machine, whom a proxy must not stand in for.
    package var avoidsProxies = false
    /// Whether `http:` is refused.
    package var requiresTLS = true
    package var authoritiesFile: String?
    package var authoritiesDirectory: String?

    package init() {}
  }

  /// One that has ended.
  package struct Finished {
    package var id: Int
    package var result: Result<HTTPResponse, HTTPFailure>
    /// Of one that is taken piece by piece and failed: what came before and was not taken.
    package var partial: HTTPResponse?
  }

  /// - Throws: `RunError` when the library has no memory for it.
  package init(_ library: LibCurl, _ settings: Settings) throws(RunError) {
    functions = library.functions
    self.settings = settings
    guard let multi = functions.makeMulti() else { throw HTTPTransfers.exhausted }
    self.multi = multi
    let options: [(CURLMoption, Int)] = [
      (CURLMOPT_MAX_HOST_CONNECTIONS, settings.connectionsMax),
      (CURLMOPT_MAXCONNECTS, settings.connectionsMax),
      // Requests share a connection of HTTP/2.
      (CURLMOPT_PIPELINING, 2),
    ]
    for (option, value) in options {
      _ = unpan_curl_multi_set_number(
        functions.setMultiOption, multi, CInt(option.rawValue), value)
    }
  }

  deinit {
    for (handle, transfer) in running {
      _ = functions.remove(multi, handle)
      functions.freeHandle(handle)
      functions.freeList(transfer.list)
    }
    for handle in idle { functions.freeHandle(handle) }
    _ = functions.freeMulti(multi)
  }

  /// Requests that have not ended.
  package var runningCount: Int { running.count }

  /// Begins a request; it goes on in `wait`.
  package func start(_ request: HTTPRequest, id: Int) throws(RunError) {
    guard let handle = idle.popLast() ?? functions.makeHandle() else {
      throw HTTPTransfers.exhausted
    }
    let transfer = Transfer(id: id, bodyBytesMax: settings.bodyBytesMax)
    running[handle] = transfer
    functions.resetHandle(handle)
    guard prepare(handle, request, transfer), functions.add(multi, handle) == CURLM_OK else {
      running[handle] = nil
      functions.freeHandle(handle)
      functions.freeList(transfer.list)
      throw RunError(.failure, "libcurl.so.4", "the library refuses a request")
    }
  }

  /// Lets requests go on until some have ended or the time is over.
  package func wait(seconds: Double) -> [Finished] {
    var finished = advance()
    if finished.isEmpty, !running.isEmpty || seconds > 0 {
      var ready: CInt = 0
      // Also returns when a signal came.
      _ = functions.poll(
        multi, nil, 0, CInt((max(0, min(seconds, 60)) * 1000).rounded(.up)), &ready)
      finished = advance()
    }
    return finished
  }

  /// What has come of an answer that still comes: its status, its headers, and those bytes of its body
  /// that were not taken before. `nil` when no body has begun, or the request is not running.
  package func takeArrived(id: Int) -> HTTPResponse? {
    guard let (handle, transfer) = running.first(where: { $0.value.id == id }),
      !transfer.body.isEmpty
    else { return nil }
    defer { transfer.body = [] }
    return HTTPResponse(
      status: status(of: handle), headers: transfer.headers, body: transfer.body)
  }

  /// Gives up a request.
  package func cancel(id: Int) {
    guard let (handle, transfer) = running.first(where: { $0.value.id == id }) else { return }
    running[handle] = nil
    _ = functions.remove(multi, handle)
    functions.freeList(transfer.list)
    functions.resetHandle(handle)
    idle.append(handle)
  }

  private func status(of handle: UnsafeMutableRawPointer) -> Int {
    var status = 0
    _ = unpan_curl_get_number(
      functions.getInfo, handle, CInt(CURLINFO_RESPONSE_CODE.rawValue), &status)
    return status
  }

  private func advance() -> [Finished] {
    var active: CInt = 0
    _ = functions.perform(multi, &active)
    var finished: [Finished] = []
    var left: CInt = 0
    while let message = functions.nextMessage(multi, &left) {
      guard message.pointee.msg == CURLMSG_DONE, let handle = message.pointee.easy_handle else {
        continue
      }
      let code = unpan_curl_result(message)
      guard let transfer = running.removeValue(forKey: handle) else { continue }
      var ended = Finished(id: transfer.id, result: result(of: handle, transfer, code))
      if case .failure = ended.result, !transfer.body.isEmpty {
        ended.partial = HTTPResponse(
          status: status(of: handle), headers: transfer.headers, body: transfer.body)
      }
      finished.append(ended)
      _ = functions.remove(multi, handle)
      functions.freeList(transfer.list)
      // Forgets the addresses of what ends here.
      functions.resetHandle(handle)
      idle.append(handle)
    }
    return finished
  }

  private func result(
    of handle: UnsafeMutableRawPointer, _ transfer: Transfer, _ code: CInt
  ) -> Result<HTTPResponse, HTTPFailure> {
    guard code == 0 else {
      let detail = transfer.errorText
      let text =
        detail.isEmpty
        ? functions.words(CURLcode(rawValue: UInt32(code))).map { String(cString: $0) } ?? ""
        : detail
      var proxyStatus = 0
      _ = unpan_curl_get_number(
        functions.getInfo, handle, CInt(CURLINFO_HTTP_CONNECTCODE.rawValue), &proxyStatus)
      let isRefusedByProxy = proxyStatus >= 300
      var kind = isRefusedByProxy ? .proxy : HTTPTransfers.kind(code, transfer)
      // A handshake that somebody hung up on says nothing about a certificate.
      if code == 35, isHungUp(handle) { kind = .cannotConnect }
      return .failure(HTTPFailure(kind, HTTPTransfers.withoutSecrets(text)))
    }
    return .success(
      HTTPResponse(
        status: status(of: handle), headers: transfer.headers, body: transfer.body))
  }

  private func isHungUp(_ handle: UnsafeMutableRawPointer) -> Bool {
    var error = 0
    _ = unpan_curl_get_number(
      functions.getInfo, handle, CInt(CURLINFO_OS_ERRNO.rawValue), &error)
    return error == Int(ECONNRESET) || error == Int(EPIPE)
  }

  /// The library's words without what may hold a password: it quotes an address of a proxy that it
  /// cannot read, and names an account before an `@`.
  package static func withoutSecrets(_ text: String) -> String {
    var text = text
    if text.lowercased().contains("proxy"), let first = text.firstIndex(of: "'"),
      let last = text.lastIndex(of: "'"), first < last
    {
      text.replaceSubrange(text.index(after: first)..<last, with: "***")
    }
    guard let at = text.lastIndex(of: "@") else { return text }
    let scheme = text[..<at].firstRange(of: "://")?.upperBound
    let word = text[..<at].firstIndex(of: " ").map { text.index(after: $0) }
    text.replaceSubrange((scheme ?? word ?? text.startIndex)..<at, with: "***")
    return text
  }

  /// By the numbers of <curl/curl.h>, which never change.
  private static func kind(_ code: CInt, _ transfer: Transfer) -> HTTPFailure.Kind {
    switch code {
    case 5, 97: .proxy
    case 6: .unknownHost
    case 7: .cannotConnect
    case 28: .timeout
    case 35: .noTLS
    case 51, 53, 54, 58, 59, 60, 66, 77, 80, 82, 83, 90, 91: .untrusted
    case 16, 18, 52, 55, 56, 92, 95: .cutShort
    case 23: transfer.isTooLarge ? .tooLarge : .other
    default: .other
    }
  }

  private static let exhausted = RunError(
    .failure, "libcurl.so.4", "the library cannot prepare a request")

  // MARK: Options

  private func prepare(
    _ handle: UnsafeMutableRawPointer, _ request: HTTPRequest, _ transfer: Transfer
  ) -> Bool {
    var isGood = true
    func set(_ option: CURLoption, _ value: Int) {
      let code = unpan_curl_set_number(
        functions.setOption, handle, CInt(option.rawValue), value)
      isGood = isGood && code == CURLE_OK
    }
    func set(_ option: CURLoption, pointer value: UnsafeRawPointer?) {
      let code = unpan_curl_set_pointer(
        functions.setOption, handle, CInt(option.rawValue), value)
      isGood = isGood && code == CURLE_OK
    }
    func set(_ option: CURLoption, text: String) { text.withCString { set(option, pointer: $0) } }

    set(CURLOPT_URL, text: request.url)
    set(CURLOPT_NOSIGNAL, 1)
    set(CURLOPT_SSL_VERIFYPEER, 1)
    set(CURLOPT_SSL_VERIFYHOST, 2)
    set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
    set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_2TLS))
    set(CURLOPT_FOLLOWLOCATION, 0)
    // CURLOPT_PROTOCOLS with CURLPROTO_HTTP and CURLPROTO_HTTPS: by number, since newer headers call
    // them deprecated in favour of names that older libraries do not have.
    set(CURLoption(rawValue: 181), settings.requiresTLS ? 2 : 3)
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    set(CURLOPT_TCP_NODELAY, 1)
    set(CURLOPT_CONNECTTIMEOUT_MS, Int(settings.connectSeconds * 1000))
    set(CURLOPT_TIMEOUT_MS, Int(settings.totalSeconds * 1000))
    // Waits for the connection being made instead of making another, where HTTP/2 can share it.
    set(CURLOPT_PIPEWAIT, settings.requiresTLS ? 1 : 0)
    if settings.avoidsProxies { set(CURLOPT_NOPROXY, text: "*") }
    if let file = settings.authoritiesFile { set(CURLOPT_CAINFO, text: file) }
    if let directory = settings.authoritiesDirectory { set(CURLOPT_CAPATH, text: directory) }
    if let body = request.body {
      set(CURLOPT_POST, 1)
      set(CURLOPT_POSTFIELDSIZE, body.count)
      // Copied by the library, so a body without an address must not be given.
      (body + [0]).withUnsafeBytes { set(CURLOPT_COPYPOSTFIELDS, pointer: $0.baseAddress) }
    }
    if let method = request.method { set(CURLOPT_CUSTOMREQUEST, text: method) }
    if request.isStreamed { set(CURLOPT_BUFFERSIZE, 64 << 10) }
    var headers = request.headers
    if let signing = request.signing {
      set(CURLOPT_AWS_SIGV4, text: "aws:amz:\(signing.region):\(signing.service)")
      set(CURLOPT_USERNAME, text: signing.keyID)
      set(CURLOPT_PASSWORD, text: signing.secret)
      // What is signed is what is sent, dots in a path included.
      set(CURLOPT_PATH_AS_IS, 1)
    }
    // No `Expect: 100-continue`, which costs a round trip; libcurl would sign it and not send it.
    if request.body != nil { headers.append("Expect:") }
    for header in headers {
      guard let list = functions.append(transfer.list, header) else { return false }
      transfer.list = list
    }
    set(CURLOPT_HTTPHEADER, pointer: transfer.list)
    set(CURLOPT_ERRORBUFFER, pointer: transfer.errorBuffer)
    let context = Unmanaged.passUnretained(transfer).toOpaque()
    set(CURLOPT_WRITEDATA, pointer: context)
    set(CURLOPT_HEADERDATA, pointer: context)
    let callbacks: [(CURLoption, Callback)] = [
      (CURLOPT_WRITEFUNCTION, { Transfer.from($3)?.take(body: $0, $1 * $2) ?? 0 }),
      (CURLOPT_HEADERFUNCTION, { Transfer.from($3)?.take(header: $0, $1 * $2) ?? 0 }),
    ]
    for (option, callback) in callbacks {
      let code = unpan_curl_set_callback(
        functions.setOption, handle, CInt(option.rawValue), callback)
      isGood = isGood && code == CURLE_OK
    }
    return isGood
  }

  private typealias Callback =
    @convention(c) (UnsafeMutablePointer<CChar>?, Int, Int, UnsafeMutableRawPointer?) -> Int

  /// What is gathered of one answer; `running` keeps it alive while the library has its address.
  private final class Transfer {
    let id: Int
    let bodyBytesMax: Int
    let errorBuffer: UnsafeMutablePointer<CChar>
    var list: UnsafeMutablePointer<curl_slist>?
    var headers: [(name: String, value: String)] = []
    var body: [UInt8] = []
    var isTooLarge = false

    private static let headersMax = 256

    init(id: Int, bodyBytesMax: Int) {
      self.id = id
      self.bodyBytesMax = bodyBytesMax
      errorBuffer = .allocate(capacity: Int(CURL_ERROR_SIZE))
      errorBuffer.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
    }

    deinit { errorBuffer.deallocate() }

    var errorText: String { String(cString: errorBuffer) }

    static func from(_ context: UnsafeMutableRawPointer?) -> Transfer? {
      context.map { Unmanaged<Transfer>.fromOpaque($0).takeUnretainedValue() }
    }

    func take(body bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
      guard body.count + count <= bodyBytesMax else {
        isTooLarge = true
        return 0
      }
      body.append(contentsOf: UnsafeRawBufferPointer(start: bytes, count: count))
      return count
    }

    func take(header bytes: UnsafeMutablePointer<CChar>?, _ count: Int) -> Int {
      let line = UnsafeRawBufferPointer(start: bytes, count: count)
      guard let colon = line.firstIndex(of: 0x3A) else {
        // The first line of an answer: one that only announces another is forgotten.
        if line.starts(with: "HTTP/".utf8) { headers.removeAll(keepingCapacity: true) }
        return count
      }
      guard headers.count < Transfer.headersMax else { return count }
      let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
      let rest = line[(colon + 1)...]
      let isBlank: (UInt8) -> Bool = { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D || $0 == 0x0A }
      let start = rest.firstIndex { !isBlank($0) } ?? rest.endIndex
      let end = rest.lastIndex { !isBlank($0) }.map { $0 + 1 } ?? start
      headers.append((name, String(decoding: line[start..<end], as: UTF8.self)))
      return count
    }
  }
}

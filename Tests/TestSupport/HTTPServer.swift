import Glibc
import Synchronization

/// A small HTTP/1.1 server on the loopback address for tests: a thread a connection.
package final class HTTPServer: Sendable {
  /// What came in.
  package struct Request: Sendable {
    package var method: String
    /// Without the query.
    package var path: String
    package var query: String
    /// Names in lower case.
    package var headers: [String: String]
    package var body: String
  }

  /// What goes out.
  package struct Response: Sendable {
    package var status = 200
    package var headers: [(String, String)] = []
    package var contentType = "application/json"
    package var body: [UInt8] = []
    package var delivery = Delivery.whole

    package init(status: Int = 200, body: String = "") {
      self.status = status
      self.body = Array(body.utf8)
    }
  }

  /// How an answer reaches its reader.
  package enum Delivery: Sendable {
    case whole
    /// The connection closes without a word.
    case dropped
    /// It closes in the middle of the body.
    case truncated
    /// Piece by piece, with this many seconds between two.
    case slow(Double)
  }

  package let port: UInt16
  private let listener: Int32
  private let handler: @Sendable (Request) -> Response
  private let connections = Mutex<Set<Int32>>([])
  private let resetsTLS: Bool
  private let accepted = Mutex(0)

  /// Begins to listen; `stop` ends it.
  /// - Parameter resetsTLS: hangs up on a handshake of TLS with a reset.
  package init(
    resetsTLS: Bool = false, _ handler: @escaping @Sendable (Request) -> Response
  ) throws {
    self.resetsTLS = resetsTLS
    self.handler = handler
    listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let listener = listener
    let isGood = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(listener, address, length) == 0 && listen(listener, 128) == 0
          && getsockname(listener, address, &length) == 0
      }
    }
    port = UInt16(bigEndian: address.sin_port)
    guard isGood else { throw HTTPServerError() }
    signal(SIGPIPE, SIG_IGN)
    Self.thread { [self] in acceptAll() }
  }

  package var url: String { "http://127.0.0.1:\(port)" }

  /// Connections that were made, answered or not.
  package var connectionCount: Int { accepted.withLock { $0 } }

  /// Closes everything; threads end by themselves.
  package func stop() {
    shutdown(listener, Int32(SHUT_RDWR))
    connections.withLock { for connection in $0 { shutdown(connection, Int32(SHUT_RDWR)) } }
  }

  private func acceptAll() {
    while true {
      let connection = accept(listener, nil, nil)
      if connection < 0 { break }
      var on: Int32 = 1
      setsockopt(connection, Int32(IPPROTO_TCP), TCP_NODELAY, &on, 4)
      connections.withLock { _ = $0.insert(connection) }
      accepted.withLock { $0 += 1 }
      Self.thread { [self] in
        serve(connection)
        connections.withLock { _ = $0.remove(connection) }
        close(connection)
      }
    }
    close(listener)
  }

  private func serve(_ connection: Int32) {
    var pending: [UInt8] = []
    while let request = Self.read(connection, &pending) {
      guard Self.send(handler(request), on: connection) else { return }
    }
    if resetsTLS, pending.first == 0x16 {
      var option = linger(l_onoff: 1, l_linger: 0)
      setsockopt(
        connection, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
    }
  }

  private static func read(_ connection: Int32, _ pending: inout [UInt8]) -> Request? {
    while true {
      if let (request, length) = parse(pending) {
        pending.removeFirst(length)
        return request
      }
      var buffer = [UInt8](repeating: 0, count: 16 << 10)
      let count = recv(connection, &buffer, buffer.count, 0)
      if count < 0, errno == EINTR { continue }
      guard count > 0, pending.count < 4 << 20 else { return nil }
      pending += buffer[..<count]
      // A handshake of TLS, which is not spoken here.
      if pending.first == 0x16 { return nil }
    }
  }

  /// - Returns: a whole request and its length.
  private static func parse(_ bytes: [UInt8]) -> (Request, Int)? {
    guard let end = bytes.firstIndex(ofEndOfHead: ()) else { return nil }
    let head = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n")
    guard let first = head.first?.split(separator: " "), first.count == 3 else { return nil }
    var headers: [String: String] = [:]
    for line in head.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { continue }
      let value = line[line.index(after: colon)...].drop { $0 == " " }
      headers[line[..<colon].lowercased()] = String(value)
    }
    let length = headers["content-length"].flatMap { Int($0) } ?? 0
    guard bytes.count >= end + 4 + length else { return nil }
    let target = first[1].split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    let request = Request(
      method: String(first[0]), path: String(target[0]),
      query: target.count > 1 ? String(target[1]) : "", headers: headers,
      body: String(decoding: bytes[(end + 4)..<(end + 4 + length)], as: UTF8.self))
    return (request, end + 4 + length)
  }

  private static func send(_ response: Response, on connection: Int32) -> Bool {
    var head = "HTTP/1.1 \(response.status) x\r\ncontent-length: \(response.body.count)\r\n"
    head += "content-type: \(response.contentType)\r\n"
    for (name, value) in response.headers { head += "\(name): \(value)\r\n" }
    let bytes = Array((head + "\r\n").utf8)
    switch response.delivery {
    case .whole: return write(bytes + response.body, to: connection)
    case .dropped: return false
    case .truncated:
      _ = write(bytes + response.body.prefix(response.body.count / 2), to: connection)
      return false
    case .slow(let seconds):
      guard write(bytes, to: connection) else { return false }
      for byte in response.body {
        usleep(UInt32(seconds * 1e6))
        guard write([byte], to: connection) else { return false }
      }
      return true
    }
  }

  private static func write(_ bytes: [UInt8], to connection: Int32) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  private static func thread(_ body: @escaping @Sendable () -> Void) {
    let box = Unmanaged.passRetained(Box(body)).toOpaque()
    var thread = pthread_t()
    let code = pthread_create(
      &thread, nil,
      { context in
        if let context { Unmanaged<Box>.fromOpaque(context).takeRetainedValue().body() }
        return nil
      }, box)
    precondition(code == 0, "a test machine has threads to spare")
    pthread_detach(thread)
  }

  private final class Box: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
}

/// The loopback address did not take the server.
package struct HTTPServerError: Error {
  package init() {}
}

extension [UInt8] {
  /// Where the empty line behind the headers begins.
  fileprivate func firstIndex(ofEndOfHead: Void) -> Int? {
    guard count >= 4 else { return nil }
    for index in 0...(count - 4)
    where self[index] == 13 && self[index + 1] == 10 && self[index + 2] == 13
      && self[index + 3] == 10
    {
      return index
    }
    return nil
  }
}

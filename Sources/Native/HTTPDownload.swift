import Core
import Glibc

/// One answer that is read while it comes, so that its length does not matter. Used by one thread.
package final class HTTPDownload {
  private let transfers: HTTPTransfers
  private let patience: Patience
  private let id: Int
  /// Of the body, come and not yet handed over.
  private var ready: [UInt8] = []
  private var ending: Ending?
  private var window = Window()

  /// How long nothing, or next to nothing, may come.
  package struct Patience: Sendable {
    package var seconds = 30.0
    /// Fewer bytes in that time are as good as none.
    package var bytesMin = 4 << 10

    package init() {}
  }

  private enum Ending {
    case whole
    case failed(HTTPFailure)
  }

  private struct Window {
    var waitedSeconds = 0.0
    var bytes = 0
  }

  /// Begins the request.
  ///
  /// - Parameter transfers: used by nobody else until the download is at its end or given up.
  package init(
    _ request: HTTPRequest, over transfers: HTTPTransfers, _ patience: Patience
  ) throws(HTTPFailure) {
    self.transfers = transfers
    self.patience = patience
    id = HTTPDownload.id
    var request = request
    request.isStreamed = true
    do { try transfers.start(request, id: id) } catch {
      throw HTTPFailure(.other, error.message)
    }
  }

  /// One transfers object runs one download at a time.
  private static let id = 0

  deinit { if ending == nil { transfers.cancel(id: id) } }

  /// Waits for the head of the answer.
  package func response() throws(HTTPFailure) -> HTTPResponse {
    while true {
      if let answer = try step() { return answer }
    }
  }

  /// The next bytes of the body, none at its end.
  package func nextBytes() throws(HTTPFailure) -> [UInt8] {
    while ready.isEmpty {
      if case .whole? = ending { return [] }
      _ = try step()
    }
    defer { ready = [] }
    return ready
  }

  /// Lets the request go on until something has come.
  /// - Returns: the answer's head.
  private func step() throws(HTTPFailure) -> HTTPResponse? {
    if case .failed(let failure)? = ending { throw failure }
    if let answer = transfers.takeArrived(id: id) { return take(answer) }
    let before = HTTPDownload.seconds()
    let finished = transfers.wait(seconds: 0.2)
    window.waitedSeconds += HTTPDownload.seconds() - before
    if let last = finished.first {
      switch last.result {
      case .success(let answer):
        ending = .whole
        return take(answer)
      case .failure(let failure):
        ending = .failed(failure)
        if let partial = last.partial { return take(partial) }
        throw failure
      }
    }
    if Interruption.requested != nil { throw HTTPFailure(.other, "interrupted") }
    let answer = transfers.takeArrived(id: id).map(take)
    if window.waitedSeconds > patience.seconds { throw HTTPFailure(.timeout, "too slow") }
    return answer
  }

  private func take(_ answer: HTTPResponse) -> HTTPResponse {
    ready += answer.body
    window.bytes += answer.body.count
    if window.bytes >= patience.bytesMin { window = Window() }
    return answer
  }

  private static func seconds() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
  }
}

import Core
import Native
import Synchronization

/// Connections to one server, lent to one user at a time and kept for the next.
final class TransfersPool: Sendable {
  /// Unchecked because one user at a time has each: who took it from here.
  private struct Box: @unchecked Sendable { var idle: [HTTPTransfers] = [] }

  private let box = Mutex(Box())
  private let library: LibCurl
  private let settings: HTTPTransfers.Settings

  init(_ library: LibCurl, _ settings: HTTPTransfers.Settings) {
    self.library = library
    self.settings = settings
  }

  func take() throws(HTTPFailure) -> HTTPTransfers {
    if let idle = box.withLock({ $0.idle.popLast().map(LentTransfers.init) }) {
      return idle.transfers
    }
    do { return try HTTPTransfers(library, settings) } catch {
      throw HTTPFailure(.other, error.message)
    }
  }

  func giveBack(_ transfers: HTTPTransfers) {
    let lent = LentTransfers(transfers: transfers)
    box.withLock { $0.idle.append(lent.transfers) }
  }
}

/// On its way from one user to the next.
private struct LentTransfers: @unchecked Sendable {
  let transfers: HTTPTransfers
}

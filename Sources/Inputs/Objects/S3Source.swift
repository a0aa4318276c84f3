import Core
import Native
import Synchronization

/// A bucket, or what of it begins with a prefix: every object an item, in the order of the listing.
final class S3Source: Source {
  let target: String
  private let address: S3Address
  private let options: InputOptions
  private let state = Mutex(State())

  private struct State: Sendable {
    var session: S3Session?
    var listing: S3Listing?
    /// Of the current page, the next one last.
    var pending: [S3Object] = []
    var count = 0
    var isAtEnd = false
  }

  /// Nothing is connected to yet.
  /// - Throws: `RunError` with `.usage` for what names no bucket.
  init(target: String, options: InputOptions) throws(RunError) {
    address = try S3Address(target)
    self.target = target
    self.options = options
  }

  func next() -> ItemEvent? {
    state.withLock { state in
      while true {
        if let object = state.pending.popLast() { return event(object, state) }
        if state.isAtEnd { return nil }
        do throws(InputError) { try fill(&state) } catch {
          state.isAtEnd = true
          return .notExamined(error.entry)
        }
        if state.isAtEnd, state.count == 0, !address.prefix.isEmpty {
          return .notExamined(
            Coverage.Entry(
              place: target, reason: .missing, detail: "No object lies under this prefix."))
        }
      }
    }
  }

  private func event(_ object: S3Object, _ state: State) -> ItemEvent? {
    let place = object.place(address.bucket)
    if isExcluded(object.key) {
      return .excluded(Coverage.Entry(place: place, reason: .excludedByPattern))
    }
    if let largest = options.fileBytesMax, object.bytes > largest {
      return .excluded(Coverage.Entry(place: place, reason: .largerThanLimit, bytes: object.bytes))
    }
    guard let session = state.session else { return nil }
    return .item(S3ObjectItem(object, target: target, session: session, options: options))
  }

  /// Whether a pattern means the key, or a directory that the key lies in.
  private func isExcluded(_ key: String) -> Bool {
    if options.excludes.isEmpty { return false }
    let bytes = Array(key.utf8)
    func matches(_ path: ArraySlice<UInt8>, isDirectory: Bool) -> Bool {
      options.excludes.contains { $0.matches(path: path, isDirectory: isDirectory) }
    }
    for index in bytes.indices where bytes[index] == UInt8(ascii: "/") {
      if matches(bytes[..<index], isDirectory: true) { return true }
    }
    return matches(bytes[...], isDirectory: false)
  }

  /// Gets the next page of the listing.
  private func fill(_ state: inout State) throws(InputError) {
    if state.session == nil { state.session = try makeSession() }
    guard let session = state.session else { return }
    var listing =
      state.listing
      ?? S3Listing(prefix: address.prefix, options.network)
    let page: [UInt8]
    do throws(S3Error) { page = try session.fetch(query: listing.query) } catch {
      throw InputError(S3Trouble.listing(target, error, objects: state.count))
    }
    guard let objects = listing.take(page) else {
      throw InputError(S3Trouble.strangeListing(target, objects: state.count))
    }
    state.count += objects.count
    state.pending = objects.reversed()
    state.isAtEnd = listing.isAtEnd
    state.listing = listing
  }

  private func makeSession() throws(InputError) -> S3Session {
    let library: LibCurl
    do throws(RunError) { library = try LibCurl() } catch {
      throw InputError(ServerTrouble.missingLibrary(target, error))
    }
    guard let credentials = try S3Credentials.load(options.network) else {
      throw InputError(target, .authenticationFailed, S3Trouble.noKeys)
    }
    var endpoint: HTTPBase?
    if let text = credentials.endpoint {
      guard let base = HTTPBase(text) else {
        throw InputError(
          target, .unreachable,
          "The endpoint (--endpoint, AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL) is not https://HOST:PORT."
        )
      }
      guard base.isPrivate else {
        throw InputError(
          target, .unreachable,
          "The endpoint is plain http to another machine, where anybody in between can read along. "
            + "Use https, or a tunnel to this machine (ssh -L).")
      }
      endpoint = base
    }
    return S3Session(address, credentials, endpoint: endpoint, library, options.network)
  }
}

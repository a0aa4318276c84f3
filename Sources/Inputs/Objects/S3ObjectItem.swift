import Core
import Native
import Synchronization

/// One object of a bucket, read as it comes; an archive or a document as such.
final class S3ObjectItem: Item {
  let location: Location
  let head: [UInt8] = []
  let expectedBytes: Int
  private let object: S3Object
  private let session: S3Session
  private let options: InputOptions
  private let state = Mutex(State())

  private struct State: Sendable {
    var wasHandedOut = false
    var isRead = false
    /// Which state of it is read, once that was answered; empty when the server did not say.
    var tag: String?
  }

  init(_ object: S3Object, target: String, session: S3Session, options: InputOptions) {
    self.object = object
    self.session = session
    self.options = options
    location = Location(target: target, path: object.place(session.address.bucket))
    expectedBytes = object.bytes
  }

  /// What the listing said of it, unless another state of it was read than the listing saw.
  func stamp() -> ItemStamp? {
    guard let tag = object.tag, let modified = object.modified, !tag.isEmpty else { return nil }
    if let read = state.withLock({ $0.tag }), read != tag { return nil }
    return ItemStamp("\(tag) \(object.bytes) \(modified)")
  }

  /// Nothing is asked for yet: the part does that, and tells when it gets nothing.
  func open() throws(InputError) {}

  func nextPart() -> (any Part)? {
    let isFirst = state.withLock { state in
      defer { state.wasHandedOut = true }
      return !state.wasHandedOut
    }
    guard isFirst else { return nil }
    let place = location.path ?? ""
    let budget = ExpansionBudget(options.containers)
    let part = ContainerPart(
      place: place, budget: budget, expectedBytes: expectedBytes,
      usesHelper: expectedBytes >= ContainerPart.helperBytesMin
    ) { [self] in
      let stream = S3ObjectStream(object, session, budget: budget) { [self] tag in
        state.withLock { $0.tag = tag }
      }
      let root = ContainerMember(chain: nil, stream: stream)
      return ContainerWalk(root, place: place, budget: budget, sizes: options.sizes)
    }
    part.whenRead = { [self] in state.withLock { $0.isRead = true } }
    return part
  }

  func close() -> PartOutcome {
    var outcome = PartOutcome()
    let state = self.state.withLock { $0 }
    if !state.isRead {
      outcome.notExamined.append(
        Coverage.Entry(place: location.path ?? "", reason: .interrupted))
    } else if state.tag != nil || object.bytes == 0 {
      outcome.examined.objects = 1
    }
    return outcome
  }
}

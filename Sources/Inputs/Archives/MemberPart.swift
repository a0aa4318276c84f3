import Core
import Native

/// The bytes of one member, or text made of them, read from front to back.
///
/// Unchecked because one thread at a time goes through a container: the one that reads its parts.
final class MemberPart: Part, @unchecked Sendable {
  let table: String? = nil
  let columns: [String] = []
  let rowKey: String? = nil
  let expectedBytes = 0
  let member: String?
  let encoding: [String]
  let head: [UInt8]?
  let group: Int
  let isDerived: Bool
  let isText: Bool
  private let source: ContainerMember
  private let walk: ContainerWalk
  private let field: Chunk.Field
  private let tee: ((UnsafeRawBufferPointer) -> Void)?

  /// - Parameters:
  ///   - isText: made of the member's bytes, so that offsets in it mean nothing outside.
  ///   - isDerived: says again what a part of the same group may have said.
  ///   - tee: gets the bytes as well.
  init(
    _ member: ContainerMember, head: [UInt8], in walk: ContainerWalk, isText: Bool = false,
    isDerived: Bool = false, field: Chunk.Field = .none,
    tee: ((UnsafeRawBufferPointer) -> Void)? = nil
  ) {
    source = member
    self.member = member.chain
    encoding = member.encoding
    self.head = head
    group = member.group
    self.isDerived = isDerived || member.isDerived
    self.isText = isText
    self.walk = walk
    self.field = field
    self.tee = tee
  }

  func read(into buffer: WorkBuffer, _ body: (Chunk) -> Bool) -> PartOutcome {
    var outcome = PartOutcome()
    let stream = source.stream
    let reader = SegmentReader(
      source: { (target, _) throws(SystemError) in
        let count = stream.fill(target)
        self.tee?(UnsafeRawBufferPointer(rebasing: target[..<count]))
        return count
      }, sizes: walk.sizes, field: field, start: 0, end: Int.max / 2, size: Int.max)
    let result = reader.read(into: buffer, body)
    outcome.examined.bytes = isDerived ? 0 : result.ownedBytes
    if let trouble = stream.trouble { walk.tell(source, trouble) }
    if result.wasStopped { walk.stop() }
    return outcome
  }
}

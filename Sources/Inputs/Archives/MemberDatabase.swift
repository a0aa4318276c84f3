import Core
import Native

/// A SQLite database inside a container: copied to a file that lies in memory, since SQLite reads it in
/// any order.
final class MemberDatabase: ContainerLevel {
  private let memory: MemoryFile
  private let content: DatabaseContent
  private let member: ContainerMember
  private let budget: ExpansionBudget
  private let size: Int
  private let group: Int

  /// - Throws: when there is no room for it, or it cannot be read to its end.
  init(_ member: ContainerMember, _ walk: ContainerWalk) throws(ArchiveError) {
    self.member = member
    budget = walk.budget
    group = budget.newGroup()
    do throws(SystemError) {
      var memory = try MemoryFile()
      let room = budget.scratchLeft
      while let block = member.stream.nextBlock(), !block.isEmpty {
        guard memory.count + block.count <= room else { throw .noMemory }
        try memory.append(block)
      }
      size = memory.count
      let file = OpenFile(try memory.reopened())
      let head = try file.head(bytes: walk.sizes.context)
      var sizes = walk.sizes
      sizes.segment = (sizes.segment + 0xFFFF) & ~0xFFFF
      let main = FileContent(
        file: file, size: size, head: head, place: member.place(in: walk.place), sizes: sizes,
        field: .pages)
      content = DatabaseContent(
        path: memory.path, place: member.place(in: walk.place), header: head, main: main, log: nil,
        opener: ValueOpener(budget.limits, walk.sizes, depth: walk.depth + 1), isInMemory: true)
      self.memory = memory
      budget.takeScratch(size)
    } catch {
      member.stream.trouble = ByteStream.Trouble(
        reason: .overLimit,
        detail: "The database is too large to be read inside a container. Unpack it, then scan it.",
        isLocal: true)
      throw ArchiveError(kind: .noLibrary, text: error.text)
    }
    if let trouble = member.stream.trouble { walk.tell(member, trouble) }
  }

  deinit { budget.giveBackScratch(size) }

  func next(_ walk: ContainerWalk) -> ContainerEvent {
    if let part = content.nextPart() { return .part(DatabasePart(part, member, group: group)) }
    var outcome = content.close()
    // It is a member, counted as such.
    outcome.examined.files = 0
    walk.add(outcome)
    return .end
  }
}

/// A part of a database with the place of its container.
final class DatabasePart: Part {
  var table: String? { part.table }
  var columns: [String] { part.columns }
  var rowKey: String? { part.rowKey }
  var columnTypes: [String] { part.columnTypes }
  var rowNumber: Int? { part.rowNumber }
  var opened: (any PartSeries)? { part.opened }
  var expectedBytes: Int { part.expectedBytes }
  let member: String?
  let encoding: [String]
  let group: Int
  let head: [UInt8]? = []
  private let part: any Part

  init(_ part: any Part, _ member: ContainerMember, group: Int) {
    self.part = part
    self.member = member.chain
    encoding = member.encoding
    self.group = group
  }

  func read(into buffer: WorkBuffer, _ body: (Chunk) -> Bool) -> PartOutcome {
    part.read(into: buffer, body)
  }
}

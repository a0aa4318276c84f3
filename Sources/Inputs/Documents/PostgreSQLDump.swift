import Core
import Native

/// A dump that `pg_dump` wrote in its own formats, through `pg_restore`, which writes it as SQL.
struct PostgreSQLDump: DocumentKind {
  static let magic = Array("PGDMP".utf8)

  func recognises(_ head: [UInt8], name: Substring) -> Bool {
    head.starts(with: PostgreSQLDump.magic)
  }

  /// Whether a tar is one that `pg_dump` wrote: its table of contents comes first.
  static func isTar(_ head: [UInt8]) -> Bool {
    head.starts(with: "toc.dat\0".utf8) && head.count > 512 + magic.count
      && head[512...].starts(with: magic)
  }

  /// Whether a tar has the mark of its end: without it `pg_restore` looks for the rest for ever.
  static func isWhole(_ stream: ByteStream) -> Bool {
    guard let size = stream.seekableBytes, let copy = stream.secondReader(), size > 1024 else {
      return false
    }
    let end = copy.bytes(size - 1024..<size)
    return end.count == 1024 && end.allSatisfy { $0 == 0 }
  }

  /// Whether what stands behind the magic says that the rows are in files beside it: such a table of
  /// contents calls itself a part of a tar (`_CloseArchive` of pg_backup_directory.c).
  @Sendable static func isDirectory(_ rest: ArraySlice<UInt8>) -> Bool {
    // Behind three bytes of the version and the sizes of two types.
    let format = rest.dropFirst(5).first
    return format == 3 || format == 5
  }

  func open(_ member: ContainerMember, head: [UInt8], _ walk: ContainerWalk) -> any ContainerLevel {
    PostgreSQLDumpLevel(member, walk)
  }
}

/// The SQL of one dump.
final class PostgreSQLDumpLevel: ContainerLevel {
  private let member: ContainerMember
  private let output: HelperStream?
  private var isGiven = false

  /// Of a database that is worth a dump in this format.
  private static let secondsMax = 6 * 3600
  /// At the end of a damaged tar it may look for the rest for ever.
  private static let silentSecondsMax = 60

  init(_ member: ContainerMember, _ walk: ContainerWalk) {
    self.member = member
    var helper = HelperStream.Helper(
      program: "pg_restore", arguments: ["--file=-"], package: "postgresql-client")
    helper.bounds.seconds = PostgreSQLDumpLevel.secondsMax
    helper.bounds.silentSeconds = PostgreSQLDumpLevel.silentSecondsMax
    let limits = walk.budget.limits
    helper.bounds.outputBytes = limits.expandedBytes
    let ratio = max(1, limits.ratio)
    if let bytes = member.stream.seekableBytes, bytes < limits.expandedBytes / ratio {
      helper.bounds.outputBytes = max(Limits.expandedBytesFree, bytes * ratio)
    }
    output = HelperStream.start(helper, on: member, walk)
  }

  func next(_ walk: ContainerWalk) -> ContainerEvent {
    guard let output else { return .end }
    if isGiven {
      while let block = output.nextBlock(), !block.isEmpty { continue }
      finish(output, walk)
      return .end
    }
    isGiven = true
    var inner = member
    inner.stream = output
    let head = inner.peek(walk.sizes.context)
    guard !head.isEmpty else { return .nothing }
    return .part(MemberPart(inner, head: head, in: walk, isText: true))
  }

  private func finish(_ output: HelperStream, _ walk: ContainerWalk) {
    switch output.end {
    case .exited(0), nil: break
    case .timedOut, .tooLong, .signalled:
      walk.tell(
        member, .overLimit, "pg_restore was stopped by a bound on its time, memory or output.")
    case .exited:
      walk.tell(
        member, .corrupt,
        "pg_restore cannot read it to its end: it is damaged, or of a newer PostgreSQL.")
    }
  }
}

import Core
import Native

/// What a program of the system makes of a member: it is fed the member as a file, its output is the
/// stream, within bounds.
final class HelperStream: ByteStream {
  private let child: LimitedChild
  /// How it ended; `nil` while it goes on.
  private(set) var end: LimitedChild.End?
  /// Keeps what the child reads.
  private let memory: MemoryBox?
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 64)

  private final class MemoryBox {
    let file: MemoryFile
    init(_ file: consuming MemoryFile) { self.file = file }
  }

  /// A program, and where it comes from.
  struct Helper {
    var program: String
    var arguments: [String]
    /// Debian's.
    var package: String
    var bounds = LimitedChild.Bounds()
  }

  private init(_ child: LimitedChild, _ memory: MemoryBox?) {
    self.child = child
    self.memory = memory
  }

  deinit {
    buffer.initializeMemory(as: UInt8.self, repeating: 0)
    buffer.deallocate()
  }

  /// Starts the program. Whatever goes wrong is told to `walk`.
  static func start(
    _ helper: Helper, on member: ContainerMember, _ walk: ContainerWalk
  ) -> HelperStream? {
    var stream: HelperStream?
    do throws(SystemError) {
      let input: Descriptor
      var box: MemoryBox?
      if let file = member.stream as? FileStream {
        input = try file.duplicate()
      } else {
        var memory = try MemoryFile()
        let room = walk.budget.scratchLeft
        while let block = member.stream.nextBlock(), !block.isEmpty {
          guard memory.count + block.count <= room else { throw .noMemory }
          try memory.append(block)
        }
        input = try memory.reopened()
        box = MemoryBox(memory)
      }
      stream = HelperStream(
        try LimitedChild(helper.program, helper.arguments, input: input, bounds: helper.bounds),
        box)
    } catch .notFound {
      walk.tell(
        member, .missingHelper,
        "\(helper.program) is not installed. On Debian: apt-get install \(helper.package).")
    } catch .noMemory {
      walk.tell(
        member, .overLimit,
        "It is too large to be read inside another container. Unpack it, then scan it.")
    } catch {
      walk.tell(member, .readError, "\(error.text).")
    }
    if let trouble = member.stream.trouble { walk.tell(member, trouble) }
    return stream
  }

  override func nextBlock() -> UnsafeRawBufferPointer? {
    guard end == nil else { return UnsafeRawBufferPointer(start: nil, count: 0) }
    switch child.read(into: buffer) {
    case .bytes(let count): return UnsafeRawBufferPointer(rebasing: buffer[..<count])
    case .ended(let end):
      self.end = end
      return UnsafeRawBufferPointer(start: nil, count: 0)
    }
  }
}

import Core
import Native

/// What each page of a database's main file is for, found by going through every tree from its root.
///
/// Only what is reached counts as live. Freed pages, pages that nothing leads to, pages with a newer
/// version in the log and the schema's own tree (which no query reads as a table) stay `.unknown`,
/// however much they look like a page of a tree.
struct PageMap: Sendable {
  enum Use: UInt8 {
    /// To be taken as a whole.
    case unknown = 0
    /// A page of a tree: all but its cells is free.
    case tree = 1
    /// Filled with a value that is live.
    case overflow = 2
    /// The last page of a value that is live.
    case overflowEnd = 3
  }

  let format: PageFormat
  /// Two bits a page.
  private var uses: [UInt8]
  /// Page and number of bytes in use of each last page, packed in one word, in order once found.
  private var ends: [UInt64] = []

  fileprivate init(_ format: PageFormat, pageCount: Int) {
    self.format = format
    uses = [UInt8](repeating: 0, count: pageCount / 4 + 1)
  }

  /// - Parameter page: counted from 1.
  func use(of page: Int) -> Use {
    guard page >= 0, page / 4 < uses.count else { return .unknown }
    return Use(rawValue: uses[page / 4] >> UInt8(page % 4 * 2) & 3) ?? .unknown
  }

  /// How many bytes of a value's last page are in use.
  /// - Complexity: O(log *n*) in the number of values with overflow pages.
  func usedBytes(ofOverflowEnd page: Int) -> Int? {
    var low = 0
    var high = ends.count
    while low < high {
      let middle = (low + high) / 2
      if Int(ends[middle] >> 32) < page { low = middle + 1 } else { high = middle }
    }
    guard low < ends.count, Int(ends[low] >> 32) == page else { return nil }
    return Int(ends[low] & 0xFFFF_FFFF)
  }

  fileprivate mutating func set(_ page: UInt32, _ use: Use) {
    let index = Int(page / 4)
    guard index < uses.count else { return }
    let shift = UInt8(page % 4 * 2)
    uses[index] = uses[index] & ~(3 << shift) | use.rawValue << shift
  }

  fileprivate mutating func setEnd(_ page: UInt32, usedBytes: Int) {
    guard ends.count < Limits.overflowEndsMax else { return set(page, .unknown) }
    ends.append(UInt64(page) << 32 | UInt64(usedBytes))
  }

  fileprivate mutating func finish() { ends.sort() }
}

/// Goes through the trees of a database, as its readers see it: the log's pages before the file's.
struct TreeWalk {
  /// Deeper than any tree that fits in a file; SQLite itself stops there.
  private static let depthMax: UInt8 = 20
  private static let pagesPerCheck = 1024

  private let main: OpenFile
  private let log: LogIndex
  private let format: PageFormat
  private let pageCount: UInt32
  private var map: PageMap
  private var page: [UInt8]
  /// Pages to be looked at, with their depth and what kind of tree they are of. A page is marked
  /// before it is put here, so that no page is looked at twice.
  private var waiting: [(page: UInt32, depth: UInt8, isIndex: Bool?)] = []

  /// - Returns: the map, or `nil` when a tree is damaged, the file is larger than the bound, or it
  ///   cannot be read: then every page is to be taken as a whole.
  static func map(main: OpenFile, log: OpenFile?, roots: [Int64]) -> PageMap? {
    do throws(SystemError) {
      guard var walk = try TreeWalk(main: main, log: log) else { return nil }
      return try walk.run(roots)
    } catch {
      // Whoever reads the pages meets the same error, and tells it.
      return nil
    }
  }

  private init?(main: OpenFile, log: OpenFile?) throws(SystemError) {
    var header = [UInt8](repeating: 0, count: PageFormat.headerBytes)
    guard try TreeWalk.fill(&header, from: main, at: 0),
      let format = header.withUnsafeBytes({ PageFormat(header: $0) }),
      let index = try LogIndex(log, format)
    else { return nil }
    let count = max(try main.descriptor.status().size / format.pageBytes, index.pageCount)
    guard count <= Limits.databasePagesMax else { return nil }
    self.main = main
    self.log = index
    self.format = format
    pageCount = UInt32(count)
    map = PageMap(format, pageCount: count)
    page = [UInt8](repeating: 0, count: format.pageBytes)
  }

  private mutating func run(_ roots: [Int64]) throws(SystemError) -> PageMap? {
    var visited = 0
    for root in roots {
      guard let root = UInt32(exactly: root), claim(root, .tree) else { return nil }
      waiting.append((root, 0, nil))
      while let next = waiting.popLast() {
        guard try visit(next.page, next.depth, next.isIndex) else { return nil }
        visited += 1
        if visited % TreeWalk.pagesPerCheck == 0, Interruption.requested != nil { return nil }
      }
    }
    // What the file holds of them is an older version, with rows that may have been deleted since.
    for page in log.pages { map.set(page, .unknown) }
    map.finish()
    return map
  }

  /// Marks a page, unless it cannot be what something leads to.
  private mutating func claim(_ page: UInt32, _ use: PageMap.Use) -> Bool {
    guard page > 1, page <= pageCount, map.use(of: Int(page)) == .unknown else { return false }
    map.set(page, use)
    return true
  }

  private mutating func visit(
    _ number: UInt32, _ depth: UInt8, _ isIndex: Bool?
  ) throws(SystemError) -> Bool {
    guard try read(number) else { return false }
    var chains: [(page: UInt32, bytes: Int)] = []
    let isSound = page.withUnsafeBytes { bytes -> Bool in
      guard let tree = TreePage(bytes, format), isIndex == nil || tree.kind.isIndex == isIndex,
        !tree.kind.isInterior || depth < TreeWalk.depthMax
      else { return false }
      if let child = tree.rightChild {
        guard claim(child, .tree) else { return false }
        waiting.append((child, depth + 1, tree.kind.isIndex))
      }
      for index in 0..<tree.cellCount {
        guard let cell = tree.cell(index) else { return false }
        if let child = cell.child {
          guard claim(child, .tree) else { return false }
          waiting.append((child, depth + 1, tree.kind.isIndex))
        }
        if let overflow = cell.overflow { chains.append(overflow) }
      }
      return true
    }
    guard isSound else { return false }
    for chain in chains {
      guard try follow(chain.page, bytes: chain.bytes) else { return false }
    }
    return true
  }

  /// Marks the pages of a value's chain.
  private mutating func follow(
    _ first: UInt32, bytes: Int
  ) throws(SystemError) -> Bool {
    var next = first
    var rest = bytes
    var pointer = [UInt8](repeating: 0, count: 4)
    while true {
      let isLast = rest <= format.usableBytes - 4
      guard claim(next, isLast ? .overflowEnd : .overflow) else { return false }
      if isLast {
        map.setEnd(next, usedBytes: 4 + rest)
        return true
      }
      rest -= format.usableBytes - 4
      let place = place(of: next)
      guard try TreeWalk.fill(&pointer, from: place.file, at: place.offset) else { return false }
      next = pointer.reduce(0) { $0 << 8 | UInt32($1) }
    }
  }

  private mutating func read(_ number: UInt32) throws(SystemError) -> Bool {
    let place = place(of: number)
    return try TreeWalk.fill(&page, from: place.file, at: place.offset)
  }

  private func place(of number: UInt32) -> (file: OpenFile, offset: Int) {
    if let file = log.file, let offset = log.offset(of: number) { return (file, offset) }
    return (main, (Int(number) - 1) * format.pageBytes)
  }

  /// - Returns: whether the file has that many bytes there.
  fileprivate static func fill(
    _ bytes: inout [UInt8], from file: OpenFile, at offset: Int
  ) throws(SystemError) -> Bool {
    let wanted = bytes.count
    let read: Swift.Result<Int, SystemError> = bytes.withUnsafeMutableBytes { buffer in
      Swift.Result { () throws(SystemError) in
        try file.descriptor.read(into: buffer, at: offset)
      }
    }
    return try read.get() == wanted
  }
}

/// Where a write-ahead log holds the newest version of each page that was committed to it.
///
/// Checksums are not computed. A frame that only they would refuse may hide a page that is live, and
/// then the page's place in the file is taken as a whole, or stand in a tree's way, and then all is.
struct LogIndex {
  let file: OpenFile?
  /// Pages in the database as of the last commit.
  private(set) var pageCount = 0
  private var offsets: [UInt32: Int] = [:]

  var pages: some Sequence<UInt32> { offsets.keys }

  func offset(of page: UInt32) -> Int? { offsets[page] }

  /// - Returns: `nil` when the log is too long, or of another page size than the file.
  init?(_ log: OpenFile?, _ format: PageFormat) throws(SystemError) {
    file = log
    var header = [UInt8](repeating: 0, count: 32)
    // SQLite takes no notice of a log that does not begin with either of its magic numbers.
    guard let log, try TreeWalk.fill(&header, from: log, at: 0),
      LogIndex.number(header, 0) & ~1 == 0x377F_0682
    else { return }
    guard LogIndex.number(header, 8) == UInt32(format.pageBytes) else { return nil }
    let salts = header[16..<24]
    var frame = [UInt8](repeating: 0, count: 24)
    var offset = 32
    // Frames since the last commit.
    var open: [UInt32: Int] = [:]
    for _ in 0..<Limits.logFramesMax {
      guard try TreeWalk.fill(&frame, from: log, at: offset), frame[8..<16] == salts else {
        return
      }
      open[LogIndex.number(frame, 0)] = offset + frame.count
      let size = LogIndex.number(frame, 4)
      if size > 0 {
        pageCount = Int(size)
        offsets.merge(open) { _, new in new }
        open.removeAll(keepingCapacity: true)
      }
      offset += frame.count + format.pageBytes
    }
    return nil
  }

  private static func number(_ bytes: [UInt8], _ offset: Int) -> UInt32 {
    bytes[offset..<(offset + 4)].reduce(0) { $0 << 8 | UInt32($1) }
  }
}

import Core

/// The sizes by which a database lays out its pages (https://sqlite.org/fileformat2.html, 1.3).
struct PageFormat: Sendable, Equatable {
  static let headerBytes = 100

  let pageBytes: Int
  /// What of a page SQLite itself uses; extensions may reserve the rest.
  let usableBytes: Int

  /// - Parameter header: the file's first 100 bytes.
  /// - Returns: `nil` if they make no sense.
  init?(header: UnsafeRawBufferPointer) {
    guard header.count >= PageFormat.headerBytes, header.starts(with: DatabaseContent.magic) else {
      return nil
    }
    let stored = Int(header[16]) << 8 | Int(header[17])
    let bytes = stored == 1 ? 65536 : stored
    let usable = bytes - Int(header[20])
    // Bytes 21 to 23 are the payload fractions, which SQLite insists on.
    guard (512...65536).contains(bytes), bytes & (bytes - 1) == 0, usable >= 480,
      header[21] == 64, header[22] == 32, header[23] == 32
    else { return nil }
    pageBytes = bytes
    usableBytes = usable
  }

  /// How much of a payload lies in its cell; the rest goes to a chain of overflow pages.
  fileprivate func localBytes(ofPayload payload: Int, isTableLeaf: Bool) -> Int {
    let most = isTableLeaf ? usableBytes - 35 : (usableBytes - 12) * 64 / 255 - 23
    if payload <= most { return payload }
    let least = (usableBytes - 12) * 32 / 255 - 23
    let local = least + (payload - least) % (usableBytes - 4)
    return local <= most ? local : least
  }
}

/// One page of a table or an index, any but the first of the file. Nothing in it is trusted.
struct TreePage {
  enum Kind: UInt8 {
    case indexInterior = 2
    case tableInterior = 5
    case indexLeaf = 10
    case tableLeaf = 13

    var isInterior: Bool { self == .indexInterior || self == .tableInterior }
    var isIndex: Bool { self == .indexInterior || self == .indexLeaf }
  }

  /// Where a cell lies and what it leads to.
  struct Cell {
    var range: Range<Int>
    /// The page below, on an interior page.
    var child: UInt32?
    /// The first page with the rest of the payload, and how long the rest is.
    var overflow: (page: UInt32, bytes: Int)?
  }

  /// SQLite's own bound on a value, and so on a row's record.
  private static let payloadBytesMax: UInt64 = 0x7FFF_FFFF

  let kind: Kind
  let cellCount: Int
  private let bytes: UnsafeRawBufferPointer
  private let format: PageFormat
  private let pointersStart: Int
  private let contentStart: Int

  /// - Parameter bytes: a whole page.
  /// - Returns: `nil` if its header cannot be that of a page of a tree.
  init?(_ bytes: UnsafeRawBufferPointer, _ format: PageFormat) {
    guard bytes.count == format.pageBytes, let kind = Kind(rawValue: bytes[0]) else { return nil }
    self.bytes = bytes
    self.format = format
    self.kind = kind
    cellCount = Int(bytes[3]) << 8 | Int(bytes[4])
    pointersStart = kind.isInterior ? 12 : 8
    let content = Int(bytes[5]) << 8 | Int(bytes[6])
    contentStart = content == 0 ? 65536 : content
    guard contentStart <= format.usableBytes, pointersStart + 2 * cellCount <= contentStart else {
      return nil
    }
  }

  /// The page below that holds the largest keys.
  var rightChild: UInt32? { kind.isInterior ? number(at: 8) : nil }

  /// - Returns: `nil` if it does not lie within the part of the page that holds cells.
  func cell(_ index: Int) -> Cell? {
    precondition(index >= 0 && index < cellCount, "a cell of this page")
    let pointer = pointersStart + 2 * index
    let start = Int(bytes[pointer]) << 8 | Int(bytes[pointer + 1])
    guard start >= contentStart, start + 4 <= format.usableBytes else { return nil }
    var position = start
    var cell = Cell(range: start..<start)
    if kind.isInterior {
      cell.child = number(at: position)
      position += 4
    }
    guard let first = varint(&position) else { return nil }
    if kind != .tableInterior {
      guard first <= TreePage.payloadBytesMax else { return nil }
      if kind == .tableLeaf, varint(&position) == nil { return nil }
      let payload = Int(first)
      let local = format.localBytes(ofPayload: payload, isTableLeaf: kind == .tableLeaf)
      position += local
      if local < payload {
        guard position + 4 <= format.usableBytes else { return nil }
        cell.overflow = (number(at: position), payload - local)
        position += 4
      }
    }
    // No cell takes less than a freed block would.
    let end = max(position, start + 4)
    guard end <= format.usableBytes else { return nil }
    cell.range = start..<end
    return cell
  }

  /// Puts the ranges that neither the header, nor a pointer, nor a cell takes into `ranges`, in order:
  /// the gap, freed blocks, fragments, what is reserved.
  /// - Parameter scratch: overwritten; passed in so that nothing is allocated for every page.
  /// - Returns: false if cells lie outside or on each other: the page is to be taken as a whole.
  func findFreeRanges(_ ranges: inout [Range<Int>], _ scratch: inout [Range<Int>]) -> Bool {
    scratch.removeAll(keepingCapacity: true)
    var isDescending = true
    for index in 0..<cellCount {
      guard let cell = cell(index) else { return false }
      if let last = scratch.last, last.lowerBound < cell.range.upperBound { isDescending = false }
      scratch.append(cell.range)
    }
    // Rows that were added in the order of their keys lie from the end to the front.
    if isDescending { scratch.reverse() } else { scratch.sort { $0.lowerBound < $1.lowerBound } }
    ranges.removeAll(keepingCapacity: true)
    var end = pointersStart + 2 * cellCount
    for range in scratch {
      guard range.lowerBound >= end else { return false }
      if range.lowerBound > end { ranges.append(end..<range.lowerBound) }
      end = range.upperBound
    }
    if end < bytes.count { ranges.append(end..<bytes.count) }
    return true
  }

  /// - Parameter offset: with four bytes of the page from there on.
  private func number(at offset: Int) -> UInt32 {
    UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
  }

  /// - Returns: `nil` if it runs out of the page.
  private func varint(_ position: inout Int) -> UInt64? {
    var value: UInt64 = 0
    for length in 1...9 {
      guard position < format.usableBytes else { return nil }
      let byte = bytes[position]
      position += 1
      if length == 9 { return value << 8 | UInt64(byte) }
      value = value << 7 | UInt64(byte & 0x7F)
      if byte < 0x80 { return value }
    }
    return value
  }
}

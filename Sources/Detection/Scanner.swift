import Core
import Rules

/// Finds card data in chunks: one worker's scratch memory and what it found in the current part.
///
/// Not shared between threads. Holds candidates only in memory that is overwritten.
package final class Scanner {
  let detector: Detector
  let tables: HotTables
  /// What the current part holds, in the order found; may hold a place twice (see `finishBatch`).
  package private(set) var hits: [Hit] = []
  /// Classes of the current part.
  package var classes = ClassTable()
  /// The labels of classes that only codes and keys lie in.
  package private(set) var labels: [UInt64: String] = [:]
  /// Newlines in the owned ranges of the current part so far.
  package private(set) var newlines = 0
  /// Where the line after the last newline begins; -1 before the part's first newline.
  package private(set) var lineOffset = -1

  /// Places in records, for the hits that have one.
  package private(set) var places: [RecordPlace] = []
  /// Whether hits are given their place in a record.
  package var tellsPlaces = false

  /// Of a file that is UTF-16 as a whole.
  private(set) var order: UTF16Order?
  var layout = RecordLayout.none
  var header: TableHeader?
  var jsonRows: JSONRows?
  /// The statements of a dump; `nil` when the part is of no dump.
  var rows: SQLRows?
  var columns: [TableHeader.Column] = []
  var column = -1
  var isPages = false
  /// The field of a record in raw pages that is scanned alone: where it begins in the chunk, and the
  /// class of its column.
  var field: (start: Int, key: UInt64)?
  var record = SQLiteRecord()
  /// Where the records of the chunk have their fields, in order.
  var rowRanges: [Range<Int>] = []
  /// See `Chunk`.
  var isRounded = false
  /// Nothing is told or counted (see `warmUp`).
  private(set) var isDry = false
  let scratch: UnsafeMutablePointer<UInt8>

  private var chunkBytes = Bytes(base: Scanner.nothing, count: 0)
  private(set) var chunkOffset = 0
  private var cursor = 0
  private var chunkLineOffset = -1
  private var chunkOwnedStart = 0
  /// Where the bytes of the views being scanned are from, outermost first.
  private var maps: [View.Map] = []
  private let outermost = Span()
  /// For views, by depth.
  private var spans: [Span] = []
  /// Bit i: column i is named for a code; the last bit stands for all from 63 on.
  private var codeColumns: UInt64 = 0

  /// What is encoded is told up to so far behind the first byte of a number.
  static let lookAheadBytes = 192
  /// Longer than any number or track with its separators.
  private static let warmUpBytes = 512
  static let scratchBytes = 64
  private static let labelsMax = 4096
  nonisolated(unsafe) private static let nothing = UnsafePointer(
    UnsafeMutablePointer<UInt8>.allocate(capacity: 1))

  package init(_ detector: Detector) {
    self.detector = detector
    tables = detector.tables
    scratch = .allocate(capacity: Scanner.scratchBytes)
    scratch.initialize(repeating: 0, count: Scanner.scratchBytes)
  }

  deinit {
    scratch.update(repeating: 0, count: Scanner.scratchBytes)
    scratch.deallocate()
  }

  // MARK: - Parts

  /// Starts a part.
  ///
  /// - Parameters:
  ///   - head: the first bytes of the file the part belongs to.
  ///   - columns: the names of the table's columns, for `Chunk.Field.column`.
  ///   - startsFile: whether the part's first byte is the file's.
  package func beginPart(head: [UInt8], columns names: [String], startsFile: Bool) {
    hits.removeAll(keepingCapacity: true)
    classes.removeAll()
    labels.removeAll()
    newlines = 0
    lineOffset = startsFile ? 0 : -1
    places.removeAll()
    order = names.isEmpty ? UTF16Order(head: head) : nil
    let head = order?.decoded(head: head) ?? head
    rows = head.isEmpty || !names.isEmpty ? nil : SQLRows(head: head)
    header = head.isEmpty || rows != nil ? nil : TableHeader(head: head, reader: detector.reader)
    jsonRows =
      names.isEmpty && rows == nil && header == nil
      ? JSONRows(head: head, reader: detector.reader) : nil
    layout = .none
    if tellsPlaces, !head.isEmpty, names.isEmpty, rows == nil {
      layout = RecordLayout(
        head: head, header: header, startsFile: startsFile, isWide: order != nil)
    }
    columns = TableHeader.Column.settled(
      names.map {
        TableHeader.column(Array($0.utf8), detector.reader)
          ?? TableHeader.Column(name: $0, hash: 0, meanings: [])
      })
    codeColumns = 0
    for (index, column) in columns.enumerated() where column.isCode {
      codeColumns |= 1 << UInt64(min(index, 63))
    }
  }

  /// Puts the hits since the last `clearHits` in order, each place and rule once.
  package func finishBatch() {
    hits.sort { a, b in
      if a.row != b.row { return a.row < b.row }
      if a.column != b.column { return a.column < b.column }
      if a.offset != b.offset { return a.offset < b.offset }
      return (a.rule.rawValue, b.score, a.encodings.rawValue, b.place)
        < (b.rule.rawValue, a.score, b.encodings.rawValue, a.place)
    }
    var kept: [Hit] = []
    kept.reserveCapacity(hits.count)
    for hit in hits {
      if let last = kept.last, last.row == hit.row, last.column == hit.column {
        // The same place by the same rule, or a number inside a track that was told already.
        if last.offset == hit.offset, last.rule == hit.rule { continue }
        // A number whose track was only read behind an encoding.
        if last.offset == hit.offset, last.rule == .pan, hit.rule == .track2 {
          kept[kept.count - 1] = hit
          continue
        }
        if hit.rule == .pan, hit.offset < last.endOffset,
          last.rule == .pan || last.rule == .track1 || last.rule == .track2
        {
          // A guess at where a number in a raw page begins makes way for one that a record tells.
          if last.score < 50, hit.score >= 50, last.evidence.contains(.residue) {
            kept[kept.count - 1] = hit
          }
          continue
        }
      }
      kept.append(hit)
    }
    hits = kept
  }

  /// Lets the hits go, once they are taken.
  package func clearHits() {
    hits.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
  }

  /// Lets those hits since `index` go that are told already.
  package func dropHits(from index: Int, where isTold: (Hit) -> Bool) {
    let kept = hits[index...].filter { !isTold($0) }
    hits.replaceSubrange(index..., with: kept)
  }

  /// Sets the row of every hit found since `index`.
  package func setRow(_ row: Int32, from index: Int) {
    for i in index..<hits.count { hits[i].row = row }
  }

  /// Lets no hit found since `index` score more.
  func limitScores(to most: Int16, from index: Int) {
    for i in index..<hits.count { hits[i].score = min(hits[i].score, most) }
  }

  // MARK: - Chunks

  /// Finds what begins in the chunk's owned range.
  package func scan(_ chunk: Chunk) {
    guard let memory = chunk.bytes.baseAddress else { return }
    let base = memory.assumingMemoryBound(to: UInt8.self)
    column = -1
    isPages = false
    isRounded = chunk.isRounded
    var isCode = false
    switch chunk.field {
    case .none: break
    case .pages: isPages = true
    case .column(let index):
      column = index
      isCode = codeColumns & (1 << UInt64(min(index, 63))) != 0
      if chunk.bytes.count < 7, !isCode { return }
    }
    chunkBytes = Bytes(base: base, count: chunk.bytes.count)
    chunkOffset = chunk.byteOffset
    cursor = chunk.owned.lowerBound
    if column >= 0 {
      newlines = 0
      lineOffset = 0
    }
    chunkLineOffset = lineOffset
    chunkOwnedStart = cursor
    let known = hits.count
    var frame = Frame(
      bytes: chunkBytes, owned: chunk.owned, resume: 0, chainEnd: 0, depth: 0, encodings: [])
    if isPages {
      scanRows(chunk, frame)
    } else if column < 0 {
      if let order { scanText(frame, order, known: known) } else { scanRecords(&frame) }
    }
    scan(&frame)
    if isCode { scanWholeValue() }
    if column < 0 {
      if !isPages, order == nil { tellPlaces(from: known, frame) }
      advance(to: chunk.owned.upperBound)
    }
  }

  /// Memory for one span of the kernels, one for each depth of views.
  private final class Span {
    let events = UnsafeMutablePointer<UInt32>.allocate(capacity: eventSpanMax + 256)
    let masks = SpanMasks()
    /// For `GroupChain`.
    let groups = UnsafeMutablePointer<GroupChain.Group>.allocate(capacity: GroupChain.countMax)

    deinit {
      groups.deallocate()
      events.deallocate()
      masks.free()
    }
  }

  /// Bytes under scan: a chunk, or a decoded view of a part of it.
  struct Frame {
    let bytes: Bytes
    let owned: Range<Int>
    /// Candidates that begin before this are part of something already told.
    var resume: Int
    /// Groups before this were tried.
    var chainEnd: Int
    let depth: Int
    let encodings: Encodings
    /// Where rows of dumps lie, seen among the groups of digits of this span.
    var dump: CodedRegion?
  }

  /// A view may be scanned while groups around it are looked at.
  func groups(at depth: Int) -> UnsafeMutablePointer<GroupChain.Group> {
    depth == 0 ? outermost.groups : spans[depth - 1].groups
  }

  func scan(_ frame: inout Frame) {
    let bytes = frame.bytes
    let events: UnsafeMutablePointer<UInt32>
    let masks: SpanMasks
    if frame.depth == 0 {
      events = outermost.events
      masks = outermost.masks
    } else {
      while spans.count < frame.depth { spans.append(Span()) }
      events = spans[frame.depth - 1].events
      masks = spans[frame.depth - 1].masks
    }
    var low = frame.owned.lowerBound
    if low > 0, !isDry { warmUp(&frame, masks, events) }
    while low < frame.owned.upperBound {
      let high = min(frame.owned.upperBound, low + eventSpanMax - 64 - Scanner.lookAheadBytes)
      let from = max(0, low - 64)
      let to = min(bytes.count, high + Scanner.lookAheadBytes)
      let traits = masks.fill(bytes.base, from: from, to: to, tables.support)
      let isOdd = traits.contains(.odd)
      let count = findNumberEvents(
        masks, count: to - from, offset: from, closes: to == bytes.count,
        anywhere: header != nil || jsonRows?.hasCodes == true,
        into: events, tables.support)
      for i in 0..<count {
        let at = Int(events[i] &>> 2)
        switch events[i] & 3 {
        case 0: longRun(&frame, at: at, within: low..<high)
        case 1: link(&frame, at: at, within: low..<high)
        default: shortRun(&frame, at: at, within: low..<high)
        }
      }
      if traits.contains(.literals) { literals(&frame, masks, spanStart: from, end: to) }
      if frame.depth < Limits.encodingDepth {
        let coded = findCodedEvents(
          masks, of: bytes.base + from, count: to - from, offset: from, into: events,
          tables.support)
        if coded > 0 || frame.dump != nil {
          scanCoded(
            &frame, UnsafeBufferPointer(start: events, count: coded), within: low..<high)
        }
        if isOdd { scanViews(&frame, within: low..<high, masks, spanStart: from) }
      }
      if isOdd && frame.depth == 0 || frame.encodings.last.holdsBytes {
        scanBinary(&frame, within: low..<high)
      }
      if frame.depth == 0, column < 0 { advance(over: low..<high, masks, spanStart: from) }
      low = high
    }
  }

  /// Reads the bytes before the owned range without telling what is in them, so that a number that
  /// reaches into the range is known: the rest of it is no number of its own. What is found then does
  /// not depend on where the range begins.
  private func warmUp(
    _ frame: inout Frame, _ masks: SpanMasks, _ events: UnsafeMutablePointer<UInt32>
  ) {
    let window = max(0, frame.owned.lowerBound - Scanner.warmUpBytes)..<frame.owned.lowerBound
    let bytes = frame.bytes
    let from = max(0, window.lowerBound - 64)
    let to = min(bytes.count, window.upperBound + 64)
    _ = masks.fill(bytes.base, from: from, to: to, tables.support)
    let count = findNumberEvents(
      masks, count: to - from, offset: from, closes: to == bytes.count, anywhere: false,
      into: events, tables.support)
    isDry = true
    for i in 0..<count {
      let at = Int(events[i] &>> 2)
      switch events[i] & 3 {
      case 0: longRun(&frame, at: at, within: window)
      case 1: link(&frame, at: at, within: window)
      default: break
      }
    }
    isDry = false
  }

  /// Scans a decoded view; what it finds is told at its place in the outer bytes.
  ///
  /// - Parameters:
  ///   - before: goes first, and may find things too.
  ///   - after: goes last; the hits' places can be told in the view's bytes then.
  func scan(
    _ view: borrowing View, owned: Range<Int>, in frame: borrowing Frame,
    before: (inout Frame) -> Void = { _ in }, after: (Frame) -> Void = { _ in }
  ) {
    guard frame.depth < Limits.encodingDepth, !owned.isEmpty else { return }
    maps.append(view.places)
    var inner = Frame(
      bytes: view.bytes, owned: owned, resume: 0, chainEnd: 0, depth: frame.depth + 1,
      encodings: frame.encodings.appending(view.encoding))
    before(&inner)
    scan(&inner)
    after(inner)
    maps.removeLast()
  }

  /// Gives the hit a place in a record.
  func setPlace(_ place: RecordPlace, of index: Int) {
    if places.last != place { places.append(place) }
    hits[index].place = Int32(places.count - 1)
  }

  /// Where a hit lies in the frame that is scanned.
  func place(of index: Int) -> Int {
    let offset = hits[index].offset - chunkOffset
    return maps.last?.index(of: offset) ?? offset
  }

  /// Where a place of the chunk lies in the file; views and fields count from their own start.
  func offsetInFile(_ offset: Int) -> Int {
    maps.isEmpty && field == nil ? chunkOffset + offset : offset
  }

  /// Whether the frame holds the file's own text, whose records `header` and `rows` know.
  func isText(_ frame: borrowing Frame) -> Bool {
    let (depth, encodings) = (frame.depth, frame.encodings)
    guard let order else { return depth == 0 }
    return depth == 1 && encodings == order.encoding
  }

  /// Whether the frame's first byte is the file's.
  func startsLine(_ frame: borrowing Frame) -> Bool {
    chunkOffset == 0 && maps.allSatisfy { $0.start(0) <= 2 }
  }

  /// Where a place of the frame being scanned lies in the chunk.
  func offsetInChunk(_ offset: Int) -> Int { maps.reversed().reduce(offset) { $1.start($0) } }

  /// The whole chunk as a frame, for checks of a column's whole value.
  func wholeFrame() -> Frame {
    Frame(
      bytes: chunkBytes, owned: 0..<chunkBytes.count, resume: 0, chainEnd: 0, depth: 0,
      encodings: [])
  }

  // MARK: - Hits

  /// Keeps a hit at `range` of the frame's bytes.
  func emit(_ frame: borrowing Frame, _ range: Range<Int>, _ hit: Hit) {
    guard !isDry else { return }
    if hit.rule == .pan, isInRow(frame, range) { return }
    var low = range.lowerBound
    var end = range.upperBound
    if let map = maps.last, !isDecoded(frame, range, map) { return }
    for map in maps.reversed() {
      low = map.start(low)
      end = map.end(end)
    }
    if let field {
      low += field.start
      end += field.start
    }
    advance(to: low)
    var hit = hit
    hit.offset = chunkOffset + low
    hit.endOffset = chunkOffset + end
    hit.line = newlines
    hit.lineOffset = lineOffset
    if column < 0 {
      hit.innerLines = Int32(
        countNewlines(
          chunkBytes.base, from: low, to: max(low, min(end, chunkBytes.count)), tables.support))
    }
    hit.encodings = frame.encodings
    hit.column = Int32(column)
    if isPages { hit.evidence.insert(.residue) }
    hits.append(hit)
  }

  /// Whether the view made any of the place, where the frame around it tells the others.
  private func isDecoded(
    _ frame: borrowing Frame, _ range: Range<Int>, _ map: View.Map
  ) -> Bool {
    switch frame.encodings.last {
    case .fullWidth, .unicodeDigits:
      for at in range where isDigit(frame.bytes[at]) {
        if at + 1 >= frame.bytes.count || map.start(at + 1) - map.start(at) > 1 { return true }
      }
      return false
    default: return true
    }
  }

  /// Remembers the name of a class, so that a hit can be told with it.
  func remember(_ key: UInt64, _ label: () -> String) {
    if !isDry, labels[key] == nil, labels.count < Scanner.labelsMax { labels[key] = label() }
  }

  /// Counts the newlines of a window by its masks, if it is of whole words.
  private func advance(over window: Range<Int>, _ masks: SpanMasks, spanStart: Int) {
    guard (window.lowerBound - spanStart) % 64 == 0, window.count % 64 == 0 else { return }
    guard cursor == window.lowerBound else { return advance(to: window.upperBound) }
    let first = (window.lowerBound - spanStart) / 64
    let words = first..<first + window.count / 64
    var count = 0
    for word in words { count &+= masks.lines[word].nonzeroBitCount }
    cursor = window.upperBound
    guard count > 0 else { return }
    newlines += count
    let last = words.last { masks.lines[$0] != 0 }!
    let at = spanStart + last * 64 + 64 - masks.lines[last].leadingZeroBitCount
    lineOffset = lineStart(at, before: window.upperBound)
  }

  /// Counts newlines up to `offset`; going back recounts the bytes between.
  private func advance(to offset: Int) {
    if offset < cursor {
      newlines -= countNewlines(chunkBytes.base, from: offset, to: cursor, tables.support)
      var at = offset
      while at > chunkOwnedStart, chunkBytes.base[at - 1] != 0x0A { at -= 1 }
      lineOffset = at > chunkOwnedStart ? lineStart(at, before: offset) : chunkLineOffset
      cursor = offset
      return
    }
    let count = countNewlines(chunkBytes.base, from: cursor, to: offset, tables.support)
    if count > 0 {
      newlines += count
      var at = offset
      while chunkBytes.base[at - 1] != 0x0A { at -= 1 }
      lineOffset = lineStart(at, before: offset)
    }
    cursor = offset
  }

  /// Where the line begins in the file whose newline ends at `at`: in little-endian UTF-16 behind the
  /// second byte of it.
  private func lineStart(_ at: Int, before offset: Int) -> Int {
    chunkOffset + at + (order == .little && at < offset && chunkBytes[at] == 0 ? 1 : 0)
  }
}

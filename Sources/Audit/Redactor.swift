import Core
import Detection
import Native
import Rules

/// Masks what a scan would find in bytes that pass by, line by line.
///
/// Of a number its last four digits stay, of codes, tracks, PIN blocks and keys nothing. What is put in
/// has the same length, and no scan finds it.
package final class Redactor {
  /// What was masked, by kind.
  package private(set) var counts: [Finding.Kind: Int] = [:]
  /// Where, at most `placesMax`.
  package private(set) var places: [Place] = []

  /// One place that was masked.
  package struct Place: Sendable, Equatable {
    package var kind: Finding.Kind
    /// 1-based.
    package var line: Int
    /// 0-based, in the bytes as they were.
    package var byteOffset: Int
  }

  package static let placesMax = 10_000
  /// A line longer than this is let go in pieces.
  private static let lineBytesMax = 64 << 10

  private let scanner: Scanner
  private let maker: FindingMaker
  private let known: ClassTable?
  /// Context that went out already, then what waits for the end of its line, then room.
  private var memory: UnsafeMutableRawBufferPointer
  private var count = 0
  private var contextCount = 0
  private var offset = 0
  private var hasBegun = false
  private var isJSON = false
  private var lastEnd = 0
  /// A block with its masks, before it goes out.
  private var masked: [UInt8] = []
  /// Different numbers of a class that were masked: they are not there for who reads the output.
  private var removed: [UInt64: Set<UInt64>] = [:]

  /// - Parameters:
  ///   - options: thresholds; how test numbers are treated.
  ///   - classes: what a first pass over the same bytes counted; without, numbers are judged by those
  ///     that passed before.
  package init(
    _ detector: Detector, options: ScanOptions = ScanOptions(), classes: ClassTable? = nil
  ) {
    scanner = Scanner(detector)
    maker = FindingMaker(detector: detector, catalogue: [], options: options)
    known = classes
    memory = .allocate(
      byteCount: Limits.contextBytes + Redactor.lineBytesMax + Limits.blockBytes, alignment: 64)
  }

  deinit { Redactor.free(memory) }

  private static func free(_ memory: UnsafeMutableRawBufferPointer) {
    memory.initializeMemory(as: UInt8.self, repeating: 0)
    memory.deallocate()
  }

  /// Numbers counted so far, for a second pass.
  package var classes: ClassTable { scanner.classes }

  /// Where the next bytes are to be put, before `took` is called.
  /// - Parameter bytes: how many at least.
  package func room(for bytes: Int) -> UnsafeMutableRawBufferPointer {
    if memory.count - count < bytes {
      let larger = UnsafeMutableRawBufferPointer.allocate(
        byteCount: count + bytes, alignment: 64)
      larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: memory[..<count]))
      Redactor.free(memory)
      memory = larger
    }
    return UnsafeMutableRawBufferPointer(rebasing: memory[count...])
  }

  /// Takes the next bytes and hands out what is ready: whole lines, or everything at the end.
  package func take(
    _ input: UnsafeRawBufferPointer, isLast: Bool,
    _ emit: (UnsafeRawBufferPointer) throws(WriteFailure) -> Void
  ) throws(WriteFailure) {
    room(for: input.count).copyMemory(from: input)
    try took(input.count, isLast: isLast, emit)
  }

  /// As `take`, for bytes that were put into `room`.
  package func took(
    _ added: Int, isLast: Bool, _ emit: (UnsafeRawBufferPointer) throws(WriteFailure) -> Void
  ) throws(WriteFailure) {
    // A line that is still open was looked through already.
    let searched = count
    count += added
    var ready = count
    if !isLast {
      let new = UnsafeRawBufferPointer(rebasing: memory[searched..<count])
      if let newline = lastOffset(of: 0x0A, in: new) {
        ready = searched + newline + 1
      } else if count - contextCount > Redactor.lineBytesMax {
        ready = count - Limits.contextBytes
      } else {
        return
      }
    }
    guard ready > contextCount else { return }
    begin()
    let hits = scan(contextCount..<ready, isLast: isLast)
    try write(
      UnsafeRawBufferPointer(rebasing: memory[..<count]), contextCount..<ready, hits, emit)
    // A hit may reach past the last byte that was ready; the rest of it goes out masked as well.
    let sent = max(ready, min(count, lastEnd - offset))
    let kept = max(0, sent - Limits.contextBytes)
    offset += kept
    count -= kept
    memory.baseAddress!.copyMemory(from: memory.baseAddress! + kept, byteCount: count)
    contextCount = sent - kept
  }

  /// The file's head is known with its first lines.
  private func begin() {
    guard !hasBegun else { return }
    hasBegun = true
    let head = memory[..<count].prefix(Limits.contextBytes)
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let first = head.dropFirst(head.starts(with: mark) ? 3 : 0).first { !MaskedPlace.isBlank($0) }
    isJSON = first == 0x7B || first == 0x5B
    scanner.beginPart(head: Array(head), columns: [], startsFile: true)
  }

  private func scan(_ owned: Range<Int>, isLast: Bool) -> [Hit] {
    scanner.scan(
      Chunk(
        bytes: UnsafeRawBufferPointer(rebasing: memory[..<count]), owned: owned,
        byteOffset: offset, startsFile: offset == 0, endsFile: isLast))
    scanner.finishBatch()
    defer { scanner.clearHits() }
    guard !scanner.hits.isEmpty else { return [] }
    var chosen = Array(repeating: false, count: scanner.hits.count)
    // What is masked is no longer there to speak for the rest of its class, so each round may choose
    // more; every round but the last chooses at least one.
    var hasChanged = true
    while hasChanged {
      hasChanged = false
      for (index, hit) in scanner.hits.enumerated() where !chosen[index] && isToMask(hit) {
        chosen[index] = true
        if hit.rule == .pan, (removed[hit.classKey]?.count ?? 0) < ClassTable.numbersMax,
          removed[hit.classKey, default: []].insert(hit.digest).inserted
        {
          hasChanged = true
        }
      }
    }
    return zip(scanner.hits, chosen).compactMap { $1 ? $0 : nil }
  }

  private func isToMask(_ hit: Hit) -> Bool {
    if maker.options.testNumbers == .ignore, hit.evidence.contains(.testNumber) { return false }
    // As a scan of what comes in judges it, and as one of what goes out will.
    return isTold(hit, without: 0) || isTold(hit, without: removed[hit.classKey]?.count ?? 0)
  }

  private func isTold(_ hit: Hit, without removed: Int) -> Bool {
    var hit = hit
    _ = maker.judge(&hit, in: known ?? scanner.classes, without: removed)
    return Confidence(score: Int(hit.score)) >= maker.options.minConfidence
  }

  private func write(
    _ all: UnsafeRawBufferPointer, _ range: Range<Int>, _ hits: [Hit],
    _ emit: (UnsafeRawBufferPointer) throws(WriteFailure) -> Void
  ) throws(WriteFailure) {
    guard !hits.isEmpty else { return try emit(UnsafeRawBufferPointer(rebasing: all[range])) }
    var at = range.lowerBound
    masked.removeAll(keepingCapacity: true)
    for hit in hits {
      let low = max(at, hit.offset - offset)
      let high = min(all.count, MaskedPlace.end(all, hit.endOffset - offset, hit))
      guard low < high else { continue }
      masked.append(contentsOf: UnsafeRawBufferPointer(rebasing: all[at..<low]))
      let place = MaskedPlace(all, low..<high, isJSON: isJSON)
      masked.append(contentsOf: place.masked(hit))
      at = high
      lastEnd = high + offset
      note(hit)
    }
    if at < range.upperBound {
      masked.append(contentsOf: UnsafeRawBufferPointer(rebasing: all[at..<range.upperBound]))
    }
    try masked.withUnsafeBufferPointer { block throws(WriteFailure) in
      try emit(UnsafeRawBufferPointer(block))
    }
  }

  private func note(_ hit: Hit) {
    counts[hit.rule.kind, default: 0] += 1
    if places.count < Redactor.placesMax {
      places.append(
        Place(kind: hit.rule.kind, line: hit.line + 1, byteOffset: hit.offset))
    }
  }
}

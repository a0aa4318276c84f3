import Core

/// Text behind an encoding of ASCII: finds where, and scans decoded copies.
///
/// A number is found when something tells its encoding between `reachAfter` bytes before its first byte
/// and `reachBefore` bytes behind it, so that what is found does not depend on where a window begins.
extension Scanner {
  private static let reachBefore = 160
  private static let reachAfter = 40

  func scanCoded(
    _ frame: inout Frame, _ events: UnsafeBufferPointer<UInt32>, within window: Range<Int>
  ) {
    let bytes = frame.bytes
    var regions = CodedRegions()
    for event in events {
      let at = Int(event >> 2)
      guard let (kind, phase) = CodedKind.read(bytes, event: event & 3, at: at, tables) else {
        continue
      }
      let low = max(window.lowerBound, at - Scanner.reachBefore)
      let high = min(window.upperBound, at + Scanner.reachAfter)
      guard low < high else { continue }
      // A number whose sign this is may begin before the window, and not in it.
      if let done = regions.add(kind, phase: phase, anchor: at, low..<high, bytes) {
        decode(&frame, done)
      }
    }
    while let done = regions.next() { decode(&frame, done) }
    decodeDump(&frame, within: window)
  }

  private func decode(_ frame: inout Frame, _ region: CodedRegion) {
    switch region.kind {
    case .base64: scanBase64(frame, region)
    case .hex: scanHex(frame, region)
    case .hexDump: scanHexDump(frame, region)
    case .percent, .entities, .escapes, .quotedPrintable, .ansiCodes: scanEscapes(frame, region)
    case .decimalBytes: scanByteValues(frame, region, .decimalBytes)
    case .octalBytes: scanByteValues(frame, region, .octalBytes)
    case .binaryBytes: scanByteValues(frame, region, .binaryBytes)
    case .characters: scanByteValues(frame, region, .characters)
    case .octalWords: scanByteValues(frame, region, .octalWords)
    case .decimalWords: scanByteValues(frame, region, .decimalWords)
    case .decimalLongs: scanByteValues(frame, region, .decimalLongs)
    case .hexWords: scanByteValues(frame, region, .hexWords)
    case .hexLongs: scanByteValues(frame, region, .hexLongs)
    }
  }

  /// Notes that groups of digits at `place` are in a row of a dump.
  func noteDump(
    _ frame: inout Frame, _ kind: CodedKind, at place: Int, within window: Range<Int>
  ) {
    guard frame.depth < Limits.encodingDepth else { return }
    var range = max(0, place - Scanner.reachBefore)..<place + Scanner.reachAfter
    if let known = frame.dump, known.kind == kind, range.lowerBound <= known.range.upperBound {
      range =
        min(
          known.range.lowerBound, range.lowerBound)..<max(
          known.range.upperBound, range.upperBound)
    } else {
      decodeDump(&frame, within: window)
    }
    frame.dump = CodedRegion(kind: kind, anchor: place, range: range)
  }

  private func decodeDump(_ frame: inout Frame, within window: Range<Int>) {
    guard var dump = frame.dump else { return }
    frame.dump = nil
    dump.range = dump.range.clamped(to: window)
    if !dump.range.isEmpty { decode(&frame, dump) }
  }
}

/// An encoding whose places are told by `CodedEvent`.
enum CodedKind: Int, CaseIterable {
  case base64, hex, hexDump, percent, entities, escapes, quotedPrintable, ansiCodes
  case decimalBytes, octalBytes, binaryBytes, characters
  case octalWords, decimalWords, decimalLongs, hexWords, hexLongs

  /// Encoded bytes that are decoded on each side for context: enough for names and words, which lie
  /// within 256 decoded bytes.
  var contextBytes: Int {
    switch self {
    case .base64: 512
    case .hex: 768
    case .hexDump: 1280
    case .percent: 896
    case .entities: 1536
    case .escapes: 1920
    case .quotedPrintable: 512
    case .ansiCodes: 640
    case .decimalBytes, .octalBytes, .characters: 1536
    case .octalWords, .decimalWords, .decimalLongs, .hexWords, .hexLongs: 1536
    case .binaryBytes: 3072
    }
  }

  var encoding: Encodings {
    switch self {
    case .base64: .base64
    case .hex: .hex
    case .hexDump: .hexDump
    case .percent: .percent
    case .entities: .entities
    case .escapes: .jsonEscapes
    case .quotedPrintable: .quotedPrintable
    case .ansiCodes: .ansiCodes
    case .hexWords, .hexLongs: .hexDump
    case .decimalBytes, .octalBytes, .binaryBytes, .characters, .octalWords, .decimalWords,
      .decimalLongs:
      .byteValues
    }
  }

  /// What an event stands for, at a closer look.
  static func read(
    _ bytes: Bytes, event: UInt32, at: Int, _ tables: HotTables
  ) -> (kind: CodedKind, phase: Int)? {
    switch event {
    case CodedEvent.group.rawValue:
      if isLetter(bytes[at]) {
        Base64.isText(bytes, at) ? (.base64, 4) : nil
      } else {
        HexText.isText(bytes, at) ? (.hex, 2) : nil
      }
    case CodedEvent.cells.rawValue:
      (ByteForm.read(bytes, at) ?? (HexText.isSpaced(bytes, at) ? .hexDump : nil)).map { ($0, 1) }
    default: TextEscapes.read(bytes, at, tables).map { ($0, 1) }
    }
  }
}

/// A part of the bytes that is encoded in one way.
struct CodedRegion {
  var kind: CodedKind
  /// A place where a group of the encoding begins.
  var anchor: Int
  var range: Range<Int>
}

/// The regions of a window that may still grow: one for each phase of each kind.
struct CodedRegions {
  /// Four phases of base64, two of hex, one of each other.
  private var open: (CodedRegion?, CodedRegion?, CodedRegion?, CodedRegion?)
  private var hex: (CodedRegion?, CodedRegion?)
  private var others: [CodedRegion] = []

  /// - Parameter phase: bytes of a group, so that only regions whose groups agree are joined.
  /// - Returns: a region that does not reach as far and can be decoded.
  mutating func add(
    _ kind: CodedKind, phase: Int, anchor: Int, _ range: Range<Int>, _ bytes: Bytes
  ) -> CodedRegion? {
    let new = CodedRegion(kind: kind, anchor: anchor, range: range)
    switch kind {
    case .base64:
      if join(&open.0, new, bytes) || join(&open.1, new, bytes) || join(&open.2, new, bytes)
        || join(&open.3, new, bytes)
      {
        return nil
      }
      // The one that has not grown for longest makes room.
      let done = open.3
      open = (new, open.0, open.1, open.2)
      return done
    case .hex:
      if join(&hex.0, new, bytes) || join(&hex.1, new, bytes) { return nil }
      let done = hex.1
      hex = (new, hex.0)
      return done
    default:
      for i in others.indices where others[i].kind == kind {
        if range.lowerBound <= others[i].range.upperBound {
          others[i].range =
            min(
              others[i].range.lowerBound, range.lowerBound)..<max(
              others[i].range.upperBound, range.upperBound)
          return nil
        }
        let done = others[i]
        others[i] = new
        return done
      }
      others.append(new)
      return nil
    }
  }

  /// Takes a region, until none is left.
  mutating func next() -> CodedRegion? {
    if let one = open.0 ?? open.1 ?? open.2 ?? open.3 {
      if open.0 != nil {
        open.0 = nil
      } else if open.1 != nil {
        open.1 = nil
      } else if open.2 != nil {
        open.2 = nil
      } else {
        open.3 = nil
      }
      return one
    }
    if let one = hex.0 ?? hex.1 {
      if hex.0 != nil { hex.0 = nil } else { hex.1 = nil }
      return one
    }
    return others.popLast()
  }

  /// Lets a region grow by another whose groups begin where its own do.
  private func join(_ old: inout CodedRegion?, _ new: CodedRegion, _ bytes: Bytes) -> Bool {
    guard let known = old, new.range.lowerBound <= known.range.upperBound else { return false }
    let isSame =
      new.kind == .base64
      ? Base64.isInPhase(bytes, known.anchor, new.anchor)
      : HexText.isInPhase(bytes, known.anchor, new.anchor)
    guard isSame else { return false }
    old = CodedRegion(
      kind: known.kind, anchor: new.anchor,
      range: min(
        known.range.lowerBound, new.range.lowerBound)..<max(
          known.range.upperBound, new.range.upperBound))
    return true
  }
}

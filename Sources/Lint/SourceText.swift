/// A source file taken apart: tokens, with their brackets, and the text folded for comparing.
package struct SourceText {
  /// What a token is.
  enum Kind: UInt8 { case word, number, string, punctuation }

  struct Token {
    var kind: Kind
    /// Without the quotes of a string.
    var start: Int32
    var count: Int32
    var foldedStart: Int32
    var foldedCount: Int32
    /// 0-based.
    var line: Int32
    /// The other bracket; -1 for other tokens and brackets without one.
    var partner: Int32 = -1
    /// The opening bracket around it; -1 outside of any.
    var parent: Int32 = -1
  }

  private(set) var tokens: [Token] = []
  private(set) var folded: [UInt8] = []
  let bytes: [UInt8]
  let language: Language

  init(_ bytes: [UInt8], _ language: Language) {
    self.bytes = bytes
    self.language = language
    tokens.reserveCapacity(bytes.count / 5)
    folded.reserveCapacity(bytes.count)
    bytes.withUnsafeBufferPointer { buffer in
      var tokenizer = Tokenizer(bytes: buffer, syntax: language.syntax)
      tokenizer.run { add($0, $1, $2, line: $3, buffer) }
    }
    pairBrackets()
  }

  private mutating func add(
    _ kind: Kind, _ start: Int, _ end: Int, line: Int, _ buffer: UnsafeBufferPointer<UInt8>
  ) {
    let foldedStart = folded.count
    if kind == .word || kind == .string {
      for index in start..<end {
        let byte = buffer[index]
        switch byte {
        case 0x5F, 0x2D, 0x24, 0x40: continue
        case 0x41...0x5A: folded.append(byte | 0x20)
        default: folded.append(byte)
        }
      }
    } else {
      folded.append(contentsOf: buffer[start..<end])
    }
    tokens.append(
      Token(
        kind: kind, start: Int32(start), count: Int32(end - start),
        foldedStart: Int32(foldedStart), foldedCount: Int32(folded.count - foldedStart),
        line: Int32(line)))
  }

  private mutating func pairBrackets() {
    var open: [Int] = []
    for index in tokens.indices {
      guard tokens[index].kind == .punctuation, tokens[index].count == 1 else {
        tokens[index].parent = Int32(open.last ?? -1)
        continue
      }
      switch mark(index) {
      case UInt8(ascii: "("), UInt8(ascii: "["), UInt8(ascii: "{"):
        tokens[index].parent = Int32(open.last ?? -1)
        open.append(index)
      case UInt8(ascii: ")"): close(index, UInt8(ascii: "("), &open)
      case UInt8(ascii: "]"): close(index, UInt8(ascii: "["), &open)
      case UInt8(ascii: "}"): close(index, UInt8(ascii: "{"), &open)
      default: tokens[index].parent = Int32(open.last ?? -1)
      }
    }
  }

  /// A bracket that fits none of those that are open is left alone; those opened since are dropped.
  private mutating func close(_ index: Int, _ opening: UInt8, _ open: inout [Int]) {
    if let depth = open.suffix(64).lastIndex(where: { mark($0) == opening }) {
      let partner = open[depth]
      open.removeSubrange(depth...)
      tokens[partner].partner = Int32(index)
      tokens[index].partner = Int32(partner)
    }
    tokens[index].parent = Int32(open.last ?? -1)
  }

  /// A token's first byte.
  func mark(_ index: Int) -> UInt8 { bytes[Int(tokens[index].start)] }

  func isMark(_ index: Int, _ mark: Unicode.Scalar) -> Bool {
    tokens.indices.contains(index) && tokens[index].kind == .punctuation
      && tokens[index].count == 1 && self.mark(index) == UInt8(ascii: mark)
  }

  func folded(_ index: Int) -> String {
    let token = tokens[index]
    let start = Int(token.foldedStart)
    return String(decoding: folded[start..<start + Int(token.foldedCount)], as: UTF8.self)
  }
}

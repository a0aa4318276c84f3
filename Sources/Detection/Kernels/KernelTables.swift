/// What the kernels ask of bytes, as tables, for processors that look up 64 bytes at once.
///
/// Some go by the lower six bits of a byte: what shares an entry with it is taken for it, so that they say
/// yes too often, and never no to what they are asked for.
///
/// Bare memory: whoever made it calls `free`.
struct KernelTables: @unchecked Sendable {
  // Unchecked because pointers are not Sendable; nothing writes after `init`.

  /// Bits of `kinds`.
  enum Kind {
    static let digit: UInt8 = 0x80
    static let letter: UInt8 = 1
    /// May not stand directly before a value.
    static let closes: UInt8 = 2
    static let percent: UInt8 = 4
    static let nul: UInt8 = 8
    static let newline: UInt8 = 16
  }

  /// Three bytes that encodings are made of.
  enum Form {
    /// The first three of four base64 letters that stand for bytes below 0x80: the bits that would be
    /// set in others are clear.
    static let quad: UInt8 = 1
    /// Two hex digits of printable ASCII and the first of two more.
    static let pair: UInt8 = 2
    /// Two hex digits and a space, a colon or a comma.
    static let spaced: UInt8 = 4
    /// Two hex digits of printable ASCII and a dash; with any two nearly every date would be five of them.
    static let dashed: UInt8 = 8
    /// `%2` or `%3` and a digit, `%3a` and `%3d`, `&#`, `\u` or `\x`, `ESC [`, `=` at a line's end, `=2` or
    /// `=3` and one of `0ADE`, a percent form behind a digit, and `0x`.
    static let mark: UInt8 = 0xF0
  }

  let kinds: UnsafeMutablePointer<UInt8>
  let first: UnsafeMutablePointer<UInt8>
  let second: UnsafeMutablePointer<UInt8>
  let third: UnsafeMutablePointer<UInt8>
  let starts: UnsafeMutablePointer<UInt8>
  let ends: UnsafeMutablePointer<UInt8>
  let firstForm: UnsafeMutablePointer<UInt8>
  let secondForm: UnsafeMutablePointer<UInt8>
  let thirdForm: UnsafeMutablePointer<UInt8>

  /// - Parameter codeEndings: how labels for a code end; those beyond ASCII need no entry.
  init(codeEndings: [NameEnding]) {
    let memory = UnsafeMutablePointer<UInt8>.allocate(capacity: 14 * 64)
    memory.initialize(repeating: 0, count: 14 * 64)
    (kinds, starts, ends) = (memory, memory + 2 * 64, memory + 4 * 64)
    (firstForm, secondForm, thirdForm) = (memory + 6 * 64, memory + 8 * 64, memory + 10 * 64)
    (first, second, third) = (memory + 11 * 64, memory + 12 * 64, memory + 13 * 64)
    for byte in 0..<UInt8(128) {
      var kind: UInt8 = isDigit(byte) ? Kind.digit : isLetter(byte) ? Kind.letter : 0
      if !mayOpenValue(byte) { kind |= Kind.closes }
      if byte == 0x25 { kind |= Kind.percent }
      if byte == 0 { kind |= Kind.nul }
      if byte == 0x0A { kind |= Kind.newline }
      kinds[Int(byte)] = kind
    }
    let endings = [first, second, third].map { Table($0, isHalf: true) }
    // Literals: k_, hse, ecr, and pin in any case.
    mark(1, "k", "_", nil, in: endings)
    mark(2, "h", "s", "e", in: endings)
    mark(4, "e", "c", "r", in: endings)
    mark(8, "Pp", "Ii", "Nn", in: endings)
    // What may stand before a value without being the end of a label: a tag's end, the length in
    // serialised PHP (`:3:`, `;i:`), and the words value, some, is, was, es, ist, est, quot.
    mark(16, nil, nil, ">", in: endings)
    mark(32, ":;", nil, ":", in: endings)
    mark(64, nil, "uUmM", "eE", in: endings)
    mark(128, nil, "iIaAeEsSoO", "sStT", in: endings)
    for ending in codeEndings where ending.first | ending.second | ending.third < 0x80 {
      let (x, y, z) = (ending.first, ending.second, ending.third)
      let bit: UInt8 = 1 << (y & 7)
      starts[Int(y & 31) / 8 * 32 + Int(x & 31)] |= bit
      ends[Int(y & 31) / 8 * 32 + Int(z & 31)] |= bit
    }
    markForms()
  }

  func free() { kinds.deallocate() }

  /// Which forms these three bytes are; bits of `Form`.
  func forms(_ a: UInt8, _ b: UInt8, _ c: UInt8) -> UInt8 {
    guard a | b | c < 0x80 else { return 0 }
    return firstForm[Int(a)] & secondForm[Int(b)] & thirdForm[Int(c & 63)]
  }

  /// The same of byte `at` of `count`, with what stands for the bytes behind the last.
  func forms(_ bytes: UnsafePointer<UInt8>, _ at: Int, count: Int) -> UInt8 {
    forms(
      bytes[at], at + 1 < count ? bytes[at + 1] : 0, at + 2 < count ? bytes[at + 2] : 0x20)
  }

  private func markForms() {
    let hex = "0123456789ABCDEFabcdef"
    let digits = "0123456789"
    let letters = Base64.alphabet
    func sextets(without bit: Int) -> String {
      String(decoding: letters.indices.filter { $0 & bit == 0 }.map { letters[$0] }, as: UTF8.self)
    }
    let forms = [Table(firstForm), Table(secondForm), Table(thirdForm, isHalf: true)]
    mark(
      Form.quad, sextets(without: 0x20), sextets(without: 0x08), sextets(without: 0x02), in: forms)
    mark(Form.pair, "234567", hex, "234567", in: forms)
    mark(Form.spaced, hex, hex, " :,", in: forms)
    mark(Form.dashed, "234567", hex, "-", in: forms)
    mark(0x10, "%", "23", digits + "ad", in: forms)
    // Together in one bit, for want of more: `&#5`, `&#x`, `2%2` or `2%E`, and `0x3`.
    mark(0x20, "&" + digits, "#%x", hex + "xX", in: forms)
    mark(0x40, "\u{1B}=\\", "[\r\nux", hex + "m\n", in: forms)
    mark(0x80, "=", "23", "0ADE", in: forms)
  }

  /// Whether a label for a code may end with these three bytes: the plain form, which says yes too
  /// often and never no to one that does.
  func mayEndLabel(_ a: UInt8, _ b: UInt8, _ c: UInt8) -> Bool {
    if a | b | c >= 0x80 { return true }
    let (x, y, z) = (Int(a), Int(b), Int(c))
    if first[x & 63] & second[y & 63] & third[z & 63] & 0xF0 != 0 { return true }
    let column = y % 32 / 8 * 32
    return starts[column + x % 32] & ends[column + z % 32] & 1 &<< UInt8(y & 7) != 0
  }

  private struct Table {
    let bytes: UnsafeMutablePointer<UInt8>
    /// 63 where it goes by the lower six bits.
    let mask: Int

    init(_ bytes: UnsafeMutablePointer<UInt8>, isHalf: Bool = false) {
      self.bytes = bytes
      mask = isHalf ? 63 : 127
    }
  }

  /// Gives a bit to three sets of bytes; `nil` is any byte.
  private func mark(_ bit: UInt8, _ sets: String?..., in tables: [Table]) {
    for (table, set) in zip(tables, sets) {
      for byte in set.map({ Array($0.utf8) }) ?? Array(0..<128) {
        table.bytes[Int(byte) & table.mask] |= bit
      }
    }
  }
}

/// No letter but the A and D that end a percent form, no underscore, none of `,-./`.
func mayOpenValue(_ c: UInt8) -> Bool {
  c == 0x41 || c == 0x44
    || !(isLetter(c) || c == 0x5F || (0x2C...0x2F).contains(c))
}

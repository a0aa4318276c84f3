import Rules

/// Tables that are asked for every few bytes, as bare memory: reaching them through arrays in structs
/// in classes costs a retain and a release each time, which took a fifth of the run (measured).
///
/// Immutable once made, so sharing it between threads is safe.
final class HotTables: @unchecked Sendable {
  // Unchecked because pointers are not Sendable; nothing writes after `init`.

  /// 256 flags: bytes that may stand directly before a code.
  let opens: UnsafePointer<Bool>
  /// For every byte, the first of the separators between groups that begin with it; as many as there
  /// are separators for bytes that begin none.
  let separatorStarts: UnsafePointer<UInt8>
  /// By first byte, then longest first.
  let separators: UnsafeBufferPointer<Separator>
  /// In the order they are tried.
  let groupings: UnsafeBufferPointer<CompiledShapes.Grouping>
  /// For the first two digits of a number: bit n says that numbers of n digits may begin so.
  let lengthsByPrefix: UnsafePointer<UInt32>
  /// Hashes of the last three folded bytes of labels for codes and pieces, 65,536 bits.
  private let codeEndings: UnsafePointer<UInt64>
  let labelWords: LabelWords
  let support: KernelSupport

  init(brands: BrandTable, lexicon: Lexicon, shapes: CompiledShapes) {
    opens = HotTables.flags(
      Array("\"'= :<>(\t[`;*\\D20A|#,\n\r".utf8) + Array(0x80...0xFF))
    let ordered = HotTables.separators(shapes)
    let starts = (0..<256).map { (byte: Int) -> UInt8 in
      UInt8(clamping: ordered.firstIndex { Int($0.first) == byte } ?? ordered.count)
    }
    separatorStarts = HotTables.copy(starts)
    separators = UnsafeBufferPointer(start: HotTables.copy(ordered), count: ordered.count)
    groupings = UnsafeBufferPointer(
      start: HotTables.copy(shapes.groupings), count: shapes.groupings.count)
    lengthsByPrefix = HotTables.copy(brands.lengthsByPrefix)
    var bits = [UInt64](repeating: 0, count: 1024)
    // `{"key":"cvv","val":737}`, `cvv: u32 = 737`, `{"cvv":{"S":"737"}}`, `{"cvv":{"$numberLong":"737"}}`
    // and `cvv_field`; a longer `value` is known to the kernels. Then `string(3) "737"`,
    // `[cvv:protected]` and `[cvv:Card:private]`.
    let between = [
      "val", "int", "u16", "u32", "u64", "i16", "i32", "i64", "t16", "t32", "t64", "str", "ing",
      "any", "ber", "{\"s", "{\"n", " \"s", " \"n", "ong", "eld", "nbr", "(3)", "(4)", "ed]", "te]",
    ]
    let endings =
      lexicon.codeEndings + Pieces.endings + FormPart.endings
      + between.map { NameEnding($0.utf8) }
    for ending in endings {
      let index = HotTables.hash(ending.first, ending.second, ending.third)
      bits[index >> 6] |= 1 << UInt64(index & 63)
    }
    codeEndings = HotTables.copy(bits)
    labelWords = LabelWords(lexicon)
    support = KernelSupport(tables: KernelTables(codeEndings: endings))
  }

  deinit {
    opens.deallocate()
    separatorStarts.deallocate()
    separators.deallocate()
    groupings.deallocate()
    lengthsByPrefix.deallocate()
    codeEndings.deallocate()
    labelWords.free()
    support.tables.free()
  }

  /// A separator between groups, its text in a word.
  struct Separator {
    /// The first byte lowest.
    var text: UInt64
    var length: Int
    var points: Int

    var first: UInt8 { UInt8(truncatingIfNeeded: text) }
  }

  /// The separator that stands at `offset` and is followed by a digit; its index, or -1.
  @inline(__always)
  func separator(_ bytes: Bytes, at offset: Int) -> Int {
    let first = bytes[offset]
    var index = Int(separatorStarts[Int(first)])
    while index < separators.count, separators[index].first == first {
      let separator = separators[index]
      if isDigit(bytes[offset + separator.length]) {
        var i = 1
        var rest = separator.text &>> 8
        while i < separator.length, bytes[offset + i] == UInt8(truncatingIfNeeded: rest) {
          i += 1
          rest &>>= 8
        }
        if i == separator.length { return index }
      }
      index += 1
    }
    return -1
  }

  /// Texts of more than eight bytes are no separators (the rule files are checked for it).
  private static func separators(_ shapes: CompiledShapes) -> [Separator] {
    shapes.separators.map { separator in
      let text = separator.text.reversed().reduce(0) { $0 << 8 | UInt64($1) }
      return Separator(text: text, length: separator.text.count, points: separator.points)
    }
    .sorted { ($0.first, -$0.length, $0.text) < ($1.first, -$1.length, $1.text) }
  }

  /// Whether a label that ends with these three bytes in lower case may name a code or a piece of a
  /// number. Beyond ASCII all may: letters there are folded to others, or fold away.
  @inline(__always)
  func mayEndCodeLabel(_ a: UInt8, _ b: UInt8, _ c: UInt8) -> Bool {
    if a | b | c >= 0x80 { return true }
    let index = HotTables.hash(a, b, c)
    return codeEndings[index &>> 6] & (1 &<< UInt64(index & 63)) != 0
  }

  /// Whether a card number of `count` digits may begin with these two.
  @inline(__always)
  func mayBeNumber(_ digits: UnsafePointer<UInt8>, count: Int) -> Bool {
    let two = Int(digits[0] &- 0x30) &* 10 &+ Int(digits[1] &- 0x30)
    return lengthsByPrefix[two] & (1 &<< UInt32(count)) != 0
  }

  @inline(__always)
  private static func hash(_ a: UInt8, _ b: UInt8, _ c: UInt8) -> Int {
    let word = UInt32(a) &<< 16 | UInt32(b) &<< 8 | UInt32(c)
    return Int((word &* 0x9E37_79B1) &>> 16)
  }

  private static func flags(_ bytes: [UInt8]) -> UnsafePointer<Bool> {
    var flags = [Bool](repeating: false, count: 256)
    for byte in bytes { flags[Int(byte)] = true }
    return copy(flags)
  }

  private static func copy<T>(_ array: [T]) -> UnsafePointer<T> {
    let memory = UnsafeMutablePointer<T>.allocate(capacity: array.count)
    memory.initialize(from: array, count: array.count)
    return UnsafePointer(memory)
  }
}

/// Tables that are asked for every few bytes, as bare memory: reaching them through arrays in structs
/// in classes costs a retain and a release each time, which took a fifth of the run (measured).
///
/// Immutable once made, so sharing it between threads is safe.
final class HotTables: @unchecked Sendable {
  // Unchecked because pointers are not Sendable; nothing writes after `init`.

  /// 256 flags: bytes that may stand directly before a code.
  let opens: UnsafePointer<Bool>
  /// 256 flags: bytes a separator between groups may begin with.
  let separators: UnsafePointer<Bool>
  /// For the first two digits of a number: bit n says that numbers of n digits may begin so.
  let lengthsByPrefix: UnsafePointer<UInt32>
  /// Hashes of the last three folded bytes of labels for codes, 65,536 bits.
  private let codeEndings: UnsafePointer<UInt64>
  let support = KernelSupport()

  init(brands: BrandTable, lexicon: Lexicon, shapes: CompiledShapes) {
    opens = HotTables.flags(
      Array("\"'= :>(\t[`;*\\D20A|#,\n\r".utf8) + Array(0x80...0xFF))
    separators = HotTables.flags(shapes.separators.map { $0.text[0] })
    lengthsByPrefix = HotTables.copy(brands.lengthsByPrefix)
    var bits = [UInt64](repeating: 0, count: 1024)
    for ending in lexicon.codeEndings {
      let index = HotTables.hash(ending.0, ending.1, ending.2)
      bits[index >> 6] |= 1 << UInt64(index & 63)
    }
    codeEndings = HotTables.copy(bits)
  }

  deinit {
    opens.deallocate()
    separators.deallocate()
    lengthsByPrefix.deallocate()
    codeEndings.deallocate()
  }

  /// Whether a label that ends with these three folded bytes may name a code.
  @inline(__always)
  func mayEndCodeLabel(_ a: UInt8, _ b: UInt8, _ c: UInt8) -> Bool {
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

/// The demo's source of chance: the same seed gives the same shop on every machine.
///
/// SplitMix64 (Steele, Lea and Flood, 2014). Every file draws from a stream of its own, so that a
/// line added to one does not change the others.
struct DemoRandom {
  private var state: UInt64

  init(seed: UInt64, stream: UInt64) {
    state = seed &+ stream &* 0xD1B5_4A32_D192_ED03
  }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A number from zero to `bound - 1`.
  mutating func below(_ bound: Int) -> Int {
    Int(truncatingIfNeeded: next() % UInt64(bound))
  }

  mutating func within(_ range: ClosedRange<Int>) -> Int {
    range.lowerBound + below(range.count)
  }

  mutating func pick<Element>(_ choices: [Element]) -> Element {
    choices[below(choices.count)]
  }

  /// True once in `count` times, on average.
  mutating func once(in count: Int) -> Bool { below(count) == 0 }

  mutating func digits(_ count: Int) -> String { characters(count, of: Alphabet.decimal) }

  mutating func hex(_ count: Int) -> String { characters(count, of: Alphabet.hexadecimal) }

  /// Letters of both cases and digits, as ids and keys are made of.
  mutating func token(_ count: Int) -> String { characters(count, of: Alphabet.alphanumeric) }

  mutating func uuid() -> String {
    "\(hex(8))-\(hex(4))-4\(hex(3))-\(pick(["8", "9", "a", "b"]))\(hex(3))-\(hex(12))"
  }

  private mutating func characters(_ count: Int, of alphabet: [UInt8]) -> String {
    String(unsafeUninitializedCapacity: count) { buffer in
      for index in 0..<count { buffer[index] = alphabet[below(alphabet.count)] }
      return count
    }
  }

  private enum Alphabet {
    static let decimal = Array("0123456789".utf8)
    static let hexadecimal = Array("0123456789abcdef".utf8)
    static let alphanumeric = Array(
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
  }
}

import TestSupport
import Testing

@testable import Detection

/// What is remembered of a column's values.
@Suite struct ValueMemoTests {
  private func hash(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    guard let base = bytes.baseAddress else { return 0 }
    return valueHash(base.assumingMemoryBound(to: UInt8.self), count: bytes.count)
  }

  @Test(arguments: [1, 5, 300, 20_000])
  func `a value is known by what was last remembered with it, or not at all`(columns: Int) {
    var memo = ValueMemo()
    memo.begin(columns: columns)
    var random = SplitMix(seed: 5)
    var truth: [[UInt8]: UInt8] = [:]
    var known = 0
    for _ in 0..<20_000 {
      let column = Int.random(in: 0..<columns, using: &random)
      let count = Int.random(in: 1...70, using: &random)
      let text = [UInt8](repeating: UInt8.random(in: 97...99, using: &random), count: count)
      let key = text + [0] + Array(String(column).utf8)
      text.withUnsafeBytes { bytes in
        let number = memo.number(of: bytes, hash: hash(bytes), column: column)
        if number > 0 {
          known += 1
          #expect(truth[key] == number)
        }
        let next = UInt8.random(in: 1...40, using: &random)
        if truth[key] == nil {
          memo.remember(next, of: bytes, hash: hash(bytes), column: column)
          truth[key] = next
        }
      }
    }
    #expect(known > (columns > 300 ? 0 : 1_000))
  }

  @Test func `values of one hash are told apart`() {
    var memo = ValueMemo()
    memo.begin(columns: 1)
    let values = ["refund", "refunf", "refun", "leave at the door", "leave at the doom"]
    for value in values {
      Array(value.utf8).withUnsafeBytes { memo.remember(7, of: $0, hash: 1, column: 0) }
      for other in values {
        let number = Array(other.utf8).withUnsafeBytes {
          memo.number(of: $0, hash: 1, column: 0)
        }
        #expect((number == 7) == (other == value))
      }
    }
    memo.begin(columns: 1)
    let gone = Array("leave at the doom".utf8).withUnsafeBytes {
      memo.number(of: $0, hash: 1, column: 0)
    }
    #expect(gone == 0)
  }
}

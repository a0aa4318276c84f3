import Core
import TestSupport
import Testing

@testable import Audit

/// Ids that stand more than once, among few and among more than are kept.
@Suite struct IDSampleTests {
  @Test func `few ids are counted to the last one, column by column`() {
    var sample = IDSample()
    for hash in [5, 6, 5, 5, 7] as [UInt64] { sample.insert(hash, column: 1) }
    for hash in [5, 8] as [UInt64] { sample.insert(hash, column: 2) }
    #expect(sample.duplicates(inColumn: 1) == 2 && sample.duplicates(inColumn: 2) == 0)
    #expect(sample.duplicates(inColumn: 3) == 0 && sample.comparedOneIn == 1)
  }

  @Test func `of more ids than are kept none is told that stands once`() {
    var random = SplitMix(seed: 31)
    var sample = IDSample(entriesMax: 256)
    for _ in 0..<20_000 { sample.insert(random.next(), column: 0) }
    #expect(sample.comparedOneIn >= 64 && sample.duplicates(inColumn: 0) == 0)
  }

  @Test func `of more ids than are kept the share that repeats is told`() {
    var random = SplitMix(seed: 32)
    let hashes = (0..<20_000).map { _ in random.next() }
    var sample = IDSample(entriesMax: 2_048)
    for hash in hashes { sample.insert(hash, column: 0) }
    for hash in hashes.prefix(10_000) { sample.insert(hash, column: 0) }
    #expect(sample.comparedOneIn == 16)
    #expect((8_000...12_000).contains(sample.duplicates(inColumn: 0)))
  }

  @Test(arguments: [1, 3, 7, 64])
  func `parts merge into what the whole gives, in any order`(_ count: Int) {
    var random = SplitMix(seed: 33)
    let values = (0..<9_000).map { _ in (random.next() % 6_000) &* 0x9E37_79B9_7F4A_7C15 }
    func sample(_ values: [UInt64]) -> IDSample {
      var sample = IDSample(entriesMax: 512)
      for (index, value) in values.enumerated() { sample.insert(value, column: index % 2) }
      return sample
    }
    // An even number a part, so that each value keeps its column.
    let size = (values.count / count / 2 + 1) * 2
    let parts = stride(from: 0, to: values.count, by: size).map {
      sample(Array(values[$0..<min(values.count, $0 + size)]))
    }
    let whole = sample(values)
    for order in [parts, parts.reversed(), parts.shuffled(using: &random)] {
      var merged = IDSample(entriesMax: 512)
      for part in order { merged.merge(part) }
      #expect(merged.comparedOneIn == whole.comparedOneIn)
      for column in 0...1 {
        #expect(merged.duplicates(inColumn: column) == whole.duplicates(inColumn: column))
      }
      merged.settle()
      #expect(merged.duplicates(inColumn: 1) == whole.duplicates(inColumn: 1))
    }
  }
}

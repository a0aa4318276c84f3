import Core
import Testing

@testable import Detection

/// What records in raw pages hold, whatever stands before it.
@Suite struct RecordTests {
  @Test(arguments: [
    "4111111111111111", "4111 1111 1111 1111", "4111111111111111 ok", "4111-1111-1111-1111 x",
    "4111 1111 1111 1111 11/29", "4111111111111111, and a text that is much longer than that",
  ])
  func `a text is found whatever its length makes of the byte before it`(text: String) {
    let length = 13 + 2 * text.utf8.count
    let type = length < 128 ? [UInt8(length)] : [UInt8(0x80 | length >> 7), UInt8(length & 0x7F)]
    let header = [UInt8(2 + type.count), 0] + type
    let size = UInt8(header.count + text.utf8.count)
    let whole = [size, 0x81, 0x31] + header + Array(text.utf8)
    let freed = [0, 0, 0, size + 3, 0] + type + Array(text.utf8)
    for record in [whole, freed] {
      let hits = scan(pages: [0x33, 0x38] + record + [size, 0x81, 0x30])
      #expect(
        hits.map(\.rule) == [.pan], "\(record == whole) \(hits.map { ($0.offset, $0.score) })")
      #expect(hits.allSatisfy { $0.score >= 50 && $0.encodings.names.isEmpty })
    }
  }

  @Test func `an integer counts where its record is whole, and is weak elsewhere`() {
    let value = withUnsafeBytes(of: Int64(4_539_526_018_159_083).bigEndian) { Array($0) }
    // Two columns: the key that is the row's number, and the integer.
    let record = [3, 0, 6] + value
    let whole = scan(pages: [0xFF, UInt8(record.count), 0x31] + record + [0xFF])
    #expect(whole.map(\.rule) == [.pan])
    #expect(whole.allSatisfy { $0.score >= 50 })
    let loose = scan(pages: [0xFF, 0x7E, 0x31] + record + [0xFF])
    #expect(loose.map(\.rule) == [.pan])
    #expect(loose.allSatisfy { $0.score < 50 })
  }

  private func scan(pages bytes: [UInt8]) -> [Hit] {
    let scanner = Detection.Scanner(detector)
    scanner.beginPart(head: [], columns: [], startsFile: true)
    bytes.withUnsafeBytes { scanner.scan(Chunk(bytes: $0, owned: 0..<$0.count, field: .pages)) }
    scanner.finishBatch()
    return scanner.hits
  }
}

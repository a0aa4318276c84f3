import Core
import Detection
import Rules
import Testing

/// Values that fill a column which is named for what may not be kept.
@Suite struct ColumnCodeTests {
  @Test(arguments: [
    ("pin_block", "A1B2C3D4E5F60718", "pin-block"), ("cvv", "737", "cvv"),
    ("card_pin", "4711", "pin-block"),
  ])
  func `a column's name tells what its values are`(name: String, value: String, rule: String) {
    #expect(rules(in: value, column: name) == [rule])
  }

  @Test(arguments: [
    ("session", "A1B2C3D4E5F60718"), ("cvv", "A1B2C3D4E5F60718"), ("cvv_result", "200"),
  ])
  func `other columns and other values are left alone`(name: String, value: String) {
    #expect(rules(in: value, column: name).isEmpty)
  }

  private func rules(in value: String, column: String) -> [String] {
    let scanner = Detection.Scanner(detector)
    scanner.beginPart(head: [], columns: [column], startsFile: true)
    Array(value.utf8).withUnsafeBytes {
      scanner.scan(Chunk(bytes: $0, owned: 0..<$0.count, field: .column(0)))
    }
    scanner.finishBatch()
    return scanner.hits.map(\.rule.name)
  }
}

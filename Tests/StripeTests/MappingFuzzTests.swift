import FoundationEssentials
import Native
import Rules
import Stripe
import TestSupport
import Testing

@Suite struct MappingFuzzTests {
  @Test func `any bytes are read or refused, and what is read is in order`() throws {
    let rows = (0..<4).map {
      Mapping.row(oldCustomer: "c\($0)", customer: "cus_abc12300\($0)", method: "pm_22222222\($0)")
    }
    let corpus =
      Sample.all.map { Array($0.text.utf8) }
      + [Array(([Mapping.header] + rows).joined(separator: "\r\n").utf8)]
    let options = MappingOptions(
      ids: StripeIds(try RuleSet.load().stripeIDs), month: .init(year: 2026, month: 4))
    let path = FileManager.default.temporaryDirectory.appending(
      path: "unpan-mapping-fuzz-\(UUID().uuidString)"
    ).path
    defer { #expect(throws: Never.self) { try FileManager.default.removeItem(atPath: path) } }
    let wrong = Fuzz("mapping", corpus: corpus).run(1000) { bytes, _ in
      do {
        try Data(bytes).write(to: URL(filePath: path))
        let database = try Database.makeScratch()
        let table = try MappingFile.load(path, options, into: database)
        if table.byteCount != bytes.count { return "not all was read" }
        return try contradictions(database) == 0 ? nil : "two rows contradict each other"
      } catch let error as MappingError {
        return error.problemCount > 0 && error.isOfTheFile ? nil : "\(error)"
      } catch {
        return "\(error)"
      }
    }
    #expect(wrong == nil)
  }

  /// The promise of `MappingTable`, asked in another way.
  private func contradictions(_ database: borrowing Database) throws -> Int {
    let statement = try database.prepare(
      """
      SELECT (SELECT count(*) FROM mapping a JOIN mapping b ON a.id < b.id AND (
        a.old_customer = b.old_customer AND a.customer <> b.customer
        OR a.customer = b.customer AND a.old_customer <> b.old_customer
        OR a.payment_method = b.payment_method
        OR a.old_customer = b.old_customer AND a.old_card = b.old_card))
      """)
    #expect(statement.step() == .row)
    return Int(statement.currentRow.integer(0))
  }
}

import Core
import Foundation
import Native
import Rules
import Stripe
import Testing

@testable import CLI

@Suite struct MappingWordsTests {
  private func error(_ text: String) throws -> MappingError {
    let url = FileManager.default.temporaryDirectory.appending(path: "unpan-\(UUID().uuidString)")
    try Data(text.utf8).write(to: url)
    defer { #expect(throws: Never.self) { try FileManager.default.removeItem(at: url) } }
    let database = try Database.makeScratch()
    let options = MappingOptions(
      ids: StripeIds(try RuleSet.load().stripeIDs), month: .init(year: 2026, month: 4))
    do throws(MappingError) {
      _ = try MappingFile.load(url.path, options, into: database)
    } catch {
      var error = error
      error.path = "mapping.csv"
      return error
    }
    throw CancellationError()
  }

  @Test func `every problem is told with its place, and no digits of a number`() throws {
    let error = try error(
      """
      customer_id_old,source_id_old,customer_id_new,source_id_new
      cus_abc123def456,card_4444444444,cus_abc123def456,4242424242424242
      cus_abc123def456,card_4444444444,nobody,pm_4444444444
      """)
    #expect(
      Diagnostics.lines(error) == [
        "unpan: mapping.csv, line 2, source_id_new: holds a card number",
        "unpan: mapping.csv, line 3, customer_id_new: is no id of a Stripe customer",
        "  a mapping holds ids only; where legacy ids are long numbers: longNumericKeys: true",
        "  nothing was changed",
      ])
    let first = Diagnostics.runError(error)
    #expect(first.code == .failure)
    #expect(first.subject == "mapping.csv, line 2, source_id_new")
    #expect(first.message == "holds a card number (and 1 more problem)")
  }

  @Test func `a number in the header is masked`() throws {
    let error = try error("4242424242424242,4242424242424242\n")
    #expect(!Diagnostics.lines(error).joined().contains("42424242"))
  }

  @Test func `a warning names its line`() {
    #expect(
      Diagnostics.line(MappingWarning(line: 3, kind: .expired), "m.csv")
        == "m.csv, line 3: the card has expired")
  }
}

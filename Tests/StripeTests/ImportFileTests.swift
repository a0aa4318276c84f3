import Rules
import Stripe
import Testing

@Suite struct ImportFileTests {
  private let ids: StripeIds

  init() throws { ids = StripeIds(try RuleSet.load().stripeIDs) }

  private func written(
    _ columns: [ImportFile.Column], _ values: [String]
  ) throws -> String {
    let file = try #require(ImportFile(columns, ids: ids))
    var bytes: [UInt8] = []
    file.appendHeader(to: &bytes)
    try file.appendRow(values.map { Array($0.utf8) }, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test func `values are quoted, a number loses its separators, nothing stays nothing`() throws {
    let columns: [ImportFile.Column] = [.name, .number, .expMonth, .expYear, .oldCustomer, .line1]
    let text = try written(
      columns, ["Ann \"A\", é", "4242 4242-42424242", "9", "2030", "c,1", ""])
    #expect(
      text == """
        "name","card_number","card_exp_month","card_exp_year","old_customer_id","line1"
        "Ann ""A"", é","4242424242424242","9","2030","c,1",

        """)
  }

  @Test func `no column can hold a verification code`() {
    for column in ImportFile.Column.allCases {
      for word in ["cvv", "cvc", "cvn", "cid", "code", "security"] {
        #expect(!column.rawValue.contains(word))
      }
    }
  }

  @Test func `a file without a required column, or with one twice, cannot be made`() {
    #expect(ImportFile([.oldCustomer, .number, .expMonth], ids: ids) == nil)
    #expect(ImportFile(ImportFile.Column.required + [.number], ids: ids) == nil)
    #expect(ImportFile(ImportFile.Column.allCases, ids: ids) != nil)
  }

  @Test(
    arguments: [
      (["", "4242424242424242", "9", "2030", ""], .oldCustomer, .missing),
      (["a", "4242424242424241", "9", "2030", ""], .number, .notACardNumber),
      (["a", "42424242", "9", "2030", ""], .number, .notACardNumber),
      (["a", "4242424242424242", "13", "2030", ""], .expMonth, .notAMonth),
      (["a", "4242424242424242", "9", "203", ""], .expYear, .notAYear),
      (["a\nb", "4242424242424242", "9", "2030", ""], .oldCustomer, .lineBreak),
      (["a", "4242424242424242", "9", "2030", "pm_2222222222"], .customer, .notACustomer),
    ] as [([String], ImportFile.Column, ImportFile.Reject.Reason)])
  func `a value that Stripe would not take rejects its row whole`(
    _ values: [String], _ column: ImportFile.Column, _ reason: ImportFile.Reject.Reason
  ) throws {
    let file = try #require(ImportFile(ImportFile.Column.required + [.customer], ids: ids))
    var bytes: [UInt8] = []
    #expect(throws: ImportFile.Reject(column: column, reason: reason)) {
      try file.appendRow(values.map { Array($0.utf8) }, to: &bytes)
    }
    #expect(bytes.isEmpty)
  }

  @Test func `text that is not UTF-8 rejects its row`() throws {
    let file = CustomerListFile(ids: ids)
    var bytes: [UInt8] = []
    #expect(throws: ImportFile.Reject(column: .oldCustomer, reason: .notUTF8)) {
      try file.appendRow(oldCustomer: [0x61, 0xE9], customer: [], to: &bytes)
    }
  }

  @Test func `the list of customers has two columns`() throws {
    let file = CustomerListFile(ids: ids)
    var bytes: [UInt8] = []
    file.appendHeader(to: &bytes)
    try file.appendRow(
      oldCustomer: Array("7".utf8), customer: Array("cus_abc123def456".utf8), to: &bytes)
    #expect(
      String(decoding: bytes, as: UTF8.self)
        == "\"old_customer_id\",\"stripe_customer_id\"\n\"7\",\"cus_abc123def456\"\n")
    #expect(throws: ImportFile.Reject(column: .customer, reason: .missing)) {
      try file.appendRow(oldCustomer: [0x37], customer: [], to: &bytes)
    }
  }
}

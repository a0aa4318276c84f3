import FoundationEssentials
import Glibc
import Native
import Rules
import Stripe
import Testing

/// A mapping file of a test.
struct Mapping {
  static let header =
    "old_id,source_old_id,created_customer,source_new_id,card_fingerprint,card_last4,"
    + "card_exp_month,card_exp_year,card_brand"

  private let directory: Directory
  private let path: String
  private let options: MappingOptions

  /// What was read, as texts.
  struct Result {
    var table: MappingTable
    var rows: [String]
    var warnings: [String]
  }

  init(
    _ text: String, customer: String? = nil, card: String? = nil, allowsLongNumericIds: Bool = false
  ) throws {
    directory = try Directory()
    path = directory.path + "/mapping"
    try Data(text.utf8).write(to: URL(filePath: path))
    options = try Mapping.options(customer, card, allowsLongNumericIds)
  }

  static func row(
    oldCustomer: String = "a", oldCard: String = "s", customer: String = "cus_abc123def456",
    method: String = "pm_2222222222", fingerprint: String = "x9yW1WE4nLvl6zjg",
    last4: String = "4242", month: String = "09", year: String = "2030"
  ) -> String {
    [oldCustomer, oldCard, customer, method, fingerprint, last4, month, year, "Visa"]
      .joined(separator: ",")
  }

  func load() throws -> Result {
    let database = try Database.makeScratch()
    let table = try MappingFile.load(path, options, into: database)
    var warnings: [String] = []
    try table.forEachWarning(in: database) { warnings.append("\($0.line) \($0.kind.rawValue)") }
    let statement = try database.prepare(
      """
      SELECT concat FROM (SELECT id, old_customer || '|' || ifnull(old_card, '') || '|' || customer
        || '|' || ifnull(payment_method, '') || '|' || ifnull(brand, '') || '|' || ifnull(last4, '')
        || '|' || ifnull(exp_month, '') || '|' || ifnull(exp_year, '') || '|'
        || ifnull(fingerprint, '') AS concat FROM mapping) ORDER BY id
      """)
    var rows: [String] = []
    while statement.step() == .row {
      rows.append(String(decoding: statement.currentRow.text(0), as: UTF8.self))
    }
    return Result(table: table, rows: rows, warnings: warnings)
  }

  /// The error that loading ends with.
  func failure() throws -> MappingError { try Mapping.failure(path: path, options) }

  func problems() throws -> [MappingError.Problem] { try failure().problems }

  static func failure(path: String, _ options: MappingOptions? = nil) throws -> MappingError {
    let database = try Database.makeScratch()
    let options = try options ?? Mapping.options(nil, nil, false)
    do throws(MappingError) {
      _ = try MappingFile.load(path, options, into: database)
    } catch {
      return error
    }
    throw Unexpected.success
  }

  private enum Unexpected: Error { case success }

  private static func options(
    _ customer: String?, _ card: String?, _ allowsLongNumericIds: Bool
  ) throws -> MappingOptions {
    MappingOptions(
      ids: StripeIds(try RuleSet.load().stripeIDs), month: .init(year: 2026, month: 4),
      customerColumn: customer, cardColumn: card, allowsLongNumericIds: allowsLongNumericIds)
  }

  /// A directory that goes with the test.
  private final class Directory {
    let path: String

    init() throws {
      let url = FileManager.default.temporaryDirectory.appending(
        path: "unpan-mapping-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
      path = url.path
    }

    deinit {
      do { try FileManager.default.removeItem(atPath: path) } catch { Issue.record(error) }
    }
  }
}

/// A file of each documented shape, with ids that nobody has.
struct Sample: Sendable, CustomTestStringConvertible {
  var format: MappingFormat
  var text: String
  var rows: [String]

  var testDescription: String { format.rawValue }

  static let all = [
    Sample(
      format: .json,
      text: """
        {"1893": {"cards": {
          "2600": {"id":"card_7777777777","fingerprint":"aB3dE5fG7hJ9kL1m","last4":"4242",
            "exp_month":1,"exp_year":2030,"brand":"Visa"},
          "3520": {"id":"card_8888888888","fingerprint":"nO2pQ4rS6tU8vW0x","last4":"0341",
            "exp_month":6,"exp_year":2031,"brand":"MasterCard"}},
          "id": "cus_sample000001"}}
        """,
      rows: [
        "1893|2600|cus_sample000001|card_7777777777|visa|4242|1|2030|aB3dE5fG7hJ9kL1m",
        "1893|3520|cus_sample000001|card_8888888888|mastercard|0341|6|2031|nO2pQ4rS6tU8vW0x",
      ]),
    Sample(
      format: .cards,
      text: """
        old_customer_id,customer_id,old_card_id,card_id,card_fingerprint,card_last4,\
        card_exp_month,card_exp_year,card_brand
        c1,cus_sample000001,k1,card_7777777777,aB3dE5fG7hJ9kL1m,0042,09,2030,American Express
        c1,cus_sample000001,k2,card_8888888888,,4242,12,2031,Visa

        """,
      rows: [
        "c1|k1|cus_sample000001|card_7777777777|amex|0042|9|2030|aB3dE5fG7hJ9kL1m",
        "c1|k2|cus_sample000001|card_8888888888|visa|4242|12|2031|",
      ]),
    Sample(
      format: .paymentMethods,
      text: Mapping.header + "\nc1,k1,cus_sample000001,pm_7777777777,aB3d,4242,09,2030,Visa\n",
      rows: ["c1|k1|cus_sample000001|pm_7777777777|visa|4242|9|2030|aB3d"]),
    Sample(
      format: .bankAccounts,
      text: """
        old_customer_id,customer_id,old_bank_account_id,bank_account_id,bank_account_fingerprint,\
        bank_account_last4
        c1,cus_sample000001,b1,ba_7777777777,aB3d,6789
        """,
      rows: ["c1|b1|cus_sample000001|ba_7777777777||6789|||aB3d"]),
    Sample(
      format: .bacs,
      text: """
        old_id,source_old_id,created_customer,source_new_id,mandate_id
        c1,b1,cus_sample000001,pm_7777777777,mandate_7777777777
        """,
      rows: ["c1|b1|cus_sample000001|pm_7777777777|||||"]),
    Sample(
      format: .sepa,
      text: """
        old_customer_id,customer_id,old_source_id,source_id,type,bank_code,branch_code,country,\
        fingerprint,last4,mandate_reference,mandate_url,mandate_id
        c1,cus_sample000001,s1,src_7777777777,sepa_debit,37040044,,DE,aB3d,3000,REF1,\
        https://mandate.example/m,mandate_7777777777
        """,
      rows: ["c1|s1|cus_sample000001|src_7777777777||3000|||aB3d"]),
    Sample(
      format: .copy,
      text: """
        customer_id_old,source_id_old,customer_id_new,source_id_new
        cus_sample000001,card_7777777777,cus_sample000001,pm_8888888888
        cus_sample000002,pm_7777777777,cus_sample000002,pm_9999999999
        """,
      rows: [
        "cus_sample000001|card_7777777777|cus_sample000001|pm_8888888888|||||",
        "cus_sample000002|pm_7777777777|cus_sample000002|pm_9999999999|||||",
      ]),
    Sample(
      format: .copyWithAccounts,
      text: """
        customer_id_old,v2_account_id_old,source_id_old,customer_id_new,v2_account_id_new,\
        source_id_new
        cus_sample000001,acct_1,card_7777777777,cus_sample000001,acct_2,pm_8888888888
        """,
      rows: ["cus_sample000001|card_7777777777|cus_sample000001|pm_8888888888|||||"]),
  ]
}

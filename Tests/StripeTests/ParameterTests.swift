import Foundation
import TestSupport
import Testing

/// The test server knows no parameter that Stripe does not.
@Suite struct ParameterTests {
  /// Not part of the checkout; where it lies beside one, it is compared.
  private static let table = Repository.root.deletingLastPathComponent()
    .appending(path: "shared/facts/stripe/openapi_params.json")

  @Test(
    .enabled(
      if: FileManager.default.fileExists(atPath: ParameterTests.table.path),
      "the table of Stripe's parameters is not there"))
  func `every parameter the server takes is documented`() throws {
    struct Table: Decodable {
      var endpoints: [String: Endpoint]
      struct Endpoint: Decodable {
        var params: [String: Ignored]?
      }
      struct Ignored: Decodable {}
    }
    let table = try JSONDecoder().decode(Table.self, from: Data(contentsOf: Self.table))
    var compared = 0
    for (name, parameters) in StripeServer.parameters {
      guard let known = table.endpoints[name] else { continue }
      compared += 1
      let unknown = parameters.subtracting((known.params ?? [:]).keys)
      #expect(unknown.isEmpty, "\(name): \(unknown)")
    }
    #expect(compared >= 10)
  }
}

import Detection
import Rules
import Testing

/// Which number a value of a column stands for.
@Suite struct StoredNumberTests {
  private func digits(_ value: String) throws -> String? {
    let detector = Detector(try RuleSet.load())
    return Array(value.utf8).withUnsafeBytes { bytes in
      detector.number(in: bytes) { number in
        let digits = String(decoding: number.digits, as: UTF8.self)
        #expect(digits.hasSuffix(number.summary.last4))
        return digits
      }
    }
  }

  @Test(arguments: [
    "4242424242424242", "4242 4242 4242 4242", "4242-4242-4242-4242", "4242.4242.4242.4242",
    "00004242424242424242", "0000004242424242424242", "0000 4242 4242 4242 4242",
    "4242424242424242.0", "4242424242424242.", "00004242424242424242.00",
    "4242424242424242    ", "4242424242424242\u{0}\u{0}\u{0}\u{0}",
    #""4242424242424242""#, #""4242 4242 4242 4242""#, "[4242424242424242]",
    #"{"number":4242424242424242}"#, #"{"anything": "00004242424242424242"}"#,
    #"{"brand":"visa","number":"4242424242424242","exp":{"month":9,"year":2030},"cvc":"123"}"#,
    #"{"order": 378282246310005, "card_number": "4242424242424242"}"#,
    #"{"card_number": ["4242424242424242"], "order": "378282246310005"}"#,
    "{4242424242424242}", #"{"4242 4242 4242 4242"}"#, "{4242424242424242,NULL}",
    "{{4242424242424242.00}}",
  ])
  func `a number is read however its column writes it`(value: String) throws {
    #expect(try digits(value) == "4242424242424242")
  }

  @Test(arguments: [
    ("000378282246310005", "378282246310005"), ("0000004222222222222", "4222222222222"),
    ("00006205500000000000004", "6205500000000000004"),
  ])
  func `zeros in front go only with the number behind them`(value: String, number: String) throws {
    #expect(try digits(value) == number)
  }

  @Test(
    arguments: [
      "", "0", "0000000000000000", "on file", "null", "{}", "[]", "[null]", "{NULL}",
      // A wrong check digit, too few digits, an id that is filled up, more than zeros behind the point.
      "4242424242424241", "00004242424242424241", "0000042424242424", "0000501800000009",
      "4242424242424242.5", "378282246310005.5", "353011133330000.0", "42424242.42424242",
      "4.242424242424242E+15", "4242424242424242x", "-4242424242424242",
      "$4,242,424,242,424,242.00", "************4242",
      // More than one could be meant, or the one that is there is not named.
      "[4242424242424242,5555555555554444]", "[4242424242424242,4242424242424242]",
      #"{"pan":"4242424242424242","card":"5555555555554444"}"#,
      #"{"pan":"************4242","card":"5555555555554444"}"#,
      #"{"order":"4242424242424242","state":"paid"}"#, #"["4242424242424242"#,
      #"{"number":"4242424242424242\"}"#, #"{"4242424242424242":"visa","a":"b"}"#,
    ])
  func `what is not sure to be one number is none`(value: String) throws {
    #expect(try digits(value) == nil)
  }
}

import Detection
import TestSupport
import Testing

/// What may stand between a name and its value.
@Suite struct LabelTests {
  /// Ways in which exports and programs write a value of the name `NAME`.
  private static let joints = [
    #"{"NAME":{"$numberLong":"VALUE"}}"#, #"{ "NAME" : { "$numberInt" : "VALUE" } }"#,
    "{\n  \"NAME\": {\n    \"$numberInt\": \"VALUE\"\n  }\n}", "{ NAME: NumberLong(VALUE) }",
    #"{ NAME: Long("VALUE") }"#, #"{"NAME":{"S":"VALUE"}}"#, #"{"NAME":{"N":"VALUE"}}"#,
    #"{"fields":{"NAME":{"integerValue":"VALUE"}}}"#, #"{"NAME":{"stringValue":"VALUE"}}"#,
    #"{"NAME":{"string":"VALUE"}}"#, #"{"NAME":{"value":{"stringValue":"VALUE"}}}"#,
    #"{"key":"NAME","value":{"stringValue":"VALUE"}}"#,
    #"{"value":{"stringValue":"VALUE"},"name":"NAME"}"#,
    "array(1) {\n  [\"NAME\"]=>\n  int(VALUE)\n}\n",
    "array(1) {\r\n  [\"NAME\"]=>\r\n  string(3) \"VALUE\"\r\n}\r\n",
    "  [\"NAME\":protected]=>\n  string(3) \"VALUE\"\n",
    "  [\"NAME\":\"App\\Card\":private]=>\n  string(3) \"VALUE\"\n", "    [NAME] => VALUE\n",
    "    [NAME:protected] => VALUE\n", "    [NAME:Card:private] => VALUE\n",
    "    [NAME:App\\Card:private] => VALUE\n", "  'NAME' => \n    string 'VALUE' (length=3)\n",
    "NAME_field=VALUE\n", #"{"NAMEValue":"VALUE"}"#,
  ]
  /// The first bytes of a text are looked at more closely than others.
  private static let before = "Nothing here says what the next line is about.\n"

  private func text(_ joint: String, _ name: String, _ value: String) -> String {
    LabelTests.before
      + joint.replacing("NAME", with: name).replacing("VALUE", with: value)
      .replacing("(3)", with: "(\(value.count))") + "\n"
  }

  @Test(arguments: joints)
  func `a name counts for its value however the two are joined`(joint: String) {
    for value in ["737", "1234"] {
      #expect(scan(text(joint, "cvv", value)).map(\.rule) == [.cvv])
      #expect(scan(text(joint, "port", value)).isEmpty)
      #expect(scan(text(joint, "cvv_result", value)).isEmpty)
    }
    var random = SplitMix(seed: 41)
    let number = TestCards.number("453957", 16, using: &random)
    func isLabelled(_ name: String) -> [Bool] {
      scan(text(joint, name, number), minScore: 0).map { $0.evidence.contains(.label) }
    }
    #expect(isLabelled("pan") == [true])
    #expect(isLabelled("thing") == [false])
  }

  @Test(
    arguments: [
      "  [\"cvv\"]=>\n  string(0) \"\"\n  [\"port\"]=>\n  string(3) \"737\"\n",
      "  [\"port\":\"Cvv\":private]=>\n  int(737)\n", "    [port:cvv:private] => 737\n",
      "    [updated:protected] => 737\n", "cvv:\n  string(3)\n  737\n", "cvv\n737 items\n",
      #"{"cvv":{"length":{"$numberInt":"3"},"port":{"$numberInt":"737"}}}"#,
      #"{"key":"cvv","value":null},{"value":{"stringValue":"737"}}"#,
      #"{"cvv":{"stringValue":""},"port":{"stringValue":"737"}}"#,
      #"{"cvv":[{"port":{"integerValue":"737"}}]}"#,
    ])
  func `a name says nothing of values that are not its own`(text: String) {
    #expect(scan(LabelTests.before + text + "\n", minScore: 0).isEmpty)
  }

  @Test func `numbers that tell their type are judged by their own names`() {
    var random = SplitMix(seed: 43)
    var text = LabelTests.before
    for _ in 0..<60 {
      let id = TestCards.id("4", 16, using: &random)
      let number = TestCards.number("4539", 16, using: &random)
      text += #"{"ref":{"$numberLong":"\#(id)"},"own":{"$numberLong":"\#(number)"}}"# + "\n"
    }
    #expect(scan(text).count == 60)
  }
}

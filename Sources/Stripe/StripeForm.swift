/// Parameters of a call, in the order they were added, as `application/x-www-form-urlencoded`.
///
/// ```swift
/// var form = StripeForm()
/// form.add("invoice_settings", ["default_payment_method": .text("pm_1")])
/// form.text  // invoice_settings[default_payment_method]=pm_1
/// ```
package struct StripeForm: Sendable, Equatable {
  /// Names with their brackets, and values, neither encoded.
  package private(set) var pairs: [(name: String, value: String)] = []

  package init() {}

  /// - Parameter values: a dictionary literal, whose order is kept.
  package init(_ values: KeyValuePairs<String, Value>) {
    for (name, value) in values { add(name, value) }
  }

  /// What a parameter may hold.
  package indirect enum Value: Sendable, ExpressibleByStringLiteral, ExpressibleByIntegerLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
  {
    /// An empty one unsets a field.
    case text(String)
    case number(Int)
    case flag(Bool)
    case list([Value])
    case map([(String, Value)])

    package init(stringLiteral value: String) { self = .text(value) }
    package init(integerLiteral value: Int) { self = .number(value) }
    package init(booleanLiteral value: Bool) { self = .flag(value) }
    package init(arrayLiteral elements: Value...) { self = .list(elements) }
    package init(dictionaryLiteral elements: (String, Value)...) { self = .map(elements) }
  }

  package mutating func add(_ name: String, _ value: Value) {
    switch value {
    case .text(let text): pairs.append((name, text))
    case .number(let number): pairs.append((name, String(number)))
    case .flag(let flag): pairs.append((name, flag ? "true" : "false"))
    case .list(let elements):
      for (index, element) in elements.enumerated() { add("\(name)[\(index)]", element) }
    case .map(let members):
      for (key, member) in members { add("\(name)[\(key)]", member) }
    }
  }

  /// Encoded; brackets stay as they are, which Stripe accepts.
  package var text: String {
    pairs.map { "\(StripeForm.encoded($0.name))=\(StripeForm.encoded($0.value))" }
      .joined(separator: "&")
  }

  package static func == (left: StripeForm, right: StripeForm) -> Bool { left.text == right.text }

  /// Everything but letters, digits, `-._~` and brackets as `%XX`.
  static func encoded(_ text: String) -> String {
    let hex = Array("0123456789ABCDEF".utf8)
    var out: [UInt8] = []
    for byte in text.utf8 {
      switch byte {
      case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E, 0x5B, 0x5D:
        out.append(byte)
      default: out += [0x25, hex[Int(byte >> 4)], hex[Int(byte & 15)]]
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}

/// One thing a scan was told, for `config.json` and the pages that show it. Secrets are removed by
/// whoever makes it.
package struct ReportSetting: Sendable, Equatable {
  /// As the flag is called, without hyphens.
  package var name: String
  package var value: Value

  package init(_ name: String, _ value: Value) {
    self.name = name
    self.value = value
  }

  /// What a flag can hold.
  package enum Value: Sendable, Equatable {
    case text(String)
    case texts([String])
    case number(Int)
    case flag(Bool)

    /// For people, raw.
    var text: String {
      switch self {
      case .text(let text): text
      case .texts(let texts): texts.joined(separator: " ")
      case .number(let number): String(number)
      case .flag(let flag): flag ? "yes" : "no"
      }
    }
  }
}

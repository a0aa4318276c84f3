/// A number with its noun: `1 row`, `12 rows`.
package enum Plural {
  /// - Parameter plural: where it is more than an `s` at the end.
  package static func text(_ number: Int, _ singular: String, _ plural: String? = nil) -> String {
    "\(number) \(number == 1 ? singular : plural ?? singular + "s")"
  }
}

import Core

/// Texts of answers before they are kept or shown.
enum ForeignText {
  /// Longer ones are cut: nobody reads more.
  private static let lengthMax = 600

  /// Without card numbers, and without characters that nobody sees.
  static func safe(_ text: String) -> String {
    var seen = String.UnicodeScalarView()
    for scalar in text.unicodeScalars.prefix(lengthMax) {
      if scalar == "\n" || scalar == "\r" || scalar == "\t" {
        seen.append(" ")
      } else if !Escaping.isInvisible(scalar) {
        seen.append(scalar)
      }
    }
    return NumberGuard.masked(String(seen))
  }
}

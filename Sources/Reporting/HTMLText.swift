import Core

/// Builds HTML. Markup comes from literals only; every other text is escaped, so that nothing that was
/// scanned can become markup.
struct HTMLText {
  private(set) var bytes: [UInt8] = []

  /// Columns of a name from outside that are shown; what is cut is marked.
  static let foreignColumnsMax = 240

  mutating func raw(_ markup: StaticString) {
    markup.withUTF8Buffer { bytes.append(contentsOf: $0) }
  }

  mutating func append(_ other: HTMLText) { bytes += other.bytes }
  mutating func append(_ other: [UInt8]) { bytes += other }

  /// A text of ours, or one that was made visible already.
  mutating func text(_ text: String) {
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "&"): raw("&amp;")
      case UInt8(ascii: "<"): raw("&lt;")
      case UInt8(ascii: ">"): raw("&gt;")
      case UInt8(ascii: "\""): raw("&quot;")
      case UInt8(ascii: "'"): raw("&#39;")
      default: bytes.append(byte)
      }
    }
  }

  /// A text from outside: numbers masked, invisible characters shown, bounded. The end is kept,
  /// because it tells paths apart.
  mutating func foreign(_ text: String) { self.text(HTMLText.shown(text)) }

  static func shown(_ text: String) -> String {
    let shown = TextLayout.cutStart(TextLayout.shown(text), to: foreignColumnsMax)
    return shown.contains { $0 != " " } ? shown : "(unnamed)"
  }

  /// - Parameter attributes: for example ` class="soft"`, with the space.
  mutating func element(
    _ name: StaticString, _ attributes: StaticString = "", _ body: (inout HTMLText) -> Void
  ) {
    raw("<")
    raw(name)
    raw(attributes)
    raw(">")
    body(&self)
    raw("</")
    raw(name)
    raw(">")
  }

  mutating func element(_ name: StaticString, _ attributes: StaticString = "", _ text: String) {
    element(name, attributes) { $0.text(text) }
  }

  /// A section with its heading; `id` is the anchor the contents list points to.
  mutating func section(
    _ id: StaticString, _ heading: String, _ body: (inout HTMLText) -> Void
  ) {
    raw("<section id=\"")
    raw(id)
    raw("\" aria-labelledby=\"")
    raw(id)
    raw("-head\"><h2 id=\"")
    raw(id)
    raw("-head\">")
    text(heading)
    raw("</h2>\n")
    body(&self)
    raw("</section>\n")
  }

  /// A term of a list of facts.
  mutating func fact(_ term: String, _ body: (inout HTMLText) -> Void) {
    element("dt", "", term)
    element("dd", "", body)
    raw("\n")
  }

  mutating func fact(_ term: String, _ text: String) { fact(term) { $0.text(text) } }

  /// A column's head.
  struct Head: ExpressibleByStringLiteral {
    var title: StaticString
    /// Numbers and their heads stand to the right.
    var isNumber = false

    init(stringLiteral title: StaticString) { self.title = title }

    static func number(_ title: StaticString) -> Head {
      var head = Head(stringLiteral: title)
      head.isNumber = true
      return head
    }
  }

  /// A table with its caption and column heads; scrolls sideways where it does not fit.
  mutating func table(
    _ caption: String, note: String = "", heads: [Head], isSortable: Bool = true,
    _ rows: (inout HTMLText) -> Void
  ) {
    raw("<div class=\"wide\" tabindex=\"0\" role=\"group\" aria-label=\"")
    text(caption)
    raw(isSortable ? "\"><table class=\"sortable\"><caption>" : "\"><table><caption>")
    text(caption)
    if !note.isEmpty {
      raw(" ")
      element("span", " class=\"soft\"", note)
    }
    raw("</caption>\n<thead><tr>")
    for head in heads {
      raw(head.isNumber ? "<th scope=\"col\" class=\"number\">" : "<th scope=\"col\">")
      raw(head.title)
      raw("</th>")
    }
    raw("</tr></thead>\n<tbody>\n")
    rows(&self)
    raw("</tbody></table></div>\n")
  }

  mutating func cell(_ text: String) { element("td", "", text) }
  mutating func numberCell(_ number: Int) {
    raw("<td class=\"number\" data-sort=\"")
    text(String(number))
    raw("\">")
    text(Wording.decimal(number))
    raw("</td>")
  }
  mutating func foreignCell(_ text: String) {
    element("td", " class=\"name\"") { $0.foreign(text) }
  }
  mutating func foreignHead(_ text: String) { element("th", " scope=\"row\"") { $0.foreign(text) } }
  /// To be filled in with a pen or an editor.
  mutating func blankCell() { raw("<td class=\"blank\"></td>") }

  /// Says that a table was cut: where the rest is.
  mutating func more(_ count: Int, _ what: String, in file: String) {
    guard count > 0 else { return }
    element("p", " class=\"soft\"", "and \(Wording.decimal(count)) more \(what), see \(file)")
    raw("\n")
  }
}

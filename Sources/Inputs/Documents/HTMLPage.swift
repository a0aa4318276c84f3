import Core

/// HTML: scanned as it is, and once more without its tags, which may split a number.
struct HTMLPage: DocumentKind {
  func recognises(_ head: [UInt8], name: Substring) -> Bool {
    let start = head.lowercasedStart(1024)
    guard start.first == UInt8(ascii: "<") else { return false }
    if start.holds("<!doctype html") || start.holds("<html") { return true }
    // A piece of a page.
    let name = start.dropFirst().prefix { (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) }
    guard name.endIndex < start.endIndex, HTMLPage.endsName(start[name.endIndex]) else {
      return false
    }
    return HTMLPage.blocks.contains(String(decoding: name.prefix(12), as: UTF8.self))
  }

  private static func endsName(_ byte: UInt8) -> Bool {
    byte == UInt8(ascii: ">") || byte == UInt8(ascii: "/") || Documents.isSpace(byte)
  }

  private static let blocks: Set<String> = [
    "article", "blockquote", "body", "br", "center", "div", "font", "h1", "h2", "h3", "h4", "head",
    "main", "ol", "p", "pre", "section", "span", "table", "tbody", "td", "th", "tr", "ul",
  ]

  func open(_ member: ContainerMember, head: [UInt8], _ walk: ContainerWalk) -> any ContainerLevel {
    MarkupLevel(member, head: head, XMLScanner(HTMLText()), walk)
  }
}

/// The text of a page, with as many line feeds before each word as in the page, so that lines agree.
final class HTMLText: XMLHandler {
  private var linesOwed = 0
  /// Inside a script or a style sheet.
  private var hidden: String?
  private static let inline: Set<String> = [
    "a", "abbr", "b", "bdi", "bdo", "big", "cite", "code", "del", "em", "font", "i", "ins", "kbd",
    "mark", "nobr", "s", "samp", "small", "span", "strong", "sub", "sup", "tt", "u", "var", "wbr",
  ]
  private static let cells: Set<String> = ["td", "th"]

  private var table = TableCells()

  func start(_ tag: XMLTag, into text: inout [UInt8]) {
    linesOwed += tag.bytes.count { $0 == 0x0A }
    let name = tag.name.lowercased()
    if hidden == nil, name == "script" || name == "style", !tag.isEmpty { hidden = name }
    // What comes next ends a cell or a row as well as its own tag.
    switch name {
    case "td", "th": if table.isInCell { table.endCell(into: &text) }
    case "tr": endRow(&text)
    case "table": table.beginTable(into: &text)
    default: break
    }
    edge(name, &text)
    if HTMLText.cells.contains(name) {
      table.beginCell(isName: name == "th", span: tag.integer("colspan") ?? 1, into: &text)
    }
  }

  func end(_ name: String, into text: inout [UInt8]) {
    let name = name.lowercased()
    if name == hidden { hidden = nil }
    switch name {
    case "td", "th": table.endCell(into: &text)
    case "tr": endRow(&text)
    case "table":
      if table.isInCell { table.endCell(into: &text) }
      table.endTable(into: &text)
    default: break
    }
    edge(name, &text)
  }

  func characters(_ bytes: ArraySlice<UInt8>, into text: inout [UInt8]) {
    if hidden != nil {
      linesOwed += bytes.count { $0 == 0x0A }
      return
    }
    guard linesOwed > 0, let firstLine = bytes.firstIndex(of: 0x0A) else {
      table.put(bytes, into: &text)
      return
    }
    table.put(bytes[..<firstLine], into: &text)
    pay(&text)
    table.put(bytes[firstLine...], into: &text)
  }

  func finish(into text: inout [UInt8]) { table.finish(into: &text) }

  private func endRow(_ text: inout [UInt8]) {
    if table.isInCell { table.endCell(into: &text) }
    table.endRow(into: &text)
  }

  private func edge(_ name: String, _ text: inout [UInt8]) {
    guard !HTMLText.inline.contains(name) else { return }
    // No line feed, which the page has not; what is beside it is not joined either.
    table.put(
      CollectionOfOne(HTMLText.cells.contains(name) ? UInt8(ascii: "\t") : UInt8(ascii: "\r")),
      into: &text)
    pay(&text)
  }

  private func pay(_ text: inout [UInt8]) {
    guard linesOwed > 0 else { return }
    table.put(repeatElement(0x0A, count: linesOwed), into: &text)
    linesOwed = 0
  }
}

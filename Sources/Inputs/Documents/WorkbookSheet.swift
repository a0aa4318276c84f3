import Core

/// A worksheet of an xlsx: numbers with the full stored value, inline strings, and shared strings where
/// they can be looked up.
struct WorkbookSheet: DocumentKind {
  func recognises(_ head: [UInt8], name: Substring) -> Bool {
    head.first == UInt8(ascii: "<") && head.holds("spreadsheetml", within: 1024)
      && (head.holds("<worksheet", within: 1024) || head.holds(":worksheet", within: 1024))
  }

  func open(_ member: ContainerMember, head: [UInt8], _ walk: ContainerWalk) -> any ContainerLevel {
    WorksheetLevel(member)
  }
}

private final class WorksheetLevel: ContainerLevel {
  private var member: ContainerMember
  private var rows: WorksheetRows?
  private var isGiven = false

  init(_ member: ContainerMember) {
    self.member = member
    if let archive = member.archive { self.member.group = archive.group }
  }

  func next(_ walk: ContainerWalk) -> ContainerEvent {
    guard !isGiven else {
      rows?.close()
      return rows?.asides.part(of: member, walk) ?? .end
    }
    isGiven = true
    let rows = WorksheetRows(member.stream, member.archive?.sharedStrings() ?? SharedStrings(nil))
    self.rows = rows
    let name = member.name.split(separator: "/").last ?? ""
    let sheet = name.hasSuffix(".xml") ? name.dropLast(4) : name
    let table = member.archive?.sheetNames()[name] ?? String(sheet)
    return .part(SheetPart(table, rows, member, in: walk))
  }
}

/// The rows of a worksheet (ECMA-376, part 1, 18.3.1).
private final class WorksheetRows: SheetScanner, SheetRows {
  private let strings: SharedStrings
  private var row = SheetRow(number: 0)
  private var column = -1
  private var kind: [UInt8] = []
  private var value: [UInt8] = []
  private var isInValue = false
  private static let valueBytesMax = 1 << 20

  init(_ stream: ByteStream, _ strings: SharedStrings) {
    self.strings = strings
    super.init(stream)
  }

  func nextRow() -> SheetRow? { advance { hasRow } ? takeRow() : nil }

  override func start(_ tag: XMLTag, into text: inout [UInt8]) {
    switch tag.name {
    case "row":
      row = SheetRow(number: tag.integer("r") ?? row.number + 1)
      column = -1
    case "c":
      column = tag.attribute("r").flatMap(WorksheetRows.column) ?? column + 1
      kind = tag.attribute("t") ?? []
      value.removeAll(keepingCapacity: true)
    case "v", "t": isInValue = !tag.isEmpty
    default: break
    }
  }

  override func end(_ name: String, into text: inout [UInt8]) {
    switch name {
    case "v", "t": isInValue = false
    case "c": endCell()
    case "row":
      if !row.cells.isEmpty { add(row) }
      row.cells = []
    default: break
    }
  }

  override func characters(_ bytes: ArraySlice<UInt8>, into text: inout [UInt8]) {
    guard isInValue else {
      // Formulas, headers and footers.
      asides.add(bytes)
      return
    }
    if value.count < WorksheetRows.valueBytesMax { value += bytes } else { isCut = true }
  }

  private func endCell() {
    guard !value.isEmpty else { return }
    switch String(decoding: kind, as: UTF8.self) {
    case "s":
      let index = Int(String(decoding: value, as: UTF8.self))
      if let text = index.flatMap({ strings[$0] }) {
        row.cells.append(SheetCell(column: column, text: text))
      }
    case "", "n":
      row.cells.append(
        SheetCell(column: column, text: SheetCell.number(value), isNumber: true))
    case "b", "e": break
    default: row.cells.append(SheetCell(column: column, text: value))
    }
  }

  /// The letters of a reference such as `AB12`.
  private static func column(_ reference: [UInt8]) -> Int? {
    var column = 0
    for byte in reference.prefix(4) {
      guard (0x41...0x5A).contains(byte) else { break }
      column = column * 26 + Int(byte - 0x40)
    }
    return column > 0 ? column - 1 : nil
  }
}

/// The strings that the cells of a workbook refer to (ECMA-376, part 1, 18.4).
final class SharedStrings {
  private var bytes: [UInt8] = []
  private var ends: [Int] = []
  /// All of them are held.
  private(set) var isWhole = false

  /// - Parameter stream: `nil` when they cannot be read ahead of the sheets.
  init(_ stream: ByteStream?) {
    guard let stream else { return }
    let collector = Collector()
    let scanner = XMLScanner(collector)
    var unused: [UInt8] = []
    while collector.bytes.count < Limits.documentTextBytes, let block = stream.nextBlock() {
      if block.isEmpty {
        scanner.finish(into: &unused)
        isWhole = true
        break
      }
      scanner.feed(block, into: &unused)
    }
    bytes = collector.bytes
    ends = collector.ends
  }

  deinit { bytes.wipe() }

  subscript(_ index: Int) -> [UInt8]? {
    guard ends.indices.contains(index) else { return nil }
    return Array(bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]])
  }

  private final class Collector: XMLHandler {
    var bytes: [UInt8] = []
    var ends: [Int] = []
    private var isInText = false
    /// How a word is read aloud, which is not the cell's text.
    private var isInReading = false

    func start(_ tag: XMLTag, into text: inout [UInt8]) {
      if tag.name == "t" { isInText = !tag.isEmpty }
      if tag.name == "rPh" { isInReading = !tag.isEmpty }
      if tag.name == "si", tag.isEmpty { ends.append(bytes.count) }
    }

    func end(_ name: String, into text: inout [UInt8]) {
      if name == "t" { isInText = false }
      if name == "rPh" { isInReading = false }
      if name == "si" { ends.append(bytes.count) }
    }

    func characters(_ characters: ArraySlice<UInt8>, into text: inout [UInt8]) {
      if isInText, !isInReading { bytes += characters }
    }
  }
}

/// The shared strings themselves: a line each; what cells have told already is not told again.
struct WorkbookStrings: DocumentKind {
  func recognises(_ head: [UInt8], name: Substring) -> Bool {
    head.first == UInt8(ascii: "<") && head.holds("spreadsheetml", within: 1024)
      && (head.holds("<sst", within: 1024) || head.holds("<comments", within: 1024))
  }

  func open(_ member: ContainerMember, head: [UInt8], _ walk: ContainerWalk) -> any ContainerLevel {
    var member = member
    var isDerived = false
    if let archive = member.archive {
      member.group = archive.group
      isDerived = head.holds("<sst", within: 1024) && archive.sharedStrings().isWhole
    }
    return TextLevel(member, StringText(), isDerived: isDerived)
  }
}

/// A line for each string or comment.
private final class StringText: XMLHandler {
  func start(_ tag: XMLTag, into text: inout [UInt8]) {}
  func end(_ name: String, into text: inout [UInt8]) {
    if name == "si" || name == "comment" { text.append(0x0A) }
  }
  func characters(_ bytes: ArraySlice<UInt8>, into text: inout [UInt8]) {
    if bytes.allSatisfy({ Documents.isSpace($0) }) { return }
    text += bytes
  }
}

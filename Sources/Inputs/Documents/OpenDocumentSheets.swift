import Core

/// The sheets of an ods, and of the flat file fods: numbers with the full stored value.
struct OpenDocumentSheets: DocumentKind {
  func recognises(_ head: [UInt8], name: Substring) -> Bool {
    head.first == UInt8(ascii: "<") && head.holds("<office:document", within: 2048)
      && (head.holds("<office:spreadsheet") || head.holds("style:family=\"table-cell\"")
        || head.holds("style:family=\"table-column\""))
      && !head.holds("<office:document-styles", within: 2048)
  }

  func open(_ member: ContainerMember, head: [UInt8], _ walk: ContainerWalk) -> any ContainerLevel {
    var member = member
    if member.group == 0 { member.group = walk.budget.newGroup() }
    return OpenDocumentLevel(member)
  }
}

private final class OpenDocumentLevel: ContainerLevel {
  private let member: ContainerMember
  private let rows: OpenDocumentRows

  init(_ member: ContainerMember) {
    self.member = member
    rows = OpenDocumentRows(member.stream)
  }

  func next(_ walk: ContainerWalk) -> ContainerEvent {
    guard let name = rows.nextTable() else {
      rows.close()
      if let trouble = member.stream.trouble { walk.tell(member, trouble) }
      return rows.asides.part(of: member, walk) ?? .end
    }
    return .part(SheetPart(name, rows, member, in: walk))
  }
}

/// The rows of the sheets, one sheet after another (OpenDocument 1.3, part 3, 9).
private final class OpenDocumentRows: SheetScanner, SheetRows {
  private enum Mark {
    case table(String)
    case row(SheetRow)
  }
  private var marks: [Mark] = []
  private var row = SheetRow(number: 0)
  private var column = 0
  private var text: [UInt8] = []
  private var cell: SheetCell?
  private var rowRepeats = 1
  private var columnRepeats = 1
  /// Notes stand inside cells and have paragraphs too.
  private var isInParagraph = false
  private static let textBytesMax = 1 << 20
  private static let repeatsMax = 16384

  func nextTable() -> String? {
    while advance(until: { !marks.isEmpty }) {
      if case .table(let name) = marks.removeFirst() { return name }
    }
    return nil
  }

  func nextRow() -> SheetRow? {
    guard advance(until: { !marks.isEmpty }), case .row(let row) = marks[0] else { return nil }
    marks.removeFirst()
    return row
  }

  override func start(_ tag: XMLTag, into _: inout [UInt8]) {
    switch tag.name {
    case "table":
      row = SheetRow(number: 0)
      marks.append(
        .table(String(decoding: tag.attribute("table:name") ?? Array("sheet".utf8), as: UTF8.self)))
    case "table-row":
      row = SheetRow(number: row.number + rowRepeats)
      rowRepeats = max(1, min(tag.integer("table:number-rows-repeated") ?? 1, 1 << 20))
      column = 0
      if row.number == 0 { row.number = 1 }
    case "table-cell", "covered-table-cell":
      columnRepeats = max(
        1, min(tag.integer("table:number-columns-repeated") ?? 1, OpenDocumentRows.repeatsMax))
      text.removeAll(keepingCapacity: true)
      cell = SheetCell(column: column, text: [])
      if let value = tag.attribute("office:value") {
        cell?.text = SheetCell.number(value)
        cell?.isNumber = true
      } else if let value = tag.attribute("office:string-value") {
        cell?.text = value
      }
      if tag.isEmpty { endCell() }
    case "p": isInParagraph = !tag.isEmpty
    case "s" where isInParagraph: text.append(0x20)
    default: break
    }
  }

  override func end(_ name: String, into _: inout [UInt8]) {
    switch name {
    case "p":
      isInParagraph = false
      if !text.isEmpty { text.append(0x0A) }
    case "table-cell", "covered-table-cell": endCell()
    case "table-row": if !row.cells.isEmpty { marks.append(.row(row)) }
    default: break
    }
  }

  override func characters(_ bytes: ArraySlice<UInt8>, into _: inout [UInt8]) {
    guard isInParagraph else { return }
    if text.count < OpenDocumentRows.textBytesMax { text += bytes } else { isCut = true }
  }

  private func endCell() {
    defer {
      column += columnRepeats
      cell = nil
    }
    guard var cell else { return }
    while text.last == 0x0A { text.removeLast() }
    // What is shown of a number is shorter than what is stored.
    if cell.text.isEmpty { cell.text = text }
    if !cell.text.isEmpty { row.cells.append(cell) }
  }
}

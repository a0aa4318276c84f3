/// Text of word processing and slides, joined across the runs that editors split it into: a line a
/// paragraph, cells of a row with tabs between them.
final class OfficeText: XMLHandler {
  private var cellDepth = 0
  private var table = TableCells()
  /// Inside the rows of a table that are repeated on each page.
  private var isInNames = false

  func start(_ tag: XMLTag, into text: inout [UInt8]) {
    switch tag.name {
    case "tab": put("\t", &text)
    case "br", "cr", "line-break": put("\n", &text)
    case "s":
      // OpenDocument: so many spaces.
      let count = min(tag.integer("text:c") ?? 1, 64)
      table.put(repeatElement(0x20, count: max(0, count)), into: &text)
    case "noBreakHyphen": put("-", &text)
    case "tbl", "table": if !tag.isEmpty { table.beginTable(into: &text) }
    case "tblHeader": table.markRow()
    case "table-header-rows": isInNames = !tag.isEmpty
    case "gridSpan": table.widen(to: tag.integer("w:val") ?? 1)
    case "tc", "table-cell", "covered-table-cell":
      let count = tag.integer("table:number-columns-repeated") ?? 1
      if tag.isEmpty {
        table.skip(count)
      } else if tag.name != "covered-table-cell" {
        cellDepth += 1
        table.beginCell(isName: isInNames, into: &text)
      }
    case "p", "h": if tag.isEmpty { endParagraph(&text) }
    default: break
    }
  }

  func end(_ name: String, into text: inout [UInt8]) {
    switch name {
    case "p", "h": endParagraph(&text)
    case "tc", "table-cell":
      cellDepth = max(0, cellDepth - 1)
      table.endCell(into: &text)
      put("\t", &text)
    case "tr", "table-row":
      table.endRow(into: &text)
      put("\n", &text)
    case "tbl", "table": table.endTable(into: &text)
    case "table-header-rows": isInNames = false
    default: break
    }
  }

  func characters(_ bytes: ArraySlice<UInt8>, into text: inout [UInt8]) {
    // Line breaks between elements are layout of the file.
    if bytes.allSatisfy({ $0 == 0x0A || $0 == 0x0D }) { return }
    table.put(bytes, into: &text)
  }

  func finish(into text: inout [UInt8]) { table.finish(into: &text) }

  private func endParagraph(_ text: inout [UInt8]) { put(cellDepth > 0 ? " " : "\n", &text) }

  private func put(_ sign: Unicode.Scalar, _ text: inout [UInt8]) {
    table.put(CollectionOfOne(UInt8(ascii: sign)), into: &text)
  }
}

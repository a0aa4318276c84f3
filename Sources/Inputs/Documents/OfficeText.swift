/// Text of word processing and slides, joined across the runs that editors split it into: a line a
/// paragraph, cells of a row with tabs between them.
final class OfficeText: XMLHandler {
  private var cellDepth = 0
  /// Inside elements whose text is no text of the document.
  private var skipDepth = 0

  func start(_ tag: XMLTag, into text: inout [UInt8]) {
    switch tag.name {
    case "tab": text.append(UInt8(ascii: "\t"))
    case "br", "cr", "line-break": text.append(UInt8(ascii: "\n"))
    case "s":
      // OpenDocument: so many spaces.
      let count = min(tag.integer("text:c") ?? 1, 64)
      text += [UInt8](repeating: 0x20, count: max(0, count))
    case "noBreakHyphen": text.append(UInt8(ascii: "-"))
    case "tc", "table-cell": if !tag.isEmpty { cellDepth += 1 }
    case "p", "h": if tag.isEmpty { endParagraph(&text) }
    default: break
    }
  }

  func end(_ name: String, into text: inout [UInt8]) {
    switch name {
    case "p", "h": endParagraph(&text)
    case "tc", "table-cell":
      cellDepth = max(0, cellDepth - 1)
      text.append(UInt8(ascii: "\t"))
    case "tr", "table-row": text.append(UInt8(ascii: "\n"))
    default: break
    }
  }

  func characters(_ bytes: ArraySlice<UInt8>, into text: inout [UInt8]) {
    // Line breaks between elements are layout of the file.
    if bytes.allSatisfy({ $0 == 0x0A || $0 == 0x0D }) { return }
    text += bytes
  }

  private func endParagraph(_ text: inout [UInt8]) {
    text.append(cellDepth > 0 ? UInt8(ascii: " ") : UInt8(ascii: "\n"))
  }
}

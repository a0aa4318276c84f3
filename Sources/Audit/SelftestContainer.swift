import Native

/// A file that holds records inside something else: compressed, in an archive, a mail, a document.
enum SelftestContainer: String, CaseIterable {
  case gzip, bzip2, xz, zstd, lz4, compress, lzma, lzip
  case tar
  case tarGzip = "tar.gz"
  case zip
  case sevenZip = "7z"
  case cpio, ar
  case mail = "eml"
  case mailbox = "mbox"
  case html, rtf, docx, xlsx, pptx, odt, ods, pdf

  /// What the table calls the text inside.
  var content: String {
    switch self {
    case .mail, .mailbox: "base64 part"
    case .html, .rtf, .docx, .pptx, .odt, .pdf: "paragraphs"
    case .xlsx, .ods: "cells"
    default: "key=value"
    }
  }

  /// The Debian package that reading it takes; `nil` where unpan does it alone.
  var package: String? {
    switch self {
    case .mail, .mailbox, .html, .rtf: nil
    case .pdf: "poppler-utils"
    default: LibArchive.package
    }
  }

  /// - Returns: `nil` when the library is missing that writes it.
  func wrap(_ records: [[SelftestSamples.Field]], _ packer: ArchivePacker?) -> [UInt8]? {
    let text = SelftestDocument(records, .keyValue, .utf8).bytes
    let lines = records.map { record in
      record.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
    }
    func packed(_ format: String, filter: String? = nil) -> [UInt8]? {
      packer?.pack([("logs/app.log", text)], format, filter: filter)
    }
    func office(_ members: [(String, String)]) -> [UInt8]? {
      packer?.pack(members.map { ($0.0, Array($0.1.utf8)) }, "zip")
    }
    switch self {
    case .gzip, .bzip2, .xz, .zstd, .lz4, .compress, .lzma, .lzip:
      return packed("raw", filter: rawValue)
    case .tar: return packed("ustar")
    case .tarGzip: return packed("ustar", filter: "gzip")
    case .zip: return packed("zip")
    case .sevenZip: return packed("7zip")
    case .cpio: return packed("newc")
    case .ar: return packer?.pack([("app.log", text)], "argnu")
    case .mail: return SelftestContainer.mail(text)
    case .mailbox:
      return Array("From a@example.org Mon Jan  1 00:00:00 2024\n".utf8)
        + SelftestContainer.mail(text)
    case .html:
      let body = lines.map { "<p>\($0)</p>\n" }.joined()
      return Array("<!DOCTYPE html>\n<html><body>\n\(body)</body></html>\n".utf8)
    case .rtf:
      let body = lines.joined(separator: "\\par ")
      return Array("{\\rtf1\\ansi{\\fonttbl{\\f0 Arial;}}\\f0 \(body)\\par}".utf8)
    case .docx: return office(SelftestContainer.word(lines))
    case .xlsx: return office(SelftestContainer.workbook(records))
    case .pptx: return office(SelftestContainer.slide(lines))
    case .odt:
      let body = lines.map { "<text:p>\($0)</text:p>" }.joined()
      return office(SelftestContainer.openDocument("text", body))
    case .ods: return office(SelftestContainer.openDocument("spreadsheet", Self.sheet(records)))
    case .pdf: return SelftestContainer.page(lines)
    }
  }

  // MARK: Mail

  private static func mail(_ text: [UInt8]) -> [UInt8] {
    let encoded = SelftestDocument.base64(text)
    var body: [UInt8] = []
    for start in stride(from: 0, to: encoded.count, by: 76) {
      body += encoded[start..<min(start + 76, encoded.count)] + [0x0A]
    }
    let head = """
      From: a@example.org
      To: b@example.org
      Subject: report
      MIME-Version: 1.0
      Content-Type: multipart/mixed; boundary="edge"

      --edge
      Content-Type: text/plain

      See the attachment.
      --edge
      Content-Type: application/octet-stream; name="app.log"
      Content-Disposition: attachment; filename="app.log"
      Content-Transfer-Encoding: base64


      """
    return Array(head.utf8) + body + Array("--edge--\n".utf8)
  }

  // MARK: Office documents

  private static let office = "http://schemas.openxmlformats.org"
  private static let openSpace = "urn:oasis:names:tc:opendocument:xmlns"

  private static func word(_ lines: [String]) -> [(String, String)] {
    let body = lines.map { "<w:p><w:r><w:t>\($0)</w:t></w:r></w:p>" }.joined()
    return [
      ("[Content_Types].xml", "<Types/>"),
      (
        "word/document.xml",
        "<w:document xmlns:w=\"\(office)/wordprocessingml/2006/main\"><w:body>\(body)</w:body>"
          + "</w:document>"
      ),
    ]
  }

  private static func slide(_ lines: [String]) -> [(String, String)] {
    let body = lines.map { "<a:p><a:r><a:t>\($0)</a:t></a:r></a:p>" }.joined()
    return [
      (
        "ppt/slides/slide1.xml",
        "<p:sld xmlns:a=\"\(office)/drawingml/2006/main\""
          + " xmlns:p=\"\(office)/presentationml/2006/main\">\(body)</p:sld>"
      )
    ]
  }

  private static func cells(_ records: [[SelftestSamples.Field]]) -> [[String]] {
    [records.first?.map(\.name) ?? []] + records.map { $0.map(\.value) }
  }

  private static func workbook(_ records: [[SelftestSamples.Field]]) -> [(String, String)] {
    var body = ""
    for (index, row) in cells(records).enumerated() {
      body += "<row r=\"\(index + 1)\">"
      for (column, value) in row.enumerated() {
        let letter = Character(Unicode.Scalar(UInt8(0x41 + column)))
        body += "<c r=\"\(letter)\(index + 1)\" t=\"inlineStr\"><is><t>\(value)</t></is></c>"
      }
      body += "</row>"
    }
    return [
      ("[Content_Types].xml", "<Types/>"),
      (
        "xl/worksheets/sheet1.xml",
        "<worksheet xmlns=\"\(office)/spreadsheetml/2006/main\"><sheetData>\(body)</sheetData>"
          + "</worksheet>"
      ),
    ]
  }

  private static func sheet(_ records: [[SelftestSamples.Field]]) -> String {
    let rows = cells(records).map { row in
      let cells = row.map { "<table:table-cell><text:p>\($0)</text:p></table:table-cell>" }
      return "<table:table-row>\(cells.joined())</table:table-row>"
    }
    return "<table:table table:name=\"payments\">\(rows.joined())</table:table>"
  }

  private static func openDocument(_ kind: String, _ body: String) -> [(String, String)] {
    let space = openSpace
    return [
      (
        "content.xml",
        "<office:document-content xmlns:office=\"\(space):office:1.0\""
          + " xmlns:table=\"\(space):table:1.0\" xmlns:text=\"\(space):text:1.0\"><office:body>"
          + "<office:\(kind)>\(body)</office:\(kind)></office:body></office:document-content>"
      )
    ]
  }

  // MARK: PDF

  /// One page, its text as it is: nothing in it is packed.
  private static func page(_ lines: [String]) -> [UInt8] {
    let text =
      "BT /F1 8 Tf 40 780 Td 10 TL\n" + lines.map { "(\($0)) Tj T*\n" }.joined() + "ET"
    let objects = [
      "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
      "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 4 0 R"
        + "/Resources<</Font<</F1 5 0 R>>>>>>",
      "<</Length \(text.utf8.count)>>stream\n\(text)\nendstream",
      "<</Type/Font/Subtype/Type1/BaseFont/Courier>>",
    ]
    var out = "%PDF-1.4\n"
    var table = "xref\n0 6\n0000000000 65535 f \n"
    for (index, object) in objects.enumerated() {
      let offset = String(out.utf8.count)
      table += String(repeating: "0", count: 10 - offset.count) + offset + " 00000 n \n"
      out += "\(index + 1) 0 obj\n\(object)\nendobj\n"
    }
    let start = out.utf8.count
    out += table + "trailer<</Size 6/Root 1 0 R>>\nstartxref\n\(start)\n%%EOF\n"
    return Array(out.utf8)
  }
}

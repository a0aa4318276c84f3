import Core
import Foundation
import Native
import TestSupport

@testable import Audit

/// Records as the matrix puts them into documents and tables.
struct MatrixDocuments {
  let containers: MatrixContainers

  static let names = [
    "docx", "docx table", "docx split runs", "pptx", "odt", "ods", "xlsx inline", "xlsx shared",
    "xlsx numbers", "rtf", "html", "html spans", "pdf", "mail", "mail qp", "mail base64", "har",
    "sqlite text", "sqlite integer", "sqlite fts5", "sqlite fts4",
  ]

  typealias Field = SelftestSamples.Field

  /// Whether such a document can hold the kind as it is.
  static func holds(_ kind: SelftestSamples.Kind, _ name: String) -> Bool {
    // Numbers only; and a tokenizer takes tracks and groups apart.
    if name == "xlsx numbers" || name == "sqlite integer" { return kind == .pan }
    return true
  }

  func make(_ records: [[Field]], _ name: String) throws -> [UInt8] {
    let lines = records.map { record in record.map { "\($0.name): \($0.value)" } }
    switch name {
    case "docx": return word(lines.map { $0.map { "<w:p><w:r><w:t>\($0)</w:t></w:r></w:p>" } })
    case "docx table":
      return word(
        records.map { record in
          record.map { field in
            "<w:tbl><w:tr>"
              + [field.name, field.value].map {
                "<w:tc><w:p><w:r><w:t>\($0)</w:t></w:r></w:p></w:tc>"
              }.joined() + "</w:tr></w:tbl>"
          }
        })
    case "docx split runs":
      return word(
        records.map { record in
          record.map { field in
            let (a, b) = halves(field.value)
            return "<w:p><w:r><w:t xml:space=\"preserve\">\(field.name): \(a)</w:t></w:r>"
              + "<w:r><w:rPr><w:b/></w:rPr><w:t>\(b)</w:t></w:r></w:p>"
          }
        })
    case "pptx":
      return zip([
        (
          "ppt/slides/slide1.xml",
          "<p:sld xmlns:a=\"\(office)/drawingml/2006/main\""
            + " xmlns:p=\"\(office)/presentationml/2006/main\">"
            + lines.joined().map {
              "<a:p><a:r><a:t>\($0)</a:t></a:r></a:p>"
            }.joined() + "</p:sld>"
        )
      ])
    case "odt":
      return zip([
        (
          "content.xml",
          openDocument("text", lines.joined().map { "<text:p>\($0)</text:p>" }.joined())
        )
      ])
    case "ods": return zip([("content.xml", openDocument("spreadsheet", sheet(records)))])
    case "xlsx inline", "xlsx shared", "xlsx numbers": return workbook(records, name)
    case "rtf":
      return Array(
        ("{\\rtf1\\ansi{\\fonttbl{\\f0 Arial;}}\\f0 "
          + lines.joined().joined(separator: "\\par ") + "\\par}").utf8)
    case "html":
      return Array(
        ("<!DOCTYPE html>\n<html><body>\n"
          + lines.joined().map { "<p>\($0)</p>\n" }.joined() + "</body></html>\n").utf8)
    case "html spans":
      let body = records.joined().map { field in
        let (a, b) = halves(field.value)
        return "<p>\(field.name): <b>\(a)</b><span>\(b)</span></p>\n"
      }
      return Array("<!DOCTYPE html>\n<html><body>\n\(body.joined())</body></html>\n".utf8)
    case "pdf": return pdf(Array(lines.joined()))
    case "mail": return mail("7bit", lines.joined().joined(separator: "\n"))
    case "mail qp":
      return mail(
        "quoted-printable",
        records.joined().map { field in
          let (a, b) = halves(field.value)
          return "\(field.name): \(a)=\n\(b)".replacing("==\n", with: "=3D=\n")
            .replacing("=2", with: "=3D2")
        }.joined(separator: "\n"))
    case "mail base64":
      return mail(
        "base64",
        Data(lines.joined().joined(separator: "\n").utf8)
          .base64EncodedString(options: .lineLength76Characters))
    case "har":
      let texts = records.map { record in
        let pairs = record.map { "\\\"\($0.name)\\\":\\\"\($0.value)\\\"" }
        return "{\"request\":{\"postData\":{\"text\":\"{\(pairs.joined(separator: ","))}\"}}}"
      }
      return Array("{\"log\":{\"entries\":[\(texts.joined(separator: ","))]}}".utf8)
    default: return try database(records, name)
    }
  }

  private let office = "http://schemas.openxmlformats.org"
  private let openSpace = "urn:oasis:names:tc:opendocument:xmlns"

  private func halves(_ text: String) -> (Substring, Substring) {
    let middle = text.index(text.startIndex, offsetBy: text.count / 2)
    return (text[..<middle], text[middle...])
  }

  private func zip(_ members: [(String, String)]) -> [UInt8] {
    containers.writer.pack(members.map { ($0.0, Array($0.1.utf8)) }, "zip")
  }

  private func word(_ paragraphs: [[String]]) -> [UInt8] {
    zip([
      ("[Content_Types].xml", "<Types/>"),
      (
        "word/document.xml",
        "<w:document xmlns:w=\"\(office)/wordprocessingml/2006/main\"><w:body>"
          + paragraphs.joined().joined() + "</w:body></w:document>"
      ),
    ])
  }

  private func openDocument(_ kind: String, _ body: String) -> String {
    "<office:document-content xmlns:office=\"\(openSpace):office:1.0\" xmlns:table=\"\(openSpace):table:1.0\""
      + " xmlns:text=\"\(openSpace):text:1.0\"><office:body>"
      + "<office:\(kind)>\(body)</office:\(kind)></office:body></office:document-content>"
  }

  private func sheet(_ records: [[Field]]) -> String {
    let rows = [records[0].map(\.name)] + records.map { $0.map(\.value) }
    return "<table:table table:name=\"pay\">"
      + rows.map { row in
        "<table:table-row>"
          + row.map { "<table:table-cell><text:p>\($0)</text:p></table:table-cell>" }.joined()
          + "</table:table-row>"
      }.joined() + "</table:table>"
  }

  private func workbook(_ records: [[Field]], _ name: String) -> [UInt8] {
    let rows = [records[0].map(\.name)] + records.map { $0.map(\.value) }
    var strings: [String] = []
    var body = ""
    for (index, row) in rows.enumerated() {
      body += "<row r=\"\(index + 1)\">"
      for (column, value) in row.enumerated() {
        let cell = "\(Character(Unicode.Scalar(UInt8(65 + column))))\(index + 1)"
        if name == "xlsx numbers", value.allSatisfy(\.isNumber) {
          body += "<c r=\"\(cell)\"><v>\(value)</v></c>"
        } else if name == "xlsx shared" {
          strings.append("<si><t>\(value)</t></si>")
          body += "<c r=\"\(cell)\" t=\"s\"><v>\(strings.count - 1)</v></c>"
        } else {
          body += "<c r=\"\(cell)\" t=\"inlineStr\"><is><t>\(value)</t></is></c>"
        }
      }
      body += "</row>"
    }
    return zip([
      ("[Content_Types].xml", "<Types/>"),
      (
        "xl/worksheets/sheet1.xml",
        "<worksheet xmlns=\"\(office)/spreadsheetml/2006/main\"><sheetData>\(body)</sheetData></worksheet>"
      ),
      (
        "xl/sharedStrings.xml",
        "<sst xmlns=\"\(office)/spreadsheetml/2006/main\">\(strings.joined())</sst>"
      ),
    ])
  }

  private func pdf(_ lines: [String]) -> [UInt8] {
    let text =
      "BT /F1 9 Tf 40 780 Td 11 TL\n"
      + lines.map { "(\($0)) Tj T*\n" }.joined() + "ET"
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

  private func mail(_ encoding: String, _ body: String) -> [UInt8] {
    Array(
      ("From: a@example.org\nTo: b@example.org\nSubject: order\nMIME-Version: 1.0\n"
        + "Content-Type: text/plain\nContent-Transfer-Encoding: \(encoding)\n\n\(body)\n").utf8)
  }

  private func database(_ records: [[Field]], _ name: String) throws -> [UInt8] {
    let names = records[0].map { $0.name }
    let type = name == "sqlite integer" ? "INTEGER" : "TEXT"
    let schema =
      switch name {
      case "sqlite fts5": "CREATE VIRTUAL TABLE pay USING fts5(\(names.joined(separator: ", ")))"
      case "sqlite fts4": "CREATE VIRTUAL TABLE pay USING fts4(\(names.joined(separator: ", ")))"
      default: "CREATE TABLE pay(\(names.map { "\($0) \(type)" }.joined(separator: ", ")))"
      }
    return try containers.database(schema) { database in
      for record in records {
        let values = record.map { "'\($0.value)'" }.joined(separator: ", ")
        try database.execute("INSERT INTO pay VALUES(\(values))")
      }
    }
  }
}

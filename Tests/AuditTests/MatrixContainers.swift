import Core
import Foundation
import Native
import TestSupport

/// What the matrix puts a text into.
struct MatrixContainers {
  let writer: ArchiveWriter
  let folder: String

  static let compressions = [
    "gzip", "bzip2", "xz", "zstd", "lz4", "compress", "lzma", "lzip",
  ]
  static let archives = ["ustar", "pax", "zip", "7zip", "odc", "newc", "argnu"]
  static let names =
    ["bare"] + compressions + archives + [
      "tar.gzip", "tar.bzip2", "tar.xz", "tar.zstd", "jar", "gzip twice", "zip in tar",
      "gzip in zip", "tar.gz in zip", "7zip in tar.gz", "mail attachment", "mail zip",
      "mbox gzip", "sqlite blob", "sqlite gzip", "sqlite zip", "sqlite zlib",
      "HTTP answer", "HTTP answer in pieces", "RTF object",
    ]

  func wrap(_ bytes: [UInt8], in name: String) throws -> [UInt8] {
    if Self.compressions.contains(name) { return writer.compress(bytes, name) }
    if Self.archives.contains(name) { return writer.pack([("logs/app.log", bytes)], name) }
    let one = [(name: "logs/app.log", bytes: bytes)]
    switch name {
    case "tar.gzip", "tar.bzip2", "tar.xz", "tar.zstd":
      return writer.pack(one, "ustar", filter: String(name.dropFirst(4)))
    case "jar":
      let manifest = Array("Manifest-Version: 1.0\n".utf8)
      return writer.pack([("META-INF/MANIFEST.MF", manifest)] + one, "zip")
    case "gzip twice": return StoredDeflate.gzip(StoredDeflate.gzip(bytes))
    case "zip in tar": return writer.pack([("a.zip", writer.pack(one, "zip"))], "ustar")
    case "gzip in zip": return writer.pack([("a.log.gz", StoredDeflate.gzip(bytes))], "zip")
    case "tar.gz in zip":
      return writer.pack([("a.tgz", writer.pack(one, "ustar", filter: "gzip"))], "zip")
    case "7zip in tar.gz":
      return writer.pack([("a.7z", writer.pack(one, "7zip"))], "ustar", filter: "gzip")
    case "mail attachment": return mail(bytes, name: "app.log")
    case "mail zip": return mail(writer.pack(one, "zip"), name: "app.zip")
    case "mbox gzip":
      return Array("From a@example.org Mon Jan  1 00:00:00 2024\n".utf8)
        + mail(writer.compress(bytes, "gzip"), name: "app.log.gz")
    case "sqlite blob": return try database(bytes)
    case "sqlite gzip": return try database(StoredDeflate.gzip(bytes))
    case "sqlite zip": return try database(writer.pack(one, "zip"))
    case "sqlite zlib": return try database(StoredDeflate.zlib(bytes))
    case "HTTP answer": return answer("Server: shop", writer.compress(bytes, "gzip"))
    case "HTTP answer in pieces":
      let body = writer.compress(bytes, "gzip")
      let pieces = stride(from: 0, to: body.count, by: 400).map {
        body[$0..<min(body.count, $0 + 400)]
      }
      return answer(
        "Transfer-Encoding: chunked",
        pieces.flatMap { Array("\(String($0.count, radix: 16))\r\n".utf8) + $0 + [0x0D, 0x0A] }
          + Array("0\r\n\r\n".utf8))
    case "RTF object":
      let packed = [1, 5, 0, 0, 2, 0, 0, 0] + writer.compress(bytes, "gzip")
      let digits = packed.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
      return Array("{\\rtf1 a {\\object\\objemb{\\*\\objdata \(digits)}} b}".utf8)
    default: return bytes
    }
  }

  private func answer(_ header: String, _ body: [UInt8]) -> [UInt8] {
    Array("HTTP/1.1 200 OK\r\n\(header)\r\nContent-Encoding: gzip\r\n\r\n".utf8) + body
  }

  private func mail(_ bytes: [UInt8], name: String) -> [UInt8] {
    let body = Data(bytes).base64EncodedString(options: [
      .lineLength76Characters, .endLineWithLineFeed,
    ])
    return Array(
      """
      From: a@example.org
      To: b@example.org
      Subject: report
      MIME-Version: 1.0
      Content-Type: multipart/mixed; boundary="edge"

      --edge
      Content-Type: text/plain

      See the file.
      --edge
      Content-Type: application/octet-stream; name="\(name)"
      Content-Transfer-Encoding: base64

      \(body)
      --edge--

      """.utf8)
  }

  /// A database with the bytes as a value.
  func database(_ value: [UInt8]) throws -> [UInt8] {
    try database("CREATE TABLE logs(id INTEGER PRIMARY KEY, body BLOB)") { database in
      let statement = try database.prepare("INSERT INTO logs(body) VALUES(?1)")
      try statement.bind(1, blob: value)
      _ = statement.step()
    }
  }

  func database(_ schema: String, _ fill: (borrowing Database) throws -> Void) throws -> [UInt8] {
    let path = folder + "/made.db"
    defer { unlink(path) }
    do {
      let database = try Database.create(path)
      try database.execute("PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF")
      try database.execute(schema)
      try fill(database)
    }
    return Array(try Data(contentsOf: URL(filePath: path)))
  }
}

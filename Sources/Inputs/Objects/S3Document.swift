/// What S3 answers in XML: flat records of texts, in the order they come.
final class S3Document: XMLHandler {
  private(set) var rootName = ""
  /// Texts of elements right below the root.
  private var texts: [String: String] = [:]
  /// Records, each with the name of its element.
  private(set) var records: [(name: String, values: [String: String])] = []
  /// Whether the root's end was there.
  private(set) var isWhole = false
  private var path: [String] = []
  private var text: [UInt8] = []
  private static let depthMax = 16

  init(_ bytes: [UInt8]) {
    var ignored: [UInt8] = []
    let scanner = XMLScanner(self)
    bytes.withUnsafeBytes { scanner.feed($0, into: &ignored) }
    scanner.finish(into: &ignored)
  }

  func text(_ name: String) -> String? { texts[name] }

  func start(_ tag: XMLTag, into _: inout [UInt8]) {
    let name = tag.name.hasSuffix("/") ? String(tag.name.dropLast()) : tag.name
    if path.isEmpty { rootName = name }
    if path.count == 1 { records.append((name, [:])) }
    text = []
    if tag.isEmpty {
      if path.isEmpty { isWhole = true }
      note(name, path.count + 1)
    } else if path.count < S3Document.depthMax {
      path.append(name)
    }
  }

  func characters(_ bytes: ArraySlice<UInt8>, into _: inout [UInt8]) { text += bytes }

  func end(_ name: String, into _: inout [UInt8]) {
    guard path.last == name else { return }
    note(name, path.count)
    path.removeLast()
    if path.isEmpty { isWhole = true }
  }

  private func note(_ name: String, _ depth: Int) {
    defer { text = [] }
    switch depth {
    case 2:
      texts[name] = String(decoding: text, as: UTF8.self)
    case 3:
      if !records.isEmpty {
        records[records.count - 1].values[name] = String(decoding: text, as: UTF8.self)
      }
    default: return
    }
  }
}

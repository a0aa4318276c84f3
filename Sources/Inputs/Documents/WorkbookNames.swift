/// What the sheets of a workbook are called (ECMA-376, part 1, 18.2.19 and part 2, 9.3): the workbook has
/// the names, its relationships say in which member each sheet is.
final class WorkbookNames: XMLHandler {
  /// By the id of the relationship.
  private var names: [String: String] = [:]
  /// Ids by the last name of the member's path.
  private var ids: [String: String] = [:]
  private static let bytesMax = 1 << 20
  private static let nameBytesMax = 200

  /// - Parameters:
  ///   - workbook: `xl/workbook.xml`, `nil` when it cannot be reached.
  ///   - relationships: `xl/_rels/workbook.xml.rels`.
  init(_ workbook: ByteStream?, _ relationships: ByteStream?) {
    for stream in [workbook, relationships] {
      guard let stream else { continue }
      let scanner = XMLScanner(self)
      var unused: [UInt8] = []
      var count = 0
      while count < WorkbookNames.bytesMax, let block = stream.nextBlock(), !block.isEmpty {
        scanner.feed(block, into: &unused)
        count += block.count
      }
      scanner.finish(into: &unused)
    }
  }

  /// - Parameter file: for example `sheet1.xml`.
  subscript(_ file: Substring) -> String? { ids[String(file)].flatMap { names[$0] } }

  func start(_ tag: XMLTag, into text: inout [UInt8]) {
    switch tag.name {
    case "sheet":
      guard let id = tag.attribute("r:id"), let name = tag.attribute("name"), !name.isEmpty,
        name.count <= WorkbookNames.nameBytesMax
      else { return }
      names[String(decoding: id, as: UTF8.self)] = String(decoding: name, as: UTF8.self)
    case "Relationship":
      guard let id = tag.attribute("Id"), let target = tag.attribute("Target"),
        let file = target.split(separator: UInt8(ascii: "/")).last
      else { return }
      ids[String(decoding: file, as: UTF8.self)] = String(decoding: id, as: UTF8.self)
    default: break
    }
  }

  func end(_ name: String, into text: inout [UInt8]) {}
  func characters(_ bytes: ArraySlice<UInt8>, into text: inout [UInt8]) {}
}

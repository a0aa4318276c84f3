/// The fields of an index as columns: the document's id, each field that the mapping declares, and
/// last what documents hold beside that.
struct SearchColumns: Sendable {
  static let idName = "_id"
  /// Of values that no declared field holds, each with its path before it.
  static let restName = "_source"

  let names: [String]
  let types: [String]
  /// The mapping says that documents are not kept whole; what then is missing cannot be read.
  let losesSource: Bool
  /// Documents are made of several that the server counts and does not show one by one.
  let hasNested: Bool
  private let places: [String: Int]
  private static let columnsMax = 4096

  /// - Parameter mapping: what `GET /INDEX/_mapping` says of the index.
  init(mapping: JSONValue?) {
    var mappings = mapping?["mappings"] ?? .null
    // Before version 7 a type stands between.
    if mappings["properties"] == nil, mappings.members.count == 1,
      let inner = mappings.members.first?.value, inner["properties"] != nil
    {
      mappings = inner
    }
    var fields: [(String, String)] = []
    SearchColumns.collect(mappings, prefix: "", into: &fields)
    names = [SearchColumns.idName] + fields.map(\.0) + [SearchColumns.restName]
    types = ["keyword"] + fields.map(\.1) + ["object"]
    var places: [String: Int] = [:]
    for (index, field) in fields.enumerated() { places[field.0] = index + 1 }
    self.places = places
    hasNested = SearchColumns.nests(mappings)
    let source = mappings["_source"]
    losesSource =
      source?["enabled"]?.bool == false || source?["excludes"]?.elements.isEmpty == false
      || source?["includes"]?.elements.isEmpty == false
  }

  private static func nests(_ mapping: JSONValue) -> Bool {
    (mapping["properties"]?.members ?? []).contains { _, field in
      ["nested", "semantic_text"].contains(field["type"]?.string) || nests(field)
    }
  }

  private static func collect(
    _ mapping: JSONValue, prefix: String, into fields: inout [(String, String)]
  ) {
    for (name, field) in mapping["properties"]?.members ?? [] {
      let path = prefix + name
      if field["properties"] != nil {
        collect(field, prefix: path + ".", into: &fields)
      } else if fields.count < columnsMax, let type = field["type"]?.string, type != "alias" {
        fields.append((path, type))
      } else if fields.count < columnsMax, field["enabled"]?.bool == false {
        fields.append((path, "object"))
      }
    }
  }

  /// The values of a document by column; several of one field stand in lines.
  func values(id: JSONValue?, hit: JSONValue) -> [[UInt8]?] {
    var values = [[UInt8]?](repeating: nil, count: names.count)
    if let id { add(id, path: SearchColumns.idName, at: 0, to: &values) }
    if let source = hit["_source"] { spread(source, path: "", to: &values) }
    for name in ["_routing", "_parent"] {
      if let value = hit[name] { spread(value, path: name, to: &values) }
    }
    return values
  }

  private func spread(_ value: JSONValue, path: String, to values: inout [[UInt8]?]) {
    let place = places[path]
    switch value {
    case .object(let members):
      // A field that is declared without its inner ones takes them all: `flattened`, a point.
      if let place {
        add(value, path: path, at: place, to: &values)
        return
      }
      for (key, inner) in members {
        spread(inner, path: path.isEmpty ? key : path + "." + key, to: &values)
      }
    case .array(let elements):
      for element in elements { spread(element, path: path, to: &values) }
    default: add(value, path: path, at: place ?? names.count - 1, to: &values)
    }
  }

  private func add(
    _ value: JSONValue, path: String, at place: Int, to values: inout [[UInt8]?]
  ) {
    var bytes: [UInt8] = []
    if place == names.count - 1 {
      if case .null = value { return }
      JSONValue.quote(Array(path.utf8), into: &bytes)
      bytes.append(UInt8(ascii: ":"))
      value.write(into: &bytes)
    } else {
      switch value {
      case .null: return
      case .text(let text): bytes = text
      case .number(let digits): bytes = SearchColumns.plain(digits)
      default: value.write(into: &bytes)
      }
    }
    if let before = values[place] { bytes = before + [UInt8(ascii: "\n")] + bytes }
    values[place] = bytes
  }

  /// A whole number with digits alone.
  private static func plain(_ digits: [UInt8]) -> [UInt8] {
    var scratch = [UInt8](repeating: 0, count: 64)
    return digits.withUnsafeBytes { value in
      scratch.withUnsafeMutableBytes { Array(ServerColumn.wholeNumber(value, $0)) }
    }
  }
}

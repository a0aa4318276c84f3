/// What the end of a Parquet file says: its columns, and where their pages lie
/// (https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift).
struct ParquetFooter {
  /// What the writer calls the rows.
  var name = ""
  var columns: [Column] = []
  var groups: [Group] = []
  var rowCount = 0

  /// A column that holds values.
  struct Column {
    /// The names on the way to it, joined by dots.
    var name: String
    var type: ValueType
    /// Bytes of a value of fixed length.
    var width = 0
    /// Digits behind the decimal point, where the value is a decimal number.
    var scale: Int?
    /// How often on the way a value may be missing, and how often repeated.
    var definitionMax = 0
    var repetitionMax = 0
  }

  /// How a value is stored.
  enum ValueType: Int {
    case boolean, int32, int64, int96, float, double, bytes, fixedBytes
  }

  /// Rows whose values lie together, column by column.
  struct Group {
    var chunks: [Chunk] = []
    var rowCount = 0
  }

  /// The values of one column in one group.
  struct Chunk {
    var codec = 0
    var start = Int.max
    var byteCount = 0
    var isElsewhere = false
    var isEncrypted = false
  }

  private struct Element {
    var name = ""
    var type: Int?
    var width = 0
    var repetition = 0
    var childCount = 0
    var isDecimal = false
    var scale = 0
  }

  private static let nameBytesMax = 200
  private static let depthMax = 100

  /// - Returns: `nil` when the bytes are no footer.
  init?(_ bytes: UnsafeRawBufferPointer) {
    var reader = ThriftReader(bytes)
    var elements: [Element] = []
    var groups: [Group] = []
    var rows = 0
    reader.structure { reader, id, kind in
      switch (id, kind) {
      case (2, .list): reader.list { reader, _ in elements.append(ParquetFooter.element(&reader)) }
      case (3, .long): rows = reader.integer()
      case (4, .list): reader.list { reader, _ in groups.append(ParquetFooter.group(&reader)) }
      default: return false
      }
      return true
    }
    // One that ends early would hide columns.
    guard !reader.isBroken, reader.at == bytes.count, !elements.isEmpty else { return nil }
    name = String(elements[0].name.prefix(ParquetFooter.nameBytesMax))
    var index = 1
    for _ in 0..<elements[0].childCount {
      guard addColumns(elements, &index, [], 0, 0) else { return nil }
    }
    guard index == elements.count, !columns.isEmpty,
      groups.allSatisfy({ $0.chunks.count == columns.count && $0.rowCount >= 0 }),
      groups.reduce(0, { $0 &+ $1.rowCount }) == rows
    else { return nil }
    self.groups = groups
    rowCount = rows
  }

  /// Takes the element at `index` and those below it.
  private mutating func addColumns(
    _ elements: [Element], _ index: inout Int, _ path: [String], _ definitions: Int,
    _ repetitions: Int
  ) -> Bool {
    guard index < elements.count, path.count < ParquetFooter.depthMax else { return false }
    let element = elements[index]
    index += 1
    let path = path + [element.name]
    let definitions = definitions + (element.repetition == 0 ? 0 : 1)
    let repetitions = repetitions + (element.repetition == 2 ? 1 : 0)
    guard let number = element.type else {
      for _ in 0..<element.childCount {
        guard addColumns(elements, &index, path, definitions, repetitions) else { return false }
      }
      return true
    }
    guard let type = ValueType(rawValue: number) else { return false }
    let name = String(path.joined(separator: ".").prefix(ParquetFooter.nameBytesMax))
    columns.append(
      Column(
        name: name, type: type, width: element.width,
        scale: element.isDecimal ? element.scale : nil, definitionMax: definitions,
        repetitionMax: repetitions))
    return true
  }

  private static func element(_ reader: inout ThriftReader) -> Element {
    var element = Element()
    reader.structure { reader, id, kind in
      switch (id, kind) {
      case (1, .int): element.type = reader.integer()
      case (2, .int): element.width = reader.integer()
      case (3, .int): element.repetition = reader.integer()
      case (4, .binary): element.name = reader.text()
      case (5, .int): element.childCount = reader.integer()
      case (6, .int): element.isDecimal = reader.integer() == 5 || element.isDecimal
      case (7, .int): element.scale = reader.integer()
      case (10, .structure):
        reader.structure { reader, id, kind in
          guard id == 5, kind == .structure else { return false }
          element.isDecimal = true
          reader.structure { reader, id, kind in
            guard id == 1, kind == .int else { return false }
            element.scale = reader.integer()
            return true
          }
          return true
        }
      default: return false
      }
      return true
    }
    return element
  }

  private static func group(_ reader: inout ThriftReader) -> Group {
    var group = Group()
    reader.structure { reader, id, kind in
      switch (id, kind) {
      case (1, .list): reader.list { reader, _ in group.chunks.append(chunk(&reader)) }
      case (3, .long): group.rowCount = reader.integer()
      default: return false
      }
      return true
    }
    return group
  }

  private static func chunk(_ reader: inout ThriftReader) -> Chunk {
    var chunk = Chunk()
    reader.structure { reader, id, kind in
      switch (id, kind) {
      case (1, .binary): chunk.isElsewhere = !reader.text().isEmpty
      case (3, .structure):
        reader.structure { reader, id, kind in
          switch (id, kind) {
          case (4, .int): chunk.codec = reader.integer()
          case (7, .long): chunk.byteCount = reader.integer()
          // The dictionary comes first where there is one; some writers say 0 for none.
          case (9, .long), (11, .long):
            let offset = reader.integer()
            if offset > 0 { chunk.start = min(chunk.start, offset) }
          default: return false
          }
          return true
        }
      case (8, .structure), (9, .binary):
        chunk.isEncrypted = true
        return false
      default: return false
      }
      return true
    }
    return chunk
  }
}

import Core

/// One row of a sheet.
struct SheetRow {
  /// 1-based.
  var number: Int
  var cells: [SheetCell] = []
}

/// One cell of a sheet.
struct SheetCell {
  /// 0-based.
  var column: Int
  var text: [UInt8]
  var isNumber = false

  /// Spreadsheets keep 15 digits of a number; whole ones are spelled out as they were typed.
  static func number(_ stored: [UInt8]) -> [UInt8] {
    let isPlain = stored.allSatisfy { (0x30...0x39).contains($0) }
    if isPlain { return stored }
    guard stored.count <= 40, let value = Double(String(decoding: stored, as: UTF8.self)),
      value == value.rounded(), abs(value) >= 1e11, abs(value) < 1e19
    else { return stored }
    // From 2 to the 53rd on, a double's own digits go beyond the 15 that were kept.
    return Array(String(UInt64(abs(value).rounded())).utf8)
  }
}

/// Gives the rows of one sheet.
protocol SheetRows: AnyObject {
  /// There is more in a cell than was given.
  var isCut: Bool { get }
  /// `nil` at the end of the sheet, or of the bytes.
  func nextRow() -> SheetRow?
}

/// A sheet as a table: the first row names the columns if it holds nothing but words, letters do else.
final class SheetPart: Part, @unchecked Sendable {
  // Unchecked because one thread at a time goes through a container: the one that reads its parts.
  let table: String?
  let columns: [String]
  let member: String?
  let encoding: [String]
  let head: [UInt8]? = []
  let group: Int
  let expectedBytes = 0
  private(set) var rowKey: String?
  private let rows: any SheetRows
  private var first: SheetRow?
  private let source: ContainerMember
  private let walk: ContainerWalk
  /// As many as are told apart; further ones go by the name of the last.
  private static let columnsMax = 1024
  private static let nameBytesMax = 200

  init(_ name: String, _ rows: any SheetRows, _ source: ContainerMember, in walk: ContainerWalk) {
    table = name
    self.rows = rows
    self.source = source
    self.walk = walk
    member = source.chain
    encoding = source.encoding
    group = source.group
    first = rows.nextRow()
    var names = (0..<SheetPart.columnsMax).map(SheetPart.letters)
    if let first, !first.cells.isEmpty, first.cells.allSatisfy({ SheetPart.isName($0) }) {
      for cell in first.cells where cell.column < names.count && !cell.text.isEmpty {
        names[cell.column] = String(decoding: cell.text, as: UTF8.self)
      }
    }
    columns = names
  }

  func read(into _: WorkBuffer, _ body: (Chunk) -> Bool) -> PartOutcome {
    var outcome = PartOutcome()
    var goesOn = true
    var row = first
    first = nil
    while let current = row, goesOn {
      rowKey = "row=\(current.number)"
      for cell in current.cells where !cell.text.isEmpty && goesOn {
        cell.text.withUnsafeBytes { bytes in
          var chunk = Chunk(
            bytes: bytes, owned: 0..<bytes.count,
            field: .column(min(cell.column, SheetPart.columnsMax - 1)))
          chunk.isRounded = cell.isNumber
          goesOn = body(chunk)
        }
        outcome.examined.bytes += cell.text.count
      }
      outcome.examined.rows += 1
      row = goesOn ? rows.nextRow() : nil
    }
    if let trouble = source.stream.trouble { walk.tell(source, trouble) }
    if rows.isCut {
      walk.tell(source, .overLimit, "Of a cell, the first megabyte is read.")
    }
    if !goesOn { walk.stop() }
    return outcome
  }

  /// Words with at most four digits: a header row holds no numbers that could be found.
  private static func isName(_ cell: SheetCell) -> Bool {
    !cell.isNumber && cell.text.count <= nameBytesMax
      && cell.text.count { (0x30...0x39).contains($0) } <= 4
      && String(validating: cell.text, as: UTF8.self) != nil
  }

  /// `A`, `Z`, `AA`.
  private static func letters(_ column: Int) -> String {
    var text = ""
    var rest = column
    repeat {
      text = String(UnicodeScalar(UInt8(0x41 + rest % 26))) + text
      rest = rest / 26 - 1
    } while rest >= 0
    return text
  }
}

/// Feeds a scanner until there is a row, for readers of both formats.
class SheetScanner: XMLHandler {
  /// Rows that are complete.
  fileprivate(set) var ready: [SheetRow] = []
  private var readyStart = 0
  var isCut = false
  let asides = Asides()
  private let stream: ByteStream
  private var scanner: XMLScanner?
  private var isAtEnd = false
  private var unused: [UInt8] = []

  init(_ stream: ByteStream) { self.stream = stream }

  /// The scanner holds its handler, so the two let each other go at the end.
  func close() { scanner = nil }

  func add(_ row: SheetRow) { ready.append(row) }

  /// - Parameter isThere: what is waited for.
  /// - Returns: whether it came before the end.
  func advance(until isThere: () -> Bool) -> Bool {
    if scanner == nil, !isAtEnd { scanner = XMLScanner(self, asides) }
    while !isThere() {
      guard !isAtEnd, let scanner else { return false }
      if let block = stream.nextBlock(), !block.isEmpty {
        scanner.feed(block, into: &unused)
      } else {
        scanner.finish(into: &unused)
        isAtEnd = true
        close()
      }
    }
    return true
  }

  func takeRow() -> SheetRow? {
    guard readyStart < ready.count else { return nil }
    defer {
      readyStart += 1
      if readyStart == ready.count {
        ready.removeAll(keepingCapacity: true)
        readyStart = 0
      }
    }
    return ready[readyStart]
  }

  var hasRow: Bool { readyStart < ready.count }

  func start(_ tag: XMLTag, into text: inout [UInt8]) {}
  func end(_ name: String, into text: inout [UInt8]) {}
  func characters(_ bytes: ArraySlice<UInt8>, into text: inout [UInt8]) {}
}

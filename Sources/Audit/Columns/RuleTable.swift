import Core
import Detection
import Inputs
import Native
import Rules

/// A small table written as text, for the texts of rules that look at columns: a line of names, then
/// rows, commas between. An empty cell is NULL.
package struct RuleTable {
  private let detector: Detector

  package init(_ detector: Detector) { self.detector = detector }

  /// What a scan would tell of the table's columns as a whole.
  package func findings(in text: String) -> [Finding] {
    let lines = text.split(separator: "\n").map {
      $0.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }
    guard let names = lines.first else { return [] }
    let part = TextPart(names)
    let options = ScanOptions()
    let inventory = ColumnInventory(detector, options)
    inventory.begin(part)
    for (number, cells) in lines.dropFirst().enumerated() {
      part.row = number
      for (column, cell) in cells.prefix(names.count).enumerated() where !cell.isEmpty {
        Array(cell.utf8).withUnsafeBytes { bytes in
          let chunk = Chunk(bytes: bytes, owned: 0..<bytes.count, field: .column(column))
          if inventory.take(chunk, column: column, of: part) { return }
          inventory.note(chunk, column: column, hits: nil, of: part)
        }
      }
    }
    let maker = FindingMaker(detector: detector, catalogue: detector.rules.rules, options: options)
    let judge = TableJudge(
      detector: detector, maker: maker,
      library: Result { () throws(RunError) in try LibCrypto() })
    return judge.judge(
      inventory.finish(rows: lines.count - 1), at: Location(target: ""), in: ClassTable()
    ).findings
  }

  /// Only names the columns and the row.
  private final class TextPart: Part, @unchecked Sendable {
    // Unchecked because it never leaves the call that made it.
    let table: String? = "t"
    let columns: [String]
    let expectedBytes = 0
    var row = 0
    var rowNumber: Int? { row }
    var rowKey: String? { "row=\(row + 1)" }

    init(_ columns: [String]) { self.columns = columns }

    func read(into buffer: WorkBuffer, _ body: (Chunk) -> Bool) -> PartOutcome { PartOutcome() }
  }
}

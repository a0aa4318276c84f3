import Core
import FoundationEssentials

/// What a directory of `--report` says beside its result: how the self-test went and what the scan was
/// told, so that a page made from it later shows both.
package struct SavedBundle: Sendable {
  /// `nil` where the directory has none.
  package private(set) var selftest: SelftestReport?
  package private(set) var settings: [ReportSetting] = []

  /// Both files are far smaller.
  private static let bytesMax = 16 << 20

  /// - Parameter path: of a directory; a file of any other result has nothing beside it.
  /// - Throws: `SavedReportError` for a file that is there and not what unpan writes.
  package init(path: String) throws(SavedReportError) {
    guard JSONPieces.isDirectory(path) else { return }
    if let saved = try SavedBundle.read(Selftest.self, "\(path)/selftest.json") {
      var report = SelftestReport()
      report.date = saved.date
      report.nextDue = saved.nextDue
      report.cells = saved.cells.map { cell in
        var made = SelftestReport.Cell(
          format: cell.format, encoding: cell.encoding, kind: cell.kind)
        made.planted = cell.planted
        made.found = cell.found
        made.lookAlikes = cell.lookAlikes
        made.falseFindings = cell.false
        made.isKnownGap = cell.knownGap
        made.notTested = cell.notTested
        return made
      }
      selftest = report
    }
    settings =
      try SavedBundle.read(Config.self, "\(path)/config.json")?.settings
      .map { ReportSetting($0.name, $0.value.value) } ?? []
  }

  private static func read<T: Decodable>(
    _ type: T.Type, _ path: String
  ) throws(SavedReportError) -> T? {
    guard JSONPieces.exists(path) else { return nil }
    do {
      let data = try Data(contentsOf: URL(filePath: path))
      guard data.count <= bytesMax else { throw SavedReportError(path, .damaged) }
      return try JSONDecoder().decode(T.self, from: data)
    } catch {
      throw SavedReportError(path, .damaged)
    }
  }

  private struct Selftest: Decodable {
    var date: String
    var nextDue: String
    var cells: [Cell]

    struct Cell: Decodable {
      var format: String
      var encoding: String
      var kind: String
      var planted: Int
      var found: Int
      var lookAlikes: Int
      var `false`: Int
      var knownGap: Bool
      var notTested: String?
    }
  }

  private struct Config: Decodable {
    var settings: [Setting]

    struct Setting: Decodable {
      var name: String
      var value: Value
    }

    /// A text, several, a number or a yes or no.
    struct Value: Decodable {
      var value: ReportSetting.Value

      init(from decoder: any Decoder) throws {
        let single = try decoder.singleValueContainer()
        if let flag = try? single.decode(Bool.self) {
          value = .flag(flag)
        } else if let number = try? single.decode(Int.self) {
          value = .number(number)
        } else if let texts = try? single.decode([String].self) {
          value = .texts(texts)
        } else {
          value = .text(try single.decode(String.self))
        }
      }
    }
  }
}

import Core
import Detection
import Foundation
import Native
import Rules
import Testing

@testable import Audit

@Suite struct SelftestTests {
  @Test func `everything promised is found and nothing else`() throws {
    let report = try Selftest(detector).run()
    for cell in report.cells where !cell.isKnownGap {
      #expect(cell.missed == 0, "\(cell)")
      #expect(cell.falseFindings == 0, "\(cell)")
    }
    #expect(report.isPassed)
    #expect(report.planted > 3000)
    #expect(report.lookAlikes > 1000)
  }

  @Test func `a known gap is still one`() throws {
    for cell in try Selftest(detector).run().knownGaps {
      #expect(cell.planted > 0)
      #expect(cell.found == 0, "no gap any more, take it from the list: \(cell)")
    }
  }

  @Test func `every kind is planted and found in a file and in a database`() throws {
    let report = try Selftest(detector).run()
    for kind in SelftestReport.kinds {
      #expect(report.cells.contains { $0.kind == kind && $0.found > 0 }, "\(kind)")
    }
    for format in SelftestDocument.Format.allCases.map(\.rawValue) + [
      "sqlite text", "sqlite integer", "sqlite real", "without rowid", "sqlite deleted",
    ] {
      #expect(report.cells.contains { $0.format == format && $0.found > 0 }, "\(format)")
    }
  }

  @Test func `every kind is planted in files of every container, or told as not tested`() throws {
    let report = try Selftest(detector).run()
    for container in SelftestContainer.allCases {
      let cells = report.cells.filter { $0.format == container.rawValue }
      #expect(cells.count == SelftestReport.kinds.count + 1, "\(container)")
      for cell in cells {
        #expect((cell.notTested == nil) == (cell.planted + cell.lookAlikes > 0), "\(cell)")
      }
    }
    // What needs no library is always tested, and what is not names the package.
    let missing = Set(report.notTested.compactMap(\.notTested))
    #expect(missing.isSubset(of: [LibArchive.package, "poppler-utils"]))
    #expect(report.notTested.allSatisfy { !["eml", "mbox", "html", "rtf"].contains($0.format) })
  }

  @Test func `rules without brands miss every number`() throws {
    var changed = rules
    changed.brands = []
    let report = try Selftest(Detector(changed)).run()
    #expect(!report.isPassed)
    let numbers = report.cells.filter { ["pan", "pan-grouped"].contains($0.kind) }
    #expect(numbers.allSatisfy { $0.found == 0 && $0.missed == $0.planted })
    #expect(report.cells.contains { $0.kind == "secret" && $0.found > 0 })
  }

  @Test func `rules without secrets miss the keys and nothing else`() throws {
    var changed = rules
    changed.secrets = []
    let report = try Selftest(Detector(changed)).run()
    #expect(!report.isPassed)
    for cell in report.cells where !cell.isKnownGap {
      #expect(cell.found == (cell.kind == "secret" ? 0 : cell.planted), "\(cell)")
    }
  }

  @Test func `two runs give the same table`() throws {
    #expect(try Selftest(detector).run() == Selftest(detector).run())
  }
}

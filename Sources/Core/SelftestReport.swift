/// How a self-test went: counts only, nothing that was planted.
package struct SelftestReport: Sendable, Equatable {
  package var cells: [Cell] = []
  /// When it ran, as `2026-01-02T03:04:05Z`; empty when nobody said.
  package var date = ""
  /// The last day to repeat it, 12 months later.
  package var nextDue = ""

  package init() {}

  /// One kind of data in one format and encoding.
  package struct Cell: Sendable, Equatable {
    package var format: String
    package var encoding: String
    /// A rule's id, `pan-grouped`, or `look-alike` for what must not be reported.
    package var kind: String
    package var planted = 0
    package var found = 0
    /// Values that resemble card data and are none.
    package var lookAlikes = 0
    /// Reported although nothing was planted there.
    package var falseFindings = 0
    package var missed: Int { planted - found }
    /// Not promised to be found in this form today: planted all the same, shown, and no reason to fail.
    package var isKnownGap = false
    /// The Debian package without which this could not be tested; nothing was planted then.
    package var notTested: String?

    package init(format: String, encoding: String, kind: String) {
      self.format = format
      self.encoding = encoding
      self.kind = kind
    }
  }

  /// The kind of cells that hold look-alikes.
  package static let lookAlike = "look-alike"
  /// The cells the verdict is about.
  private var promised: [Cell] { cells.filter { !$0.isKnownGap } }

  /// These four do not count known gaps.
  package var planted: Int { promised.reduce(0) { $0 + $1.planted } }
  package var found: Int { promised.reduce(0) { $0 + $1.found } }
  package var missed: Int { promised.reduce(0) { $0 + $1.missed } }
  package var knownGaps: [Cell] { cells.filter(\.isKnownGap) }
  /// A cell of each format that could not be tested: no part of the verdict, and told beside it.
  package var notTested: [Cell] {
    var cells: [Cell] = []
    for cell in self.cells
    where cell.notTested != nil && !cells.contains(where: { $0.format == cell.format }) {
      cells.append(cell)
    }
    return cells
  }
  package var lookAlikes: Int { cells.reduce(0) { $0 + $1.lookAlikes } }
  package var falseFindings: Int { cells.reduce(0) { $0 + $1.falseFindings } }
  /// Everything planted outside the known gaps was found, and nothing was found where nothing was
  /// planted. Nothing planted proves nothing.
  package var isPassed: Bool { planted > 0 && missed == 0 && falseFindings == 0 }
}

import Core

/// A way to write a report down.
package struct Format: Sendable {
  /// What `--format` takes.
  package var id: String
  /// A line for the help.
  package var summary: String
  /// Makes a writer that puts one run's report into an output.
  package var makeWriter: @Sendable (Output, ReportOptions) -> any ReportWriter
}

/// How a report for people looks; the formats for programs ignore it.
package struct ReportOptions: Sendable {
  package var hasColor = false
  /// Only the verdict.
  package var isBrief = false
  /// Columns a line may fill.
  package var width = 80

  package init() {}
}

/// Every format there is; a new one is one file and one line here.
package enum Formats {
  package static let all: [Format] = [
    Format(id: "text", summary: "for people, at most 80 columns (the default)") {
      TextReport($0, $1)
    },
    Format(id: "json", summary: "one document") { output, _ in JSONReport(output) },
    Format(id: "jsonl", summary: "one object a line, written as it is found") { output, _ in
      JSONLinesReport(output)
    },
  ]

  package static func named(_ id: String) -> Format? { all.first { $0.id == id } }
}

import Core
import Rules

/// A way to write a report down.
package struct Format: Sendable {
  /// What `--format` takes.
  package var id: String
  /// A line for the help.
  package var summary: String
  /// Whether the writer wants `ReportOptions.rules`, which cost a moment to load.
  package var needsRules = false
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
  /// What the rules say about themselves, in the catalogue's order; empty unless the format asks.
  package var rules: [RuleText] = []
  /// Words for the requirement numbers; empty unless the format asks.
  package var requirements: [Requirement] = []
  /// SHA-256 of the bundle's `rules.json`; `nil` outside a bundle.
  package var rulesHash: String?
  /// How the self-test of the method went; `nil` when none was run.
  package var selftest: SelftestReport?
  /// What the scan was told to do; empty when it is not known.
  package var settings: [ReportSetting] = []
  /// The page GitHub Actions shows for a step; written to by `github` when it is known.
  package var stepSummaryPath: String?
  /// Takes what the user should hear about a report beside the report.
  package var tell: @Sendable (ReportNote) -> Void = { _ in }

  package init() {}
}

/// Something about a report that its reader may miss; `CLI` has the words.
package enum ReportNote: Sendable, Equatable {
  /// The format's readers take no more than `kept` findings; the worst were kept.
  case leftOut(format: String, kept: Int, total: Int)
}

/// Every format there is; a new one is one file and one line here.
package enum Formats {
  package static let all: [Format] = [
    Format(id: "text", summary: "for people, at most 80 columns (the default)") {
      TextReport($0, $1)
    },
    Format(id: "json", summary: "one document") { output, _ in JSONReport(output) },
    Format(id: "jsonl", summary: "one object a line, written file by file") { output, _ in
      JSONLinesReport(output)
    },
    Format(id: "html", summary: "one page for people who did not run the scan", needsRules: true) {
      HTMLReport($0, $1)
    },
    Format(id: "sarif", summary: "SARIF 2.1.0, for code scanning and editors", needsRules: true) {
      SARIFReport($0, $1)
    },
    Format(id: "junit", summary: "JUnit XML, for any CI system") { output, _ in
      JUnitReport(output)
    },
    Format(id: "gitlab", summary: "GitLab SAST report", needsRules: true) { GitLabReport($0, $1) },
    Format(id: "gitlab-codequality", summary: "GitLab code quality report") { output, _ in
      CodeQualityReport(output)
    },
    Format(id: "csv", summary: "for spreadsheets, in the columns assessors ask for") { output, _ in
      CSVReport(output)
    },
    Format(id: "markdown", summary: "a comment for a pull request") { output, _ in
      MarkdownReport(output)
    },
    Format(id: "github", summary: "annotations and step summary of GitHub Actions") {
      GitHubReport($0, $1)
    },
  ]

  package static func named(_ id: String) -> Format? { all.first { $0.id == id } }
}

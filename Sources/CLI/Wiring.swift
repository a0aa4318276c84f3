import Core
import Rules

/// Ties the command line to the parts that do the work; the only file that knows them all.
enum Wiring {
  /// Cheap: nothing is decoded before a command asks for it.
  static func makeTool() -> CommandLineTool {
    CommandLineTool(engine: Engine(), rules: Book())
  }

  private struct Engine: ScanEngine {
    func run(
      _ request: ScanRequest, writer: any ReportWriter, progress: ProgressCounters
    ) throws(RunError) {
      throw RunError(.failure, "scan", "this build has no scanning engine")
    }
  }

  private struct Book: RuleBook {
    func catalogue(directory: String?) throws(RunError) -> [RuleEntry] {
      throw RunError(.failure, "rules", "this build has no rules")
    }

    func test(directory: String?) throws(RunError) -> [RuleTestResult] {
      throw RunError(.failure, "rules", "this build has no rules")
    }
  }
}

extension RuleEntry {
  /// A rule of the catalogue without its texts.
  init(_ rule: Rule) {
    self.init(
      id: rule.id, title: rule.title, kind: rule.kind, severity: rule.severity,
      requirements: rule.requirements, what: rule.what, why: rule.why, fix: rule.fix,
      matchCount: rule.match.count, noMatchCount: rule.noMatch.count)
  }
}

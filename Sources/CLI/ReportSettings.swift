import Core
import Reporting

/// What the arguments and the surroundings say about how a report looks.
enum ReportSettings {
  static func options(
    _ arguments: ParsedArguments, _ format: Format, toFile: Bool, _ tool: CommandLineTool
  ) throws(RunError) -> ReportOptions {
    let console = tool.console
    var options = ReportOptions()
    options.isBrief = arguments.has(Flags.quiet)
    options.hasColor = console.hasColor(
      arguments.value(Flags.color),
      isTerminal: !toFile && console.isTerminal(console.output))
    if format.needsRules {
      let evidence = try tool.rules.evidence(directory: arguments.value(Flags.rules))
      options.rules = evidence.texts
      options.requirements = evidence.requirements
    }
    options.stepSummaryPath = console.variable("GITHUB_STEP_SUMMARY").flatMap {
      $0.isEmpty ? nil : $0
    }
    options.tell = { console.tell(Diagnostics.lines($0)) }
    return options
  }
}

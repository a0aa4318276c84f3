import Core
import Migration
import Native
import Reporting

/// Refuses to write a file over one that the same command reads or keeps records in.
///
/// Runs before every command, by the flag table alone: `Flag.isWritten` is what is written, every
/// other flag with a file and every operand is what is read.
struct OutputCheck {
  private let command: Command
  private let arguments: ParsedArguments

  init(_ command: Command, _ arguments: ParsedArguments) {
    self.command = command
    self.arguments = arguments
  }

  /// - Parameter output: where the report goes when the command has a place of its own for it.
  /// - Throws: `RunError` for usage, naming the file that would be lost; `MigrationError` in words for
  ///   a configuration or plan that cannot be read.
  func run(output: String? = nil) throws {
    var taken = try MigrateTool.worded { try inputs() }
    for (flag, path) in outputs(output) {
      guard let place = path == "-" ? FilePlace(stream: .standardOutput) : FilePlace(path) else {
        continue
      }
      let isReport = flag.name == Flags.output.name
      if let lost = taken.first(where: { $0.place == place }) {
        throw RunError(
          .usage, SecretRemoval.removed(from: lost.name),
          (isReport ? "the report" : "--\(flag.name)") + " would be written over it",
          hint: isReport
            ? "Write the report to another file." : "Choose another file with --\(flag.name).")
      }
      // What lies in a tree that is read is read as well, and an earlier report alone may go.
      if isReport, arguments.operands.contains(where: { place.isBelow($0) }),
        !EarlierReport.isOne(path)
      {
        throw RunError(
          .usage, SecretRemoval.removed(from: path),
          "the report would be written over it, and it is none of unpan's",
          hint: "Write the report to another file, or remove this one.")
      }
      taken.append((path, place))
    }
  }

  /// What is kept from run to run first, so that a report written over it is told as that.
  private func outputs(_ output: String?) -> [(flag: Flag, path: String)] {
    let flags = command.flags.filter(\.isWritten)
    return (flags.filter { $0.name != Flags.output.name } + [Flags.output]).compactMap { flag in
      let own = flag.name == Flags.output.name ? output ?? "-" : flag.defaultPath
      return (arguments.value(flag) ?? own).map { (flag, $0) }
    }
  }

  private func inputs() throws -> [(name: String, place: FilePlace)] {
    // Several commands read standard input without being told to.
    var paths = ["-"] + arguments.operands
    for flag in command.flags where !flag.isWritten {
      switch flag.value {
      case .file, .directory: paths += arguments.values(flag)
      default: break
      }
    }
    var config: MigrationConfig?
    if let path = given(Flags.config) { config = try MigrationConfig.load(path) }
    if let path = given(Flags.plan) {
      let plan = try MigrationPlan.load(path)
      config = plan.config
      paths.append(plan.configFile.path)
    }
    if let config {
      paths += [config.target, config.mapping.file]
      if let path = config.exceptionsFile { paths.append(path) }
    }
    let parts = try paths.flatMap { try BundleCheck.files(of: $0) }
    return (paths + parts).flatMap(OutputCheck.files)
  }

  private func given(_ flag: Flag) -> String? {
    command.flags.contains { $0.name == flag.name } ? arguments.value(flag) : nil
  }

  /// The file that a target or a path means, with what SQLite keeps beside it.
  private static func files(_ target: String) -> [(name: String, place: FilePlace)] {
    if target == "-" {
      return FilePlace(stream: .standardInput).map { [("standard input", $0)] } ?? []
    }
    let scheme = ["sqlite:", "git:"].first { target.lowercased().hasPrefix($0) }
    let path = String(target.dropFirst(scheme?.count ?? 0))
    guard !path.isEmpty, !PathSpelling.isAddress(path) else { return [] }
    return ["", "-wal", "-journal"].compactMap { suffix in
      FilePlace(path + suffix).map { (target + suffix, $0) }
    }
  }
}

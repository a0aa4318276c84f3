import Core
import Native

/// Keeps a command from writing over what it reads: the output would be all that is left of it.
enum Overwriting {
  /// - Parameters:
  ///   - inputs: paths, `-`, or `sqlite:` and `git:` with a path; anything else is no file.
  ///   - outputs: of files that are written, or replaced.
  ///   - what: is written, for example `the report`.
  /// - Throws: a `RunError` about the first input that is one of them.
  static func check(
    _ inputs: [String], _ outputs: [FileStatus.Identity], what: String = "the report"
  ) throws(RunError) {
    for input in inputs {
      let scheme = ["sqlite:", "git:"].first { input.lowercased().hasPrefix($0) }
      let path = String(input.dropFirst(scheme?.count ?? 0))
      let file =
        input == "-"
        ? FileStatus.ofRegularFile(.standardInput)
        : FileStatus.ofRegularFile(ForeignBytes.bytes(of: path))
      guard let file, outputs.contains(file.identity) else { continue }
      throw RunError(
        .usage, SecretRemoval.removed(from: input), "\(what) would be written over it",
        hint: "Write \(what) to another file.")
    }
  }

  /// The file that an output takes the place of; one that has another name as well outlasts that.
  static func replaced(_ path: String) -> FileStatus.Identity? {
    FileStatus.ofRegularFile(ForeignBytes.bytes(of: path))
      .flatMap { $0.linkCount == 1 ? $0.identity : nil }
  }
}

import Foundation

/// Runs the real binary in a directory of its own.
///
/// The binary is `UNPAN_BINARY` where that is set, as `make test` does, else the debug build.
final class Tool {
  /// The fresh directory the binary runs in; goes away with this object.
  let directory: URL
  private let isOwner: Bool

  /// Runs in a directory that somebody else looks after.
  init(in directory: URL) throws {
    self.directory = directory
    isOwner = false
  }

  init() throws {
    isOwner = true
    directory = FileManager.default.temporaryDirectory.appendingPathComponent(
      "unpan-test-\(UUID().uuidString)", isDirectory: true)
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
  }

  /// What a run gave.
  struct Outcome {
    var exit: Int32
    var out: String
    var err: String
  }

  /// Runs the binary to its end.
  ///
  /// - Parameters:
  ///   - stdin: what it reads; without it, standard input is at its end.
  ///   - environment: added to this process's own.
  ///   - binary: another program to run instead.
  func run(
    _ arguments: [String], stdin: Data = Data(), environment: [String: String] = [:],
    binary: String? = nil
  ) throws -> Outcome {
    // Files instead of pipes: nobody waits for anybody, however much is printed.
    let scratch = FileManager.default.temporaryDirectory.appendingPathComponent(
      "unpan-io-\(UUID().uuidString)", isDirectory: true)
    try FileManager.default.createDirectory(at: scratch, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: scratch) }
    let (input, output, error) = (
      scratch.appendingPathComponent("in"), scratch.appendingPathComponent("out"),
      scratch.appendingPathComponent("err")
    )
    try stdin.write(to: input)
    try Data().write(to: output)
    try Data().write(to: error)

    let process = Process()
    process.executableURL = binary.map { URL(fileURLWithPath: $0) } ?? Tool.binary
    process.arguments = arguments
    process.currentDirectoryURL = directory
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.standardInput = try FileHandle(forReadingFrom: input)
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: error)
    try process.run()
    process.waitUntilExit()
    let signalled = process.terminationReason == .uncaughtSignal
    return Outcome(
      exit: signalled ? 128 + process.terminationStatus : process.terminationStatus,
      out: String(decoding: try Data(contentsOf: output), as: UTF8.self),
      err: String(decoding: try Data(contentsOf: error), as: UTF8.self))
  }

  /// Writes a file into the directory.
  func write(_ text: String, to name: String) throws {
    let url = directory.appendingPathComponent(name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: url)
  }

  deinit { if isOwner { try? FileManager.default.removeItem(at: directory) } }

  /// The package's directory.
  static let package = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  static let binary: URL = {
    if let path = ProcessInfo.processInfo.environment["UNPAN_BINARY"] {
      return URL(fileURLWithPath: path)
    }
    // The test bundle lies beside the debug binary, whatever the scratch path is called.
    let beside = URL(fileURLWithPath: CommandLine.arguments[0]).deletingLastPathComponent()
    let candidate = beside.appendingPathComponent("unpan")
    if FileManager.default.isExecutableFile(atPath: candidate.path) { return candidate }
    return package.appendingPathComponent(".build/debug/unpan")
  }()
}

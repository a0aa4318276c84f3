import Core
import Glibc
import Native

/// A git repository that is only read, by git itself.
///
/// The repository may be hostile: no hook, pager, external diff, text conversion, file system monitor,
/// replacement or network is used, whatever its configuration says.
package struct GitRepository: Sendable {
  /// Where git runs; empty: here.
  package let directory: [UInt8]
  /// The repository's own directory (`.git`, or the bare repository), absolute.
  package let gitDirectory: [UInt8]
  package let isBare: Bool
  /// Its history was cut off when it was cloned.
  package let isShallow: Bool
  /// Hexadecimal digits of an id.
  package let idLength: Int
  private let environment: [String: String]

  /// Which of the caller's variables that name a repository are honoured.
  package enum Surroundings: Sendable {
    /// None: the path says what is meant.
    case none
    /// All: a hook is told by them what is being committed.
    case ofHook
  }

  /// Asks git what lies at `directory`.
  /// - Throws: `GitError`, for example `.noRepository` or `.dubiousOwner`.
  package init(at directory: [UInt8], _ surroundings: Surroundings) throws(GitError) {
    environment = GitRepository.environment(surroundings)
    let child = try GitRepository.start(
      [
        "rev-parse", "--is-shallow-repository", "--is-bare-repository", "--show-object-format",
        "--absolute-git-dir",
      ], [], .none, directory, environment, timeoutSeconds: 60)
    let answer = try GitRepository.answer(of: child, directory)
    let lines = answer.split(separator: .newline, maxSplits: 3, omittingEmptySubsequences: false)
    guard lines.count == 4, lines[3].count > 1 else {
      throw GitError(.failed, directory, "git's answer cannot be understood")
    }
    self.directory = directory
    isShallow = lines[0].elementsEqual("true".utf8)
    isBare = lines[1].elementsEqual("true".utf8)
    idLength = lines[2].elementsEqual("sha256".utf8) ? 64 : 40
    gitDirectory = Array(lines[3].dropLast())
  }

  /// The tree without entries, which git knows without having it.
  package var emptyTree: String {
    idLength == 40
      ? "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
      : "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321"
  }

  /// Starts git in the repository.
  func start(
    _ arguments: [String], _ more: [[UInt8]] = [], input: ChildProcess.Input = .none
  ) throws(GitError) -> ChildProcess {
    try GitRepository.start(arguments, more, input, directory, environment)
  }

  /// All that a short command prints; its failure is an error.
  func output(_ arguments: [String], _ more: [[UInt8]] = []) throws(GitError) -> [UInt8] {
    try GitRepository.answer(of: try start(arguments, more), directory)
  }

  /// The first line that a short command prints; `nil` when it says no with its exit status.
  func attempt(_ arguments: [String], _ more: [[UInt8]] = []) throws(GitError) -> [UInt8]? {
    let child = try start(arguments, more)
    do throws(ChildError) {
      let answer = try child.readAll(bytesMax: 1 << 20)
      guard try child.finish() == 0 else { return nil }
      return Array(answer.prefix { $0 != .newline })
    } catch {
      throw GitError(error, directory)
    }
  }

  /// The full id of a commit, or `nil` when there is none of that name.
  package func commit(named name: String) throws(GitError) -> String? {
    try attempt(["rev-parse", "--verify", "--quiet", "--end-of-options", name + "^{commit}"])
      .map { String(decoding: $0, as: UTF8.self) }
  }

  /// The lines of a small file in the repository's own directory; none when it is not there.
  func lines(ofFile name: String) throws(GitError) -> [[UInt8]] {
    do throws(SystemError) {
      let path = gitDirectory + [.slash] + Array(name.utf8)
      let file = OpenFile(try Descriptor.open(path, followsLinks: true))
      return try file.head(bytes: 1 << 20).split(separator: .newline).map(Array.init)
    } catch .notFound {
      return []
    } catch {
      throw GitError(.failed, directory, "\(name): \(error.text)")
    }
  }

  /// Waits for a child that was read to its end, and takes a failure for one.
  func finish(_ child: ChildProcess) throws(GitError) {
    let status: Int32
    do throws(ChildError) { status = try child.finish() } catch {
      throw GitError(error, directory)
    }
    guard status == 0 else { throw GitError(complaint: child, directory) }
  }
}

extension GitRepository {
  /// Makes a bare repository of a bundle.
  static func unpack(bundle: [UInt8], to path: [UInt8]) throws(GitError) {
    // A bundle is a file, and files are the one transport that it takes.
    let child = try start(
      [
        "-c", "protocol.file.allow=always", "clone", "--quiet", "--mirror", "--template=", "--",
      ], [bundle, path], .none, [], environment(.none))
    _ = try answer(of: child, bundle)
  }

  /// Settings that a repository's own cannot override.
  private static let safety: [String] =
    ["--no-pager", "--no-replace-objects", "--literal-pathspecs"]
    + [
      "core.fsmonitor=false", "core.hooksPath=/dev/null", "core.pager=cat", "core.quotePath=true",
      "core.alternateRefsCommand=", "core.sshCommand=false", "core.gitProxy=", "diff.external=",
      "diff.ignoreSubmodules=none", "log.showSignature=false", "credential.helper=",
      "protocol.allow=never", "protocol.file.allow=never", "gc.auto=0", "maintenance.auto=false",
    ].flatMap { ["-c", $0] }

  private static func environment(_ surroundings: Surroundings) -> [String: String] {
    var environment = [
      "LC_ALL": "C", "GIT_CONFIG_NOSYSTEM": "1", "GIT_ATTR_NOSYSTEM": "1",
      "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "GIT_NO_LAZY_FETCH": "1",
      "GIT_NO_REPLACE_OBJECTS": "1", "GIT_PAGER": "cat", "GIT_ASKPASS": "false",
    ]
    // HOME holds which directories of others the user trusts (safe.directory).
    var passed = ["PATH", "HOME", "XDG_CONFIG_HOME", "TMPDIR", "GIT_CONFIG_GLOBAL"]
    if surroundings == .ofHook {
      passed += [
        "GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_QUARANTINE_PATH", "GIT_CEILING_DIRECTORIES",
      ]
    }
    for name in passed {
      if let value = getenv(name) { environment[name] = String(cString: value) }
    }
    return environment
  }

  private static func start(
    _ arguments: [String], _ more: [[UInt8]], _ input: ChildProcess.Input, _ directory: [UInt8],
    _ environment: [String: String], timeoutSeconds: Int? = nil
  ) throws(GitError) -> ChildProcess {
    let command = ChildProcess.Command(
      "git", (safety + arguments).map { Array($0.utf8) } + more, environment: environment,
      directory: directory.isEmpty ? nil : directory, timeoutSeconds: timeoutSeconds)
    do throws(ChildError) {
      return try ChildProcess(command, input: input)
    } catch {
      throw GitError(error, directory)
    }
  }

  private static func answer(
    of child: ChildProcess, _ directory: [UInt8]
  ) throws(GitError) -> [UInt8] {
    let answer: [UInt8]
    let status: Int32
    do throws(ChildError) {
      answer = try child.readAll(bytesMax: 64 << 20)
      status = try child.finish()
    } catch {
      throw GitError(error, directory)
    }
    guard status == 0 else { throw GitError(complaint: child, directory) }
    return answer
  }
}

extension UInt8 {
  static let newline = UInt8(ascii: "\n")
  static let slash = UInt8(ascii: "/")
}

/// Why a repository could not be read.
package struct GitError: Error, Sendable, Equatable {
  package var code: Code
  /// The repository, as it was named; empty for the one the command runs in.
  package var place: String
  /// What git itself said, if it said something.
  package var detail: String?

  package init(_ code: Code, _ place: [UInt8], _ detail: String? = nil) {
    self.code = code
    self.place = Escaping.text(fromFileName: place)
    self.detail = detail
  }

  /// What happened.
  package enum Code: Sendable, Equatable {
    /// git is not installed.
    case missingProgram
    case noRepository
    /// It has no working tree, so nothing is ever staged in it.
    case bare
    /// It belongs to somebody else, and git refuses to read it.
    case dubiousOwner
    /// No commit of that name is here.
    case unknownRevision(String)
    case interrupted
    case failed
  }

  init(_ error: ChildError, _ place: [UInt8]) {
    switch error.code {
    case .missing: self.init(.missingProgram, place)
    case .interrupted: self.init(.interrupted, place)
    case .deadline: self.init(.failed, place, "git took too long")
    case .tooLong: self.init(.failed, place, "git's answer is longer than it may be")
    case .system(let error): self.init(.failed, place, error.text)
    }
  }

  /// Sorts out what git said.
  init(complaint child: ChildProcess, _ place: [UInt8]) {
    let text = child.complaint
    let lines = text.split(separator: "\n")
    let line = lines.first { $0.hasPrefix("fatal:") || $0.hasPrefix("error:") } ?? lines.first
    let code: Code =
      text.contains("dubious ownership")
      ? .dubiousOwner : text.contains("not a git repository") ? .noRepository : .failed
    self.init(code, place, line.map(String.init))
  }

  /// What coverage says about it.
  var entry: Coverage.Entry {
    switch code {
    case .missingProgram:
      Coverage.Entry(
        place: place, reason: .missingHelper,
        detail: "git is not installed. Install the Debian package git.")
    case .noRepository:
      Coverage.Entry(place: place, reason: .unsupported, detail: "It is no git repository.")
    case .bare:
      Coverage.Entry(place: place, reason: .unsupported, detail: "The repository is bare.")
    case .dubiousOwner:
      Coverage.Entry(
        place: place, reason: .permissionDenied,
        detail:
          "It belongs to another user, so git does not read it. Run as its owner, or trust it: "
          + "git config --global --add safe.directory DIRECTORY")
    case .unknownRevision(let name):
      Coverage.Entry(place: place, reason: .missing, detail: "There is no commit \(name).")
    case .interrupted: Coverage.Entry(place: place, reason: .interrupted)
    case .failed:
      Coverage.Entry(place: place, reason: .readError, detail: detail.map { "git: \($0)" })
    }
  }
}

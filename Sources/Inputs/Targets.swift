import Core
import Native
import Synchronization

/// What the command line says about reading.
package struct InputOptions: Sendable {
  package var excludes: [Glob] = []
  /// Larger files of a tree are left out (and listed).
  package var fileBytesMax: Int?
  /// What standard input is called in places.
  package var label: String?
  package var containers = ContainerLimits()
  package var sizes = ReadSizes()
  /// Tables of servers to read, by `schema.table`; all when empty.
  package var tables: [Glob] = []
  /// Rows to read of each table of a server; all when `nil`.
  package var rowsMax: Int?
  /// How targets on a network are reached.
  package var network = NetworkSettings()
  /// The source is only walked for a forecast: servers are not connected to for that.
  package var isForecast = false

  /// Whether items are asked for stamps.
  package var keepsStamps = false
  /// What the run itself writes: left out of trees.
  package var ownFiles: [FileStatus.Identity: OwnFile] = [:]

  package init() {}
}

/// A file or directory that the run itself writes.
package enum OwnFile: Sendable {
  case state, report

  /// What coverage says of it.
  func entry(_ place: String) -> Coverage.Entry {
    switch self {
    case .state:
      Coverage.Entry(place: place, reason: .ownState, detail: "This run keeps its state in it.")
    case .report:
      Coverage.Entry(place: place, reason: .ownReport, detail: "This run writes its report to it.")
    }
  }
}

/// Turns what the user typed into a source.
/// - Returns: for a path that is not there a source that says so, so that the others are scanned.
/// - Throws: `RunError` with `.usage` for a target of a kind not known.
package func makeSource(
  target: String, options: InputOptions
) throws(RunError) -> any Source {
  if target == "-" {
    let item = StreamItem(
      target: "-", name: options.label ?? "-", file: OpenFile(.standardInput),
      options: options)
    return SingleSource(target: "-", .item(item))
  }
  let scheme = target.prefix(while: isOfScheme).lowercased()
  let afterScheme = target.dropFirst(scheme.count)
  if scheme == "sqlite" && afterScheme.hasPrefix(":") {
    let path = ForeignBytes.bytes(of: String(afterScheme.dropFirst()))
    return try makePathSource(target: target, path: path, isDatabase: true, options)
  }
  if let server = serverSchemes[scheme], afterScheme.hasPrefix("://") {
    let target = scheme + afterScheme
    if options.isForecast { return EmptySource(target: ServerAddress.withoutSecrets(target)) }
    switch server {
    case .postgreSQL:
      try ServerAddress.checkPostgreSQL(target)
      return PostgreSQLSource(url: target, options: options)
    case .mySQL: return try MySQLSource(url: target, options: options)
    case .s3: return try S3Source(target: target, options: options)
    case .search: return try SearchSource(target: target, options: options)
    }
  }
  if scheme == "git" && afterScheme.hasPrefix(":") && !afterScheme.hasPrefix("://") {
    return try makeRepositorySource(target: target, path: String(afterScheme.dropFirst()), options)
  }
  if ["elasticsearch", "opensearch"].contains(scheme) && afterScheme.hasPrefix("://") {
    // The rest may hold a password, so only the scheme is shown.
    throw RunError(
      .usage, "\(scheme)://", "the target does not say whether to use TLS",
      hint: "Write \(scheme)+https://, or \(scheme)+http:// for a server on this machine.")
  }
  let path = ForeignBytes.bytes(of: target)
  if let address = addressScheme(of: target), !isThere(path) {
    // The rest may hold a password, so only the scheme is shown.
    throw RunError(
      .usage, "'\(address)'", "no such kind of target, and no such file",
      hint: closestScheme(to: address).map { "Did you mean \($0)://?" }
        ?? "A target is a path, -, sqlite:, git:, postgres://, mariadb://, s3:// or "
        + "elasticsearch+https://.")
  }
  return try makePathSource(target: target, path: path, isDatabase: false, options)
}

private func isOfScheme(_ letter: Character) -> Bool {
  letter.isASCII && (letter.isLetter || letter.isNumber || "+-.".contains(letter))
}

/// The scheme of a target that reads like an address, as typed: `jdbc:mysql://` of
/// `jdbc:mysql://host/shop`, and `postgres:` where slashes are missing.
private func addressScheme(of target: String) -> String? {
  let head = target.prefix { $0 == ":" || isOfScheme($0) }
  let scheme = target.prefix(while: isOfScheme)
  if !scheme.isEmpty, head.last == ":", target.dropFirst(head.count).hasPrefix("//") {
    return head + "//"
  }
  let isServer = serverSchemes[scheme.lowercased()] != nil
  return isServer && scheme.count < head.count ? scheme + ":" : nil
}

/// The scheme that was probably meant, for example by `jdbc:mysql://` or `postgresq://`.
private func closestScheme(to address: String) -> String? {
  let words = address.lowercased().split { !$0.isLetter && !$0.isNumber }
  // The longer of two names that begin alike comes first.
  let known = serverSchemes.keys.sorted().reversed()
  return known.first { words.contains($0[...]) }
    ?? known.first { name in
      words.contains { $0.count > 1 && (name.hasPrefix($0) || $0.hasPrefix(name)) }
    }
}

/// Whether a path leads to anything.
private func isThere(_ path: [UInt8]) -> Bool {
  do throws(SystemError) {
    _ = try FileStatus.of(path, followsLinks: false)
    return true
  } catch {
    return false
  }
}

private enum Server { case postgreSQL, mySQL, s3, search }

private let serverSchemes: [String: Server] = [
  "postgres": .postgreSQL, "postgresql": .postgreSQL, "mysql": .mySQL, "mariadb": .mySQL,
  "s3": .s3, "elasticsearch+http": .search, "elasticsearch+https": .search,
  "opensearch+http": .search, "opensearch+https": .search,
]

private func makeRepositorySource(
  target: String, path: String, _ options: InputOptions
) throws(RunError) -> any Source {
  let path = ForeignBytes.bytes(of: path)
  let target = Escaping.text(fromFileName: ForeignBytes.bytes(of: target))
  guard !path.isEmpty, !path.contains(0) else {
    throw RunError(.usage, "'\(target)'", "it names no path")
  }
  return makeGitSource(target: target, path: path, options)
}

private func makePathSource(
  target: String, path: [UInt8], isDatabase: Bool, _ options: InputOptions
) throws(RunError) -> any Source {
  let target = Escaping.text(fromFileName: ForeignBytes.bytes(of: target))
  guard !path.isEmpty, !path.contains(0) else {
    throw RunError(.usage, "'\(target)'", "it names no path")
  }
  let place = Escaping.text(fromFileName: path)
  // What is no path may be an address, with a password in it.
  let shownTarget = SecretRemoval.removed(from: target)
  let shownPlace = SecretRemoval.removed(from: place)
  do throws(SystemError) {
    let status = try FileStatus.of(path, followsLinks: true)
    if isDatabase && status.kind != .regular {
      return refusal(target, place, .unsupported, "It is not a file. Name the database file.")
    }
    switch status.kind {
    case .regular:
      // A database's log lies beside the file itself, not beside a link to it.
      let isLink = try FileStatus.of(path, followsLinks: false).kind == .symbolicLink
      let item = FileItem(
        target: target, path: path, bytes: status.size,
        origin: .named(isLink ? try resolvedPath(path) : path),
        isNamedDatabase: isDatabase,
        options: options)
      return SingleSource(target: target, .item(item))
    case .directory:
      return try TreeSource(target: target, path: path, options: options)
    case .fifo:
      let file = OpenFile(try Descriptor.open(path, followsLinks: true))
      let item = StreamItem(
        target: target, name: options.label ?? place, file: file, options: options)
      return SingleSource(target: target, .item(item))
    case .device:
      return refusal(
        target, place, .device, "It is a device. Pipe its content: unpan scan - < DEVICE.")
    case .socket, .symbolicLink, .unknown:
      return refusal(target, place, .unsupported, "It is neither a file nor a directory.")
    }
  } catch .notFound {
    return refusal(shownTarget, shownPlace, .missing, "No such file or directory.")
  } catch .notADirectory {
    return refusal(shownTarget, shownPlace, .missing, "No such file or directory.")
  } catch {
    return SingleSource(target: shownTarget, .notExamined(InputError(shownPlace, error).entry))
  }
}

private func refusal(
  _ target: String, _ place: String, _ reason: Coverage.Reason, _ detail: String
) -> SingleSource {
  SingleSource(
    target: target,
    .notExamined(Coverage.Entry(place: place, reason: reason, detail: detail)))
}

/// A source of one event.
package final class SingleSource: Source {
  package let target: String
  private let event: Mutex<ItemEvent?>

  init(target: String, _ event: ItemEvent) {
    self.target = target
    self.event = Mutex(event)
  }

  package func next() -> ItemEvent? { event.withLock { $0.take() } }
}

/// A source of nothing.
final class EmptySource: Source {
  let target: String

  init(target: String) { self.target = target }

  func next() -> ItemEvent? { nil }
}

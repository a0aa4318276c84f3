import Core
import Glibc
import Native

/// What the client's option files say of TLS in words that libmariadb passes over: it takes
/// `ssl-enforce=1` and `ssl-verify-server-cert=1`, but not `ssl`, a switch without its value, nor
/// MySQL's `ssl-mode`, which the servers' own programs take from the same files.
struct MySQLOptionFiles {
  private(set) var tls = LibMariaDB.TLS.asConfigured
  private var isInClient = false
  private var filesLeft = 64

  private static let groups: Set<String> = ["client", "client-server", "client-mariadb"]
  private static let fileBytesMax = 1 << 20

  /// - Parameter file: to be read in the place of the usual ones.
  init(_ file: String?) {
    if let file {
      read(file)
      return
    }
    func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
    let home = variable("MARIADB_HOME") ?? variable("MYSQL_HOME")
    for directory in ["/etc", "/etc/mysql", home].compactMap({ $0 }) { read(directory + "/my.cnf") }
    if let home = variable("HOME") { read(home + "/.my.cnf") }
  }

  /// A file that is not there says nothing; one that is named in the target was looked for before.
  private mutating func read(_ path: String) {
    guard filesLeft > 0 else { return }
    filesLeft -= 1
    let bytes: [UInt8]
    do throws(SystemError) {
      let file = OpenFile(try Descriptor.open(Array(path.utf8), followsLinks: true))
      bytes = try file.head(bytes: Self.fileBytesMax)
    } catch {
      return
    }
    // A file that another includes begins without a group, and leaves the other's as it was.
    let outer = isInClient
    isInClient = false
    defer { isInClient = outer }
    for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline) {
      let words = line.split(whereSeparator: \.isWhitespace)
      guard let first = words.first else { continue }
      if first.hasPrefix("[") {
        isInClient = Self.groups.contains(String(first.dropFirst().prefix { $0 != "]" }))
      } else if first == "!include", words.count > 1 {
        read(String(words[1]))
      } else if first == "!includedir", words.count > 1 {
        for file in Self.files(in: String(words[1])) { read(file) }
      } else if isInClient {
        let pair = line.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        take(Self.plain(pair[0]), value: pair.count > 1 ? Self.plain(pair[1]) : nil)
      }
    }
  }

  private mutating func take(_ name: String, value: String?) {
    let isOn = ["1", "on", "true", "yes"].contains(value ?? "1")
    switch name {
    case "ssl", "ssl-enforce", "tls-enforce":
      if !isOn { tls = .asConfigured } else if tls == .asConfigured { tls = .required }
    case "skip-ssl", "disable-ssl": tls = .asConfigured
    case "ssl-verify-server-cert", "tls-verify-peer":
      if isOn { tls = .verified } else if tls == .verified { tls = .required }
    case "ssl-mode":
      tls = value.flatMap { ServerAddress.tls(mode: $0) } ?? tls
    default: return
    }
  }

  private static func files(in directory: String) -> [String] {
    do throws(SystemError) {
      let folder = try Descriptor.openDirectory(Array(directory.utf8), followsLinks: true)
      let names = try DirectoryListing(of: folder)
      return (0..<names.count).map { String(decoding: names[$0], as: UTF8.self) }
        .filter { $0.hasSuffix(".cnf") }.map { directory + "/" + $0 }
    } catch {
      return []
    }
  }

  /// Without blanks and quotes, underscores as hyphens, in small letters.
  private static func plain(_ text: Substring) -> String {
    let letters = text.prefix { $0 != "#" }.filter { !$0.isWhitespace && $0 != "\"" && $0 != "'" }
    return String(letters.map { $0 == "_" ? "-" : $0 }).lowercased()
  }
}

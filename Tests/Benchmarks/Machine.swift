import Foundation
import Glibc

/// Where the numbers were measured.
enum Machine {
  static var text: String {
    var name = utsname()
    uname(&name)
    let kernel = withUnsafeBytes(of: name.release) {
      String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
    }
    return "\(processor), \(sysconf(Int32(_SC_NPROCESSORS_ONLN))) cores, Linux \(kernel)"
  }

  private static var processor: String {
    guard let bytes = FileManager.default.contents(atPath: "/proc/cpuinfo") else {
      return "unknown"
    }
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n")
    where line.hasPrefix("model name") {
      return line.split(separator: ":").last.map { $0.trimmingCharacters(in: .whitespaces) } ?? ""
    }
    return "unknown processor"
  }

  /// Whether a program can be found.
  static func has(_ program: String) -> Bool {
    let folders = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
    return folders.split(separator: ":").contains { access("\($0)/\(program)", X_OK) == 0 }
  }
}

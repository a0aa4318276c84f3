/// One spelling for the ways in which a target or a path can be written: `./logs`, `logs/` and `logs`.
package enum PathSpelling {
  /// - Parameter text: a target as it was typed, or a path; addresses (`s3://…`) stay as they are.
  /// - Returns: without `.` and empty steps; `..` stays, because what it leads to depends on links.
  package static func plain(_ text: String) -> String {
    if text.contains("://") { return text }
    for scheme in ["sqlite:", "git:"] where text.lowercased().hasPrefix(scheme) {
      return scheme + plain(String(text.dropFirst(scheme.count)))
    }
    let steps = text.split(separator: "/").filter { $0 != "." }.joined(separator: "/")
    if text.hasPrefix("/") { return "/" + steps }
    return steps.isEmpty && !text.isEmpty ? "." : steps
  }
}

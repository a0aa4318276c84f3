import Audit
import Core

/// What `guard --explain` shows: which settings hold, and what they say of each path.
struct GuardExplanation {
  let settings: GuardSettings
  let today: String
  /// Where in the repository it is asked, `src/` for example: rules name paths from its top.
  var prefix = ""

  func text(_ paths: [String]) -> String {
    var text = ""
    if let file = settings.file {
      text += "settings   \(shown(file))\n"
    } else {
      text +=
        "settings   none: no \(GuardSettings.fileName) here or above, up to the repository's top\n"
    }
    text += "baseline   \(settings.baselinePath.map(shown) ?? "none")\n"
    text += "confidence \(settings.minConfidence?.rawValue ?? "medium") and above is listed\n"
    text += "severity   \(settings.failOn?.rawValue ?? "low") and above fails\n"
    text += "test numbers: \(settings.testNumbers?.rawValue ?? "report")\n"
    if paths.isEmpty {
      for rule in settings.paths { text += line(rule) }
    }
    for path in paths {
      let name = fromTop(path)
      let rules = settings.rules(for: name, today: today)
      text += "\n\(shown(name))\n"
      text += rules.isEmpty ? "  no rule: every finding counts\n" : rules.map(line).joined()
    }
    text += "\nTracks, verification codes and PIN blocks fail wherever they are read.\n"
    return text
  }

  private func fromTop(_ path: String) -> String {
    guard !path.hasPrefix("/") else { return path }
    var parts: [Substring] = []
    for part in (prefix + path).split(separator: "/") where part != "." {
      if part == "..", !parts.isEmpty { parts.removeLast() } else { parts.append(part) }
    }
    return parts.joined(separator: "/") + (path.hasSuffix("/") ? "/" : "")
  }

  private func line(_ rule: GuardSettings.PathRule) -> String {
    let effect =
      switch rule.effect {
      case .exclude: "not read"
      case .ignoreTestNumbers: "test numbers are counted only"
      case .allow(let kinds): "does not fail: " + kinds.map(\.rawValue).joined(separator: ", ")
      }
    let isOver = rule.expires.map { $0 < today } ?? false
    let expires = rule.expires.map { isOver ? ", expired on \($0)" : ", until \($0)" } ?? ""
    let owner = rule.owner.map { ", \(shown($0))" } ?? ""
    return "  \(shown(rule.path)): \(effect) (\(shown(rule.reason))\(owner)\(expires))\n"
  }

  private func shown(_ text: String) -> String { Escaping.visible(NumberGuard.masked(text)) }
}

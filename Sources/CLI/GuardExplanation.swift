import Audit
import Core

/// What `guard --explain` shows: which settings hold, and what they say of each path.
struct GuardExplanation {
  let settings: GuardSettings
  let today: String

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
      var name = path[...]
      while name.hasPrefix("./") { name = name.dropFirst(2) }
      let rules = settings.rules(for: String(name), today: today)
      text += "\n\(shown(String(name)))\n"
      text += rules.isEmpty ? "  no rule: every finding counts\n" : rules.map(line).joined()
    }
    text += "\nTracks, verification codes and PIN blocks fail wherever they are read.\n"
    return text
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

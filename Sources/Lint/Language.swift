import Rules

/// How a source file is taken apart, and which rules are for it.
package struct Language: Sendable, Equatable {
  package var syntax: Syntax
  /// As rules name them; a template holds several languages.
  package var names: [String]

  /// The families of notations.
  package enum Syntax: Sendable {
    case javascript, php, html, erb, java, kotlin, python, ruby, go, csharp, swift, sql
  }

  /// By the file's name; `nil` when it is no source that is checked.
  package init?(path: String) {
    let name = (path.split(separator: "/").last ?? "").lowercased()
    guard let dot = name.lastIndex(of: ".") else {
      guard ["rakefile", "gemfile"].contains(name) else { return nil }
      self = Language(.ruby, "ruby")
      return
    }
    switch name[name.index(after: dot)...] {
    case "js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts":
      self = Language(.javascript, "javascript", "html")
    case "php", "phtml", "php5", "php7", "ctp": self = Language(.html, "php", "html", "javascript")
    case "html", "htm", "xhtml", "twig", "hbs", "handlebars", "mustache", "njk", "jinja", "jinja2",
      "j2", "vue", "svelte", "liquid", "ejs", "jsp", "tpl":
      self = Language(.html, "html", "javascript")
    case "erb": self = Language(.erb, "html", "javascript", "ruby")
    case "cshtml", "razor", "aspx": self = Language(.html, "html", "javascript", "csharp")
    case "java": self = Language(.java, "java")
    case "kt", "kts": self = Language(.kotlin, "kotlin", "java")
    case "py", "pyw": self = Language(.python, "python")
    case "rb", "rake", "ru": self = Language(.ruby, "ruby")
    case "go": self = Language(.go, "go")
    case "cs": self = Language(.csharp, "csharp")
    case "swift": self = Language(.swift, "swift")
    case "sql": self = Language(.sql, "sql")
    default: return nil
    }
  }

  /// By a name that rules use; `nil` for any other.
  package init?(name: String) {
    switch name {
    case "javascript": self.init(path: "a.js")
    case "html": self.init(path: "a.html")
    case "php": self.init(path: "a.php")
    case "java": self.init(path: "a.java")
    case "kotlin": self.init(path: "a.kt")
    case "python": self.init(path: "a.py")
    case "ruby": self.init(path: "a.rb")
    case "go": self.init(path: "a.go")
    case "csharp": self.init(path: "a.cs")
    case "swift": self.init(path: "a.swift")
    case "sql": self.init(path: "a.sql")
    default: return nil
    }
  }

  /// Every `names` there is.
  static let allNames: [[String]] = Set(
    LintRule.languageNames.compactMap { Language(name: $0)?.names }
      + ["erb", "cshtml"].compactMap { Language(path: "a." + $0)?.names }
  ).sorted { $0.joined() < $1.joined() }

  private init(_ syntax: Syntax, _ names: String...) {
    self.syntax = syntax
    self.names = names
  }

  /// Whether blocks are told by indentation. Ruby's are not, but its code is indented all the same.
  var isIndented: Bool { syntax == .python || syntax == .ruby }
}

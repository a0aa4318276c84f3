import Foundation
import Testing

/// House rules that a machine can check.
@Suite struct TidyTests {
  private static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// What a module may import of ours: everything below its layer, nothing beside it.
  private static let layers: [[String]] = [
    ["unpan"], ["CLI"], ["Audit", "Migration", "Reporting", "Lint"],
    ["Detection", "Inputs", "Stripe"], ["Native", "Rules"], ["Core"],
  ]

  private static let topLevel: Set<String> = [
    "Package.swift", "Sources", "Tests", "rules", "reports", "integrations", "docs", "Makefile",
    "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", ".ci", ".gitignore",
    ".pre-commit-hooks.yaml", "action.yml",
    ".gitattributes", ".swift-format",
  ]

  private struct File {
    /// Below the root.
    var path: String
    var text: String
    var lines: [Substring] { text.split(separator: "\n", omittingEmptySubsequences: false) }
  }

  /// Every file that git tracks or would track, with its size.
  private static func tracked() throws -> [String] {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      "git", "-C", root.path, "ls-files", "-z", "--cached", "--others", "--exclude-standard",
    ]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = try pipe.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0, "git cannot list the files")
    return data.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
      .filter { FileManager.default.fileExists(atPath: root.appending(path: $0).path) }
  }

  private static func swiftFiles(below folder: String) throws -> [File] {
    let files = try tracked().filter { $0.hasPrefix(folder) && $0.hasSuffix(".swift") }.map {
      File(path: $0, text: try String(contentsOf: root.appending(path: $0), encoding: .utf8))
    }
    try #require(!files.isEmpty)
    return files
  }

  @Test func `imports point down the layers and never sideways`() throws {
    let layer = Dictionary(
      uniqueKeysWithValues: Self.layers.enumerated().flatMap { index, names in
        names.map { ($0, index) }
      })
    for file in try Self.swiftFiles(below: "Sources/") {
      let module = String(file.path.split(separator: "/")[1])
      let own = try #require(layer[module], "\(file.path): module without a layer")
      for line in file.lines {
        let words = line.split(separator: " ")
        guard let position = words.firstIndex(of: "import"), position <= 1,
          words.count > position + 1, position == 0 || !line.contains("//")
        else { continue }
        let imported = String(words[position + 1])
        if let other = layer[imported] {
          #expect(own < other, "\(file.path) imports \(imported)")
        } else if ["CSQLite", "CCurl", "CSystem"].contains(imported) {
          #expect(module == "Native", "\(file.path) imports \(imported)")
        }
      }
    }
  }

  @Test func `no file is too long to read`() throws {
    for file in try Self.swiftFiles(below: "Sources/") + Self.swiftFiles(below: "Tests/") {
      #expect(file.lines.count <= 600, "\(file.path) has \(file.lines.count) lines")
    }
  }

  @Test func `sources have no forced try and nothing left to do`() throws {
    let words = ["try" + "!", "TO" + "DO", "FIX" + "ME", "XX" + "X:"]
    for file in try Self.swiftFiles(below: "Sources/") {
      for (number, line) in file.lines.enumerated() {
        for word in words {
          #expect(!line.contains(word), "\(file.path):\(number + 1) has \(word)")
        }
      }
    }
  }

  @Test func `an error is never swallowed`() throws {
    for file in try Self.swiftFiles(below: "Sources/") {
      let code = file.text.filter { !$0.isWhitespace }
      #expect(!code.contains("catch{}"), "\(file.path)")
    }
  }

  @Test func `nothing names a place on somebody's machine`() throws {
    let places = ["/ho" + "me/", "/Us" + "ers/", "/ro" + "ot/", Self.root.path]
    for path in try Self.tracked() {
      let data = try Data(contentsOf: Self.root.appending(path: path))
      guard let text = String(data: data, encoding: .utf8) else { continue }
      for place in places {
        // A path of its own, not the middle of another (`integrations/ho…`).
        let hit = text.ranges(of: place).contains { range in
          guard range.lowerBound > text.startIndex else { return true }
          let before = text[text.index(before: range.lowerBound)]
          return !before.isLetter && !before.isNumber && !"/._-~".contains(before)
        }
        #expect(!hit, "\(path) has a path below \(place)")
      }
    }
  }

  @Test func `no file is larger than a megabyte`() throws {
    for path in try Self.tracked() {
      let size =
        try FileManager.default.attributesOfItem(
          atPath: Self.root.appending(path: path).path)[.size] as? Int
      #expect(try #require(size) <= 1 << 20, "\(path)")
    }
  }

  @Test func `the package depends on no other package`() throws {
    let text = try String(
      contentsOf: Self.root.appending(path: "Package.swift"), encoding: .utf8)
    #expect(!text.contains(".package" + "("))
    #expect(!text.contains(".product" + "("))
  }

  @Test func `the top level holds what it is meant to hold`() throws {
    for path in try Self.tracked() {
      let entry = String(path.split(separator: "/")[0])
      #expect(Self.topLevel.contains(entry), "\(path)")
    }
  }
}

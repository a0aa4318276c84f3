import CLI
import Foundation
import Testing

/// The HTML report of the demo in a real browser.
@Suite struct BrowserTests {
  @Test(
    .enabled(
      if: BrowserTests.isInstalled, "there is no chromium; on Debian, apt-get install chromium"),
    arguments: [true, false])
  func `the page is whole with and without scripts and breaks no rule of its policy`(
    runsScripts: Bool
  ) throws {
    let tool = try Tool()
    _ = try DemoShop().write(to: tool.directory.appendingPathComponent("shop").path)
    #expect(try tool.run(["scan", "shop", "--format", "html", "-o", "page.html", "-q"]).exit == 1)
    let (page, log) = try Self.open(
      tool.directory.appendingPathComponent("page.html"), in: tool.directory,
      runsScripts: runsScripts)
    // What the page's policy forbids, and what fails in a script, is told on the console.
    #expect(!log.contains(":CONSOLE"), "\(log)")
    #expect(page.contains("<h1>Sensitive authentication data found</h1>"))
    #expect(page.contains("Storage of account data"))
    #expect(page.contains("type=\"search\"") == runsScripts)
  }

  @Test(
    .enabled(
      if: BrowserTests.isInstalled, "there is no chromium; on Debian, apt-get install chromium"))
  func `the browser tells these tests what a page does wrong`() throws {
    let tool = try Tool()
    _ = try tool.run(["scan", ".", "--format", "html", "-o", "page.html", "-q"])
    let url = tool.directory.appendingPathComponent("page.html")
    var page = try String(contentsOf: url, encoding: .utf8)
    page = page.replacing("<main", with: "<img src=\"x.png\"><p style=\"color:red\"></p><main")
    try Data(page.utf8).write(to: url)
    let log = try Self.open(url, in: tool.directory, runsScripts: true).log
    #expect(log.contains(":CONSOLE"))
  }

  /// - Returns: the page as the browser holds it, and what it logged.
  private static func open(
    _ url: URL, in directory: URL, runsScripts: Bool
  ) throws -> (page: String, log: String) {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [
      "chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
      "--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr", "--v=0",
      "--user-data-dir=\(directory.appendingPathComponent("profile").path)",
      "--dump-dom", url.absoluteString,
    ]
    if !runsScripts {
      // As a user's setting; the switch that turns scripts off also breaks --dump-dom.
      let settings = directory.appendingPathComponent("profile/Default")
      try FileManager.default.createDirectory(at: settings, withIntermediateDirectories: true)
      try Data(#"{"profile":{"default_content_setting_values":{"javascript":2}}}"#.utf8)
        .write(to: settings.appendingPathComponent("Preferences"))
    }
    let (page, log) = (
      directory.appendingPathComponent("dom.html"), directory.appendingPathComponent("log.txt")
    )
    for file in [page, log] { try Data().write(to: file) }
    process.standardOutput = try FileHandle(forWritingTo: page)
    process.standardError = try FileHandle(forWritingTo: log)
    try process.run()
    process.waitUntilExit()
    return (
      String(decoding: try Data(contentsOf: page), as: UTF8.self),
      String(decoding: try Data(contentsOf: log), as: UTF8.self)
    )
  }

  /// In continuous integration a missing browser is a failure, not a reason to skip.
  private static let isInstalled: Bool = {
    let environment = ProcessInfo.processInfo.environment
    if environment["CI"] == "true" { return true }
    return (environment["PATH"] ?? "").split(separator: ":").contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/chromium")
    }
  }()
}

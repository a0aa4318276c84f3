import Foundation
import TestSupport
import Testing

/// Two runs of the binary over the same folder, the second told to look for less.
@Suite struct ComparisonTests {
  @Test(arguments: [
    ["--exclude", "sub"], ["--max-file-size", "30"], ["--min-confidence", "high"],
    ["--test-numbers", "ignore"],
  ])
  func `what a run leaves out is not gone`(flags: [String]) throws {
    let tool = try Tool()
    let bare = "reference " + String(repeating: "x", count: 40) + " 4111111111111111\n"
    try tool.write(bare, to: "t/sub/a.log")
    try tool.write("t\n", to: "t/b.log")
    let a = try tool.run(["scan", "t", "--format", "json", "-o", "a.json"])
    #expect(a.exit == 1, "\(a)")
    let less = ["scan", "t", "--format", "json", "--previous", "a.json", "-o", "b.json"] + flags
    let b = try tool.run(less)
    #expect(b.exit == 2, "\(b)")
    for format in ["text", "markdown", "html"] {
      let told = try tool.run(["report", "b.json", "--format", format])
      #expect(told.out.contains("0 gone, 1 not scanned again"), "\(format): \(told.out)")
    }
    let compared = try tool.run(["report", "--compare", "a.json", "b.json"])
    #expect(compared.exit == 2, "\(compared)")
    #expect(compared.out.contains("0 gone, 1 not scanned again"), "\(compared.out)")
    #expect(compared.out.contains("Not looked for again"), "\(compared.out)")
    // What is gone is gone, also for a run that looks for less.
    try FileManager.default.removeItem(at: tool.directory.appending(path: "t/sub"))
    let gone = try tool.run(less)
    #expect(gone.exit == 0, "\(gone)")
  }
}

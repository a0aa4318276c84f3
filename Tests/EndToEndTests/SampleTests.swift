import Foundation
import Native
import Testing

/// The sample reports of the repository are what this version writes.
@Suite struct SampleTests {
  private static let samples = Tool.package.appendingPathComponent("reports/samples")

  private static func files(below folder: URL) throws -> [String: Data] {
    var files: [String: Data] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: folder.path) {
      let url = folder.appendingPathComponent(path)
      if !url.hasDirectoryPath, path.contains("/") { files[path] = try Data(contentsOf: url) }
    }
    return files
  }

  /// The page tells of the self-test, and that of what these read.
  private static let hasPrograms: Bool = {
    let environment = ProcessInfo.processInfo.environment
    if environment["CI"] == "true" { return true }
    return LibArchive.shared != nil
      && (environment["PATH"] ?? "").split(separator: ":").contains {
        FileManager.default.isExecutableFile(atPath: "\($0)/pdftotext")
      }
  }()

  @Test(
    .enabled(
      if: hasPrograms, "libarchive13 or poppler-utils is missing; .ci/deps test installs both"))
  func `the sample reports are fresh and small`() throws {
    let tool = try Tool()
    let outcome = try tool.run(
      [Tool.binary.path, "fresh"],
      binary: Tool.package.appendingPathComponent(".ci/samples").path)
    try #require(outcome.exit == 0, "\(outcome.err)")
    let fresh = try Self.files(below: tool.directory.appendingPathComponent("fresh"))
    let kept = try Self.files(below: Self.samples)
    #expect(fresh.count >= 6)
    #expect(Set(fresh.keys) == Set(kept.keys))
    for (name, data) in fresh {
      #expect(kept[name] == data, "\(name) is stale: run `make samples` and look at what changed")
    }
    #expect(kept.values.reduce(0) { $0 + $1.count } < 600_000)
    let before = String(decoding: try #require(kept["before/report.txt"]), as: UTF8.self)
    let after = String(decoding: try #require(kept["after/report.txt"]), as: UTF8.self)
    #expect(before.contains("CARD DATA FOUND"))
    #expect(after.contains("TARGET STATE REACHED") && after.contains("reconciled"))
  }
}

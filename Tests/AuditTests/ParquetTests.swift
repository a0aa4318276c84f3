import Core
import Foundation
import TestSupport
import Testing

/// Parquet as pyarrow writes it.
@Suite(.enabled(if: ParquetFixtures.isPossible, "needs pyarrow (PyPI) for python3"))
struct ParquetTests {
  private static let codecs = ["none", "snappy", "gzip", "brotli", "zstd", "lz4"]
  static let files = codecs.flatMap { codec in
    ["1.0-dictionary", "1.0-plain", "2.0-dictionary", "2.0-plain"].map { "\(codec)-\($0)" }
  }

  @Test(arguments: files)
  func `every column is read, whatever wrote its pages`(file: String) throws {
    let result = try ContainerFixtures.scan(path: ParquetFixtures.path(file + ".parquet"))
    let rows = (0..<10).map { "row=\($0 * 50 + 8)" }
    for column in ["number", "whole", "exact", "float", "note", "nested.list.element.card"] {
      let found = result.findings.filter { $0.rule == "pan" && $0.location.field == column }
      #expect(found.map { $0.location.row ?? "" } == rows, "\(column)")
    }
    let codes = result.findings.filter { $0.rule == "cvv" }
    #expect(codes.map { $0.location.row ?? "" } == rows)
    #expect(codes.allSatisfy { $0.location.field == "cvv" && $0.location.table == "schema" })
    #expect(result.findings.count == 70)
    #expect(result.summary?.complete == true)
    #expect(result.summary?.examined.rows == 500)
  }

  @Test(arguments: [
    "DELTA_BINARY_PACKED", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY", "BYTE_STREAM_SPLIT",
  ])
  func `every encoding of values is read`(encoding: String) throws {
    let result = try ContainerFixtures.scan(path: ParquetFixtures.path(encoding + ".parquet"))
    #expect(result.findings.map(\.location.row) == (0..<10).map { "row=\($0 * 50 + 8)" })
    #expect(result.summary?.complete == true)
  }

  @Test func `a file in an archive is read`() throws {
    let result = try ContainerFixtures.scan(path: ParquetFixtures.path("export.zip"))
    #expect(result.findings.count == 70)
    #expect(result.findings.allSatisfy { $0.location.member == "2024/cards.parquet" })
  }

  /// The end tells where the columns are, so a damaged end could hide them.
  @Test func `a damaged end is told`() throws {
    let whole = try Data(
      contentsOf: URL(filePath: ParquetFixtures.path("none-1.0-plain.parquet")))
    let length = whole.suffix(8).prefix(4).reversed().reduce(0) { $0 << 8 | Int($1) }
    let footer = whole.count - 8 - length
    // A zero ends the list of what the file says of itself: before all of it, and before its columns.
    for place in [footer, footer + 2] {
      var bytes = whole
      bytes[place] = 0
      #expect(try ParquetFixtures.scan(bytes).summary?.complete == false)
    }
    for kept in [whole.count - 1, footer, 4] {
      #expect(try ParquetFixtures.scan(whole.prefix(kept)).summary?.complete == false)
    }
  }

  @Test func `whatever is changed, reading ends`() throws {
    var random = SplitMix(seed: 20)
    for file in ["snappy-2.0-dictionary", "none-1.0-plain", "DELTA_BYTE_ARRAY"] {
      let whole = try Data(contentsOf: URL(filePath: ParquetFixtures.path(file + ".parquet")))
      for _ in 0..<25 {
        var bytes = whole
        let isEnd = Bool.random(using: &random)
        for _ in 0..<Int.random(in: 1...6, using: &random) {
          let low = isEnd ? max(4, bytes.count - 2500) : 4
          bytes[Int.random(in: low..<bytes.count - 8, using: &random)] =
            UInt8.random(in: 0...255, using: &random)
        }
        #expect(try ParquetFixtures.scan(bytes).summary != nil)
      }
    }
  }
}

/// Files written by `Tests/Fixtures/parquet.py` when a test first asks.
enum ParquetFixtures {
  private static let python: String = {
    let name = ProcessInfo.processInfo.environment["UNPAN_PYTHON"] ?? "python3"
    guard name.contains("/"), !name.hasPrefix("/") else { return name }
    return package.appending(path: name).path
  }()
  private static let package = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  /// Missing is a failure in CI.
  static let isPossible: Bool =
    ProcessInfo.processInfo.environment["CI"] == "true" || run(["-c", "import pyarrow"])

  private static let folder: String = {
    let path = FileManager.default.temporaryDirectory.appending(
      path: "unpan-parquet-\(ProcessInfo.processInfo.processIdentifier)"
    ).path
    let script = package.appending(path: "Tests/Fixtures/parquet.py").path
    precondition(
      run(["-c", "import os, sys; os.makedirs(sys.argv[1])", path]) && run([script, path]),
      "parquet.py failed")
    atexit { try? FileManager.default.removeItem(atPath: ParquetFixtures.folder) }
    return path
  }()

  static func path(_ name: String) -> String { folder + "/" + name }

  static func scan(_ bytes: Data) throws -> Collector {
    let path = path("changed-\(UUID().uuidString)")
    try bytes.write(to: URL(filePath: path))
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try ContainerFixtures.scan(path: path)
  }

  private static func run(_ arguments: [String]) -> Bool {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [python] + arguments
    process.standardError = FileHandle.nullDevice
    do {
      try process.run()
      process.waitUntilExit()
      return process.terminationStatus == 0
    } catch { return false }
  }
}

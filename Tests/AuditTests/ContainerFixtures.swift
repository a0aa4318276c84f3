import Core
import Foundation
import Inputs
import Native
import TestSupport

/// Files of every container, made by `Tests/Fixtures/containers.py` when a test first asks.
enum ContainerFixtures {
  /// The directory with `good` and `bad`; gone when the process ends.
  static let folder: String = {
    let path = FileManager.default.temporaryDirectory.appending(
      path: "unpan-containers-\(ProcessInfo.processInfo.processIdentifier)"
    ).path
    let script = URL(filePath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Fixtures/containers.py").path
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", script, path]
    do {
      try process.run()
      process.waitUntilExit()
    } catch {
      preconditionFailure("python3: \(error)")
    }
    precondition(process.terminationStatus == 0, "containers.py failed")
    atexit {
      try? FileManager.default.removeItem(atPath: ContainerFixtures.folder)
    }
    return path
  }()

  /// What making and reading them takes; missing is a failure in CI.
  static let isPossible: Bool = {
    if ProcessInfo.processInfo.environment["CI"] == "true" { return true }
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    let programs = ["python3", "bsdtar", "zstd", "lz4", "pdftotext"]
    return LibArchive.shared != nil
      && programs.allSatisfy { program in
        path.split(separator: ":").contains {
          FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
        }
      }
  }()

  static let missing: String =
    "needs libarchive13, libarchive-tools, zstd, lz4, poppler-utils and python3"

  /// Scans one of the files.
  static func scan(
    _ name: String, threads: Int = 1, set: (inout ContainerLimits) -> Void = { _ in }
  ) throws -> Collector {
    try scan(path: folder + "/" + name, threads: threads, set: set)
  }

  static func scan(
    path: String, threads: Int = 1, set: (inout ContainerLimits) -> Void = { _ in }
  ) throws -> Collector {
    var options = InputOptions()
    set(&options.containers)
    return try run([makeSource(target: path, options: options)], threads: threads)
  }
}

extension Collector {
  /// Member, place and last four digits of each finding, for example `app.log 2 1111`.
  var places: [String] {
    findings.map { finding in
      let place = finding.location
      let line = place.line.map(String.init) ?? "\(place.table ?? "-")/\(place.field ?? "-")"
      return "\(place.member ?? "-") \(line) \(finding.last4 ?? finding.rule)"
    }
  }

  var reasons: [String] { coverages.flatMap(\.notExamined).map(\.reason.rawValue) }
}

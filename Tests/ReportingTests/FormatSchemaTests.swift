import Core
import Foundation
@testable import Reporting
import TestSupport
import Testing

/// The formats of others, checked with their schemas and read by their programs.
///
/// The schemas lie beside the checkout (`../shared/facts/schemas`); where they do not, the tests that
/// need them are skipped.
@Suite struct FormatSchemaTests {
  private static let schemas: URL? = {
    var folder = Repository.root
    for _ in 0..<2 {
      let candidate = folder.appending(path: "../shared/facts/schemas").standardizedFileURL
      if FileManager.default.fileExists(atPath: candidate.path) { return candidate }
      folder = folder.deletingLastPathComponent()
    }
    return nil
  }()
  private static let hasSchemas = schemas != nil
  private static let noSchemas: Comment = "../shared/facts/schemas is not beside the checkout"
  private static let hasXMLLint = Programs.isUsable(["xmllint", "--version"])
  private static let hasCheckSchema = Programs.isUsable([
    Programs.python, "-m", "check_jsonschema", "--version",
  ])
  private static let hasSARIFTools = Programs.isUsable([
    Programs.python, "-m", "sarif", "--version",
  ])

  static let reports = SampleReport.all + [.hostile, .random(seed: 11)]

  private func rendered(_ report: SampleReport, _ format: String) throws -> String {
    var options = ReportOptions()
    options.rules = SampleReport.rules
    return try ReportingTests.rendered(report, format, options)
  }

  @Test(
    .enabled(if: hasSchemas, noSchemas),
    .enabled(if: hasCheckSchema, "check-jsonschema is not installed (PyPI)"),
    arguments: [
      ("sarif", "sarif-schema-2.1.0.json"), ("sarif", "schemastore-sarif-2.1.0.json"),
      ("gitlab", "gitlab-sast-15.0.7.condensed.schema.json"),
      ("gitlab-codequality", "gitlab-code-quality.condensed.schema.json"),
    ])
  func `a JSON format keeps to its schema`(format: String, schema: String) throws {
    let path = try #require(Self.schemas).appending(path: schema).path
    for report in Self.reports {
      let result = try Programs.withFile(rendered(report, format), ".json") { file in
        try Programs.run(
          [Programs.python, "-m", "check_jsonschema", "--schemafile", path, file])
      }
      #expect(result.code == 0, "\(report.name): \(result.text.prefix(2000))")
    }
  }

  @Test(
    .enabled(if: hasSchemas, noSchemas),
    .enabled(if: hasXMLLint, "xmllint is not installed (libxml2-utils)"),
    arguments: ["junit-ant-windyroad.xsd", "junit-10-jenkins-xunit.xsd"])
  func `JUnit keeps to both schemas`(schema: String) throws {
    let path = try #require(Self.schemas).appending(path: schema).path
    for report in Self.reports {
      let result = try Programs.withFile(rendered(report, "junit"), ".xml") { file in
        try Programs.run(["xmllint", "--noout", "--nonet", "--schema", path, file])
      }
      #expect(result.code == 0, "\(report.name): \(result.text.prefix(2000))")
    }
  }

  @Test(.enabled(if: hasSARIFTools, "sarif-tools is not installed (PyPI)"))
  func `another program reads as many results out of SARIF as there are`() throws {
    for report in Self.reports {
      let result = try Programs.withFile(rendered(report, "sarif"), ".sarif") { file in
        try Programs.run([Programs.python, "-m", "sarif", "summary", file])
      }
      #expect(result.code == 0, "\(report.name): \(result.text)")
      // What a target-state policy does not let pass is a result as well.
      let offenders = report.summary.policy.map(PolicyOffender.all) ?? []
      for (level, severities) in [
        ("error", [Severity.critical, .high]), ("warning", [.medium]), ("note", [.low]),
      ] {
        let count =
          report.findings.count { severities.contains($0.severity) }
          + offenders.count { severities.contains($0.severity) }
        #expect(result.text.contains("\(level): \(count)\n"), "\(report.name): \(result.text)")
      }
    }
  }
}

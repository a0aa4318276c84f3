import CLI
import Foundation
import Testing

/// The result lines keep to their published schema, as a validator that is not ours sees it.
@Suite struct SchemaTests {
  @Test(.enabled(if: SchemaTests.hasValidator, "python3 has no jsonschema; make test installs it"))
  func `every result line fits the schema`() throws {
    let tool = try Tool()
    _ = try DemoShop().write(to: tool.directory.appendingPathComponent("shop").path)
    let outcome = try tool.run(["scan", "shop", "--format", "jsonl"])
    try tool.write(outcome.out, to: "lines.jsonl")
    let status = try SchemaTests.python([
      "-c", SchemaTests.program, SchemaTests.schema.path,
      tool.directory.appendingPathComponent("lines.jsonl").path,
    ])
    #expect(status == 0)
  }

  @Test(.enabled(if: SchemaTests.hasValidator, "python3 has no jsonschema; make test installs it"))
  func `every line of a verification fits the schema`() throws {
    let tool = try Tool()
    _ = try DemoShop().write(to: tool.directory.appendingPathComponent("shop").path)
    let outcome = try tool.run(["verify", "shop", "--format", "jsonl"])
    #expect(outcome.out.contains("\"policy\":{"))
    try tool.write(outcome.out, to: "lines.jsonl")
    let status = try SchemaTests.python([
      "-c", SchemaTests.program, SchemaTests.schema.path,
      tool.directory.appendingPathComponent("lines.jsonl").path,
    ])
    #expect(status == 0)
  }

  private static let schema = Tool.package.appendingPathComponent(
    "reports/schema/result.schema.json")

  /// Names the line and the place in it, not the value.
  private static let program = """
    import json, sys, jsonschema
    validator = jsonschema.Draft202012Validator(json.load(open(sys.argv[1])))
    bad = 0
    for number, line in enumerate(open(sys.argv[2]), 1):
      for error in validator.iter_errors(json.loads(line)):
        bad += 1
        print("line", number, error.json_path, error.validator, file=sys.stderr)
    sys.exit(1 if bad or number < 10 else 0)
    """

  private static let hasValidator: Bool = {
    do { return try python(["-c", "import jsonschema"]) == 0 } catch { return false }
  }()

  private static func python(_ arguments: [String]) throws -> Int32 {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments =
      [ProcessInfo.processInfo.environment["UNPAN_PYTHON"] ?? "python3"] + arguments
    process.currentDirectoryURL = Tool.package
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }
}

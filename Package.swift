// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  // Debug builds, which the tests are, check exclusive access at run time; the release does not: the
  // checks took 12 % of a database scan (measured).
  .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release)),
]

func library(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

// Imports point down this list and never sideways.
let package = Package(
  name: "unpan",
  targets: [
    .executableTarget(name: "unpan", dependencies: ["CLI"], swiftSettings: strict),
    library(
      "CLI",
      [
        "Audit", "Lint", "Migration", "Reporting", "Detection", "Inputs", "Stripe", "Native",
        "Rules", "Core",
      ]),
    library("Migration", ["Detection", "Inputs", "Stripe", "Native", "Rules", "Core"]),
    library("Audit", ["Detection", "Inputs", "Native", "Rules", "Core"]),
    library("Lint", ["Inputs", "Native", "Rules", "Core"]),
    library("Reporting", ["Native", "Rules", "Core", "ReportData"]),
    .target(
      name: "Detection", dependencies: ["Rules", "Core", "CKernels"],
      // For the tests, which scan a lot: the whole suite took 960 s without and 618 s with it, on two cores.
      swiftSettings: strict + [.unsafeFlags(["-O"], .when(configuration: .debug))]),
    library("Inputs", ["Native", "Core"]),
    library("Stripe", ["Native", "Rules", "Core"]),
    library("Native", ["Core", "CSQLite", "CSystem", "CCurl"]),
    library("Rules", ["Core", "RuleData"]),
    library("Core", []),
    .systemLibrary(name: "CSQLite", path: "Sources/CSQLite", pkgConfig: "sqlite3"),
    // Headers only: the library is opened when a command first talks to the network.
    .systemLibrary(name: "CCurl", path: "Sources/CCurl"),
    // One vector instruction that Swift does not reach.
    .systemLibrary(name: "CKernels", path: "Sources/CKernels"),
    // Variadic system calls that Swift cannot make.
    .systemLibrary(name: "CSystem", path: "Sources/CSystem"),
    // The rule files, put into the binary by clang's #embed.
    .target(name: "RuleData", path: "rules", exclude: [], sources: ["rules.c"]),
    // The HTML report's style and script, likewise.
    .target(
      name: "ReportData", path: "reports", exclude: ["html", "schema", "samples"],
      sources: ["reports.c"]),

    .target(
      name: "TestSupport", dependencies: ["Native", "Core"], path: "Tests/TestSupport",
      swiftSettings: strict),
    tests("CoreTests", ["Core"]),
    tests("RulesTests", ["Rules", "Core", "TestSupport"]),
    tests("ReportingTests", ["Reporting", "Native", "Rules", "Core", "TestSupport"]),
    tests(
      "CLITests",
      ["CLI", "Audit", "Reporting", "Stripe", "Native", "Rules", "Core", "TestSupport"]),
    tests("TidyTests", []),
    tests("NativeTests", ["Native", "Core", "TestSupport"]),
    tests("StripeTests", ["Stripe", "Native", "Rules", "Core", "TestSupport"]),
    tests("InputsTests", ["Inputs", "Native", "Core", "TestSupport"]),
    tests("DetectionTests", ["Detection", "Rules", "Core", "CKernels", "TestSupport"]),
    tests(
      "AuditTests", ["Audit", "Detection", "Inputs", "Native", "Rules", "Core", "TestSupport"]),
    tests(
      "MigrationTests",
      ["Migration", "Detection", "Stripe", "Native", "Rules", "Core", "TestSupport"]),
    tests("LintTests", ["Lint", "Inputs", "Native", "Rules", "Core", "TestSupport"]),
    tests("DemoTests", ["CLI", "Core"]),
    tests("EndToEndTests", ["CLI", "Native", "Core", "TestSupport"]),
    .executableTarget(
      name: "Benchmarks",
      dependencies: ["Reporting", "Stripe", "Native", "Rules", "Core", "TestSupport"],
      path: "Tests/Benchmarks",
      swiftSettings: strict),
  ]
)

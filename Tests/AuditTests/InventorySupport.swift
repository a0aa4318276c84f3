import Audit
import Core
import Foundation
import Native

/// A database made from statements in a directory of its own.
func makeDatabase(_ statements: [String], _ name: String = "shop.db") throws -> Scratch {
  let scratch = try Scratch()
  let database = try Database.create(scratch.path + "/" + name)
  for statement in statements { try database.execute(statement) }
  return scratch
}

/// Makes a database, scans it and removes it.
func scanDatabase(
  _ statements: [String], threads: Int = 1, set: (inout ScanOptions) -> Void = { _ in }
) throws -> Collector {
  let scratch = try makeDatabase(statements)
  defer { withExtendedLifetime(scratch) {} }
  return try run([scratch.source("shop.db")], threads: threads, set: set)
}

/// Everything a run gave as text: findings, coverage, summary.
func everything(_ collector: Collector) -> String { collector.lines.joined(separator: "\n") }

extension Collector {
  func profile(_ table: String, _ column: String) -> ColumnProfile? {
    coverages.flatMap(\.columns).first { $0.table == table && $0.column == column }
  }
}

extension ColumnProfile {
  /// Counts by class.
  var counts: [Class: Int] {
    Dictionary(classes.map { ($0.kind, $0.count) }, uniquingKeysWith: +)
  }
}

/// The hash of a text as hex digits.
func hex(_ function: LibCrypto.HashFunction, _ text: String) throws -> String {
  try hash(function, text).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
}

func hash(_ function: LibCrypto.HashFunction, _ text: String) throws -> [UInt8] {
  var result = [UInt8](repeating: 0, count: 64)
  let made = try LibCrypto.Hasher(function, try LibCrypto()).hash(Array(text.utf8), into: &result)
  precondition(made, "the library makes hashes")
  return Array(result.prefix(function.byteCount))
}

/// Whether this machine has libcrypto; CI must.
let hasLibCrypto: Bool = {
  do {
    _ = try LibCrypto()
    return true
  } catch {
    return ProcessInfo.processInfo.environment["CI"] == "true"
  }
}()

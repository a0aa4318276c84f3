import Core
import Foundation
import Glibc
import Inputs
import Native
import Synchronization

/// A directory of its own for one test, removed with it.
final class Scratch {
  let path: String

  init() throws {
    var template = Array(
      (FileManager.default.temporaryDirectory.path + "/unpan-XXXXXX").utf8CString)
    guard mkdtemp(&template) != nil else { throw SystemError(rawValue: errno) }
    path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  deinit {
    do { try FileManager.default.removeItem(atPath: path) } catch { print("left behind: \(path)") }
  }

  func write(_ name: String, _ bytes: [UInt8]) throws {
    try write(Array(name.utf8), bytes)
  }

  func write(_ name: String, _ text: String) throws { try write(name, Array(text.utf8)) }

  /// For names that are not UTF-8.
  func write(_ name: [UInt8], _ bytes: [UInt8]) throws {
    let full = Array(path.utf8) + [0x2F] + name + [0]
    let file = full.withUnsafeBytes {
      Glibc.open(
        $0.baseAddress!.assumingMemoryBound(to: CChar.self), O_CREAT | O_WRONLY | O_TRUNC, 0o644)
    }
    guard file >= 0 else { throw SystemError(rawValue: errno) }
    defer { close(file) }
    var done = 0
    while done < bytes.count {
      let count = bytes.withUnsafeBytes {
        Glibc.write(file, $0.baseAddress! + done, $0.count - done)
      }
      guard count > 0 else { throw SystemError(rawValue: errno) }
      done += count
    }
  }

  func makeDirectory(_ name: String) throws {
    try FileManager.default.createDirectory(
      atPath: path + "/" + name, withIntermediateDirectories: true)
  }
}

/// A chunk as it was handed over, kept.
struct Piece {
  var bytes: [UInt8]
  var owned: Range<Int>
  var byteOffset: Int
  var startsFile: Bool
  var endsFile: Bool
  var field: Chunk.Field
  var member: String?
  var table: String?
  var column: String?
  var rowKey: String?
  var rowNumber: Int?

  var ownedBytes: ArraySlice<UInt8> { bytes[owned] }
  var text: String { String(decoding: ownedBytes, as: UTF8.self) }
}

/// All that an item gave.
struct Reading {
  var location: Location
  var pieces: [Piece] = []
  var outcome = PartOutcome()

  var reasons: [String] { outcome.notExamined.map(\.reason.rawValue) }
  var ownedBytes: [UInt8] { pieces.flatMap(\.ownedBytes) }
}

/// Reads one item to its end.
/// - Parameter between: called before each part is read, for what happens meanwhile.
func read<E: Error>(_ item: any Item, between: () throws(E) -> Void) throws(E) -> Reading {
  var reading = Reading(location: item.location)
  do throws(InputError) {
    try item.open()
  } catch {
    reading.outcome.notExamined.append(error.entry)
    return reading
  }
  let buffer = WorkBuffer()
  while let part = item.nextPart() {
    try between()
    reading.outcome += part.read(into: buffer) { chunk in
      var column: String?
      if case .column(let index) = chunk.field { column = part.columns[index] }
      reading.pieces.append(
        Piece(
          bytes: Array(chunk.bytes), owned: chunk.owned, byteOffset: chunk.byteOffset,
          startsFile: chunk.startsFile, endsFile: chunk.endsFile, field: chunk.field,
          member: part.member, table: part.table, column: column, rowKey: part.rowKey,
          rowNumber: part.rowNumber))
      return true
    }
  }
  reading.outcome += item.close()
  return reading
}

func read(_ item: any Item) -> Reading { read(item) {} }

/// Everything a target holds.
struct Walked {
  var readings: [Reading] = []
  var excluded: [Coverage.Entry] = []
  var notExamined: [Coverage.Entry] = []

  func reason(_ suffix: String) -> String? {
    (excluded + notExamined).first { $0.place.hasSuffix(suffix) }?.reason.rawValue
  }
}

func walk(_ target: String, _ options: InputOptions = InputOptions()) throws -> Walked {
  let source = try makeSource(target: target, options: options)
  var result = Walked()
  while let event = source.next() {
    switch event {
    case .item(let item): result.readings.append(read(item))
    case .excluded(let entry): result.excluded.append(entry)
    case .notExamined(let entry): result.notExamined.append(entry)
    }
  }
  return result
}

func firstItem(_ target: String, _ options: InputOptions = InputOptions()) throws -> any Item {
  let source = try makeSource(target: target, options: options)
  guard case .item(let item)? = source.next() else { throw SystemError.notFound }
  return item
}

/// What tells whether each table of a server changed.
func stamps(_ target: String, _ options: InputOptions = InputOptions()) throws -> [String: String] {
  var options = options
  options.keepsStamps = true
  let source = try makeSource(target: target, options: options)
  var stamps: [String: String] = [:]
  while let event = source.next() {
    guard case .item(let item) = event, let name = item.tableName else { continue }
    stamps[name] = item.stamp()?.text
    _ = item.close()
  }
  return stamps
}

/// The first table of a server, behind what it says of itself.
func firstServerItem(_ target: String, _ options: InputOptions) throws -> any Item {
  let source = try makeSource(target: target, options: options)
  while let event = source.next() { if case .item(let item) = event { return item } }
  throw SystemError.notFound
}

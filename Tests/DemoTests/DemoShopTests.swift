import CLI
import Core
import Foundation
import Testing

/// The shop is the same every time, holds what it says it holds, and spares what is not its own.
@Suite struct DemoShopTests {
  @Test func `the same seed gives the same bytes`() throws {
    let (first, second) = (try Folder(), try Folder())
    let manifest = try DemoShop(seed: 7).write(to: first.path)
    _ = try DemoShop(seed: 7).write(to: second.path)
    for file in manifest.files {
      #expect(try first.bytes(file) == second.bytes(file), "\(file)")
    }
  }

  @Test func `another seed gives other numbers`() throws {
    let (first, second) = (try Folder(), try Folder())
    let one = try DemoShop(seed: 1).write(to: first.path)
    let two = try DemoShop(seed: 2).write(to: second.path)
    #expect(values(one.plants, .pan).isDisjoint(with: values(two.plants, .pan)))
  }

  @Test func `every plant of a text file stands on its line`() throws {
    let folder = try Folder()
    let manifest = try DemoShop().write(to: folder.path)
    var lines: [String: [Substring]] = [:]
    for plant in manifest.plants {
      guard let line = plant.place.line else { continue }
      let path = plant.place.path
      if lines[path] == nil {
        lines[path] = String(decoding: try folder.bytes(path), as: UTF8.self).split(
          separator: "\n", omittingEmptySubsequences: false)
      }
      let text = try #require(lines[path])[line - 1].replacing("%20", with: " ")
      let kept = text.filter { !" -+".contains($0) }
      #expect(kept.contains(plant.value), "\(path):\(line) \(plant.kind)")
    }
    #expect(lines.count == 7)
  }

  @Test func `deleted rows leave their numbers in the file and nowhere else`() throws {
    let folder = try Folder()
    let manifest = try DemoShop().write(to: folder.path)
    let file = try folder.bytes("shop.db")
    let residue = manifest.plants.filter { $0.place.path == "shop.db" && $0.place.table == nil }
    let live = values(manifest.plants.filter { $0.place.table != nil }, .pan)
    #expect(residue.count > 40)
    for plant in residue {
      let range = try #require(file.firstRange(of: Data(plant.value.utf8)), "gone")
      #expect(!(0x30...0x39).contains(file[range.lowerBound - 1]), "digit before")
      #expect(!(0x30...0x39).contains(file[range.upperBound]), "digit after")
      #expect(!live.contains(plant.value))
    }
  }

  @Test func `every planted number passes Luhn and is no look-alike`() throws {
    let folder = try Folder()
    let manifest = try DemoShop().write(to: folder.path)
    let numbers = values(manifest.plants, .pan)
    #expect(numbers.count > 500)
    #expect(numbers.allSatisfy(passesLuhn))
    #expect(numbers.isDisjoint(with: Set(manifest.lookAlikes.map(\.value))))
    #expect(manifest.lookAlikes.count > 5000)
    let kinds = Set(manifest.plants.map(\.kind))
    #expect(kinds == [.pan, .cvv, .track2, .pinBlock, .secret])
  }

  @Test func `a directory that holds something else is refused and left alone`() throws {
    let folder = try Folder()
    try Data("mine".utf8).write(to: folder.url("shop.db"))
    let error = #expect(throws: RunError.self) { try DemoShop().write(to: folder.path) }
    #expect(error?.code == .usage)
    #expect(try folder.bytes("shop.db") == Data("mine".utf8))
  }

  @Test func `an earlier demo is replaced and other files beside it stay`() throws {
    let folder = try Folder()
    _ = try DemoShop(seed: 1).write(to: folder.path)
    try Data("mine".utf8).write(to: folder.url("notes.txt"))
    _ = try DemoShop(seed: 2).write(to: folder.path)
    #expect(try folder.bytes("notes.txt") == Data("mine".utf8))
    let fresh = try Folder()
    _ = try DemoShop(seed: 2).write(to: fresh.path)
    #expect(try folder.bytes("shop.db") == fresh.bytes("shop.db"))
  }

  @Test func `a file in the directory's place is an error`() throws {
    let folder = try Folder()
    try Data().write(to: folder.url("taken"))
    let error = #expect(throws: RunError.self) {
      try DemoShop().write(to: folder.url("taken").path)
    }
    #expect(error?.code == .failure)
  }

  private func values(_ plants: [DemoManifest.Plant], _ kind: Finding.Kind) -> Set<String> {
    Set(plants.filter { $0.kind == kind }.map(\.value))
  }

  private func passesLuhn(_ number: String) -> Bool {
    let digits = number.utf8.reversed().map { Int($0) - 48 }
    let sum = digits.enumerated().reduce(0) { sum, next in
      next.offset.isMultiple(of: 2)
        ? sum + next.element : sum + next.element * 2 % 10 + next.element / 5
    }
    return sum.isMultiple(of: 10)
  }
}

/// A fresh directory that goes away with its test.
private final class Folder {
  let path: String

  init() throws {
    path =
      FileManager.default.temporaryDirectory.appendingPathComponent(
        "unpan-demo-\(UUID().uuidString)"
      ).path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  func url(_ file: String) -> URL { URL(fileURLWithPath: path).appendingPathComponent(file) }
  func bytes(_ file: String) throws -> Data { try Data(contentsOf: url(file)) }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

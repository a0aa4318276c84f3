import Core
import Foundation
import Rules
import TestSupport
import Testing

@testable import Detection

/// Hostile bytes: nothing may crash, and what is told lies where it can lie.
///
/// `make soak` runs the same for long.
@Suite struct FuzzTests {
  /// The texts of the catalogue and some kilobytes of random log.
  static let corpus: [[UInt8]] = {
    var texts: [[UInt8]] = []
    for rule in detector.rules.rules {
      texts += (rule.match + rule.noMatch).map { Array($0.text.utf8) }
    }
    for text in [#"{"card_number":"4242424242424242","cvc":"737"}"#, "5A 08 42 42 57 13 D2"] {
      for encoder in Encoder.allCases {
        texts.append(encoder.encode(text))
        texts.append(Encoder.base64.encode(String(decoding: encoder.encode(text), as: UTF8.self)))
      }
    }
    texts.append([0x5A, 0x08, 0x42, 0x42, 0x42, 0x42, 0x42, 0x42, 0x42, 0x42, 0x9F, 0x36, 0x02])
    texts.append([0x02, 0x00, 0x72, 0x20, 0x00, 0x01, 0x08, 0x08, 0x80, 0x00, 0x16, 0x42, 0x42])
    for seed in 0..<12 { texts.append(RandomText.make(seed: UInt64(seed) + 500, count: 600)) }
    return texts
  }()

  static let tables = [
    "id,card_number,cvv\n1,4242424242424242,737\n2,378282246310005,1234\n",
    "a;\"pan\";pin_block\r\n1;\"4242 4242 4242 4242\";04126CBDDEBFCB39\r\n",
    "\u{FEFF}id\tcvv\n1\t737", "cvv|\n|", ",\n,", "\"\",\"\"\n\"",
    "INSERT INTO c (id, pan, cvv) VALUES (1, '4242424242424242', '737'), (2, N'x', NULL);",
  ].map { Array($0.utf8) }

  @Test func `the scanner survives any bytes`() {
    let scanner = Detection.Scanner(detector)
    let wrong = Fuzz("scanner", corpus: Self.corpus + Self.tables).run(2000) { bytes, random in
      let low = Int.random(in: 0...bytes.count, using: &random)
      let owned = low..<Int.random(in: low...bytes.count, using: &random)
      let byteOffset = Int.random(in: 0...3, using: &random) * 4095
      let fields: [Chunk.Field] = [.none, .none, .pages, .column(0), .column(1)]
      let field = fields.randomElement(using: &random)!
      scanner.beginPart(
        head: Bool.random(using: &random) ? Array(bytes.prefix(512)) : [],
        columns: ["cvv", String(decoding: bytes.prefix(20), as: UTF8.self)],
        startsFile: byteOffset == 0)
      // Memory of exactly that size, for the address sanitizer.
      let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
      defer { memory.deallocate() }
      memory.copyBytes(from: bytes)
      scanner.scan(
        Chunk(
          bytes: UnsafeRawBufferPointer(memory), owned: owned, byteOffset: byteOffset,
          startsFile: byteOffset == 0, endsFile: true, field: field))
      scanner.finishBatch()
      return Self.trouble(scanner.hits, owned: owned, count: bytes.count, byteOffset: byteOffset)
    }
    #expect(wrong == nil)
  }

  /// What cannot be true of hits.
  private static func trouble(
    _ hits: [Hit], owned: Range<Int>, count: Int, byteOffset: Int
  ) -> String? {
    var last = Int.min
    for hit in hits {
      let place = "\(hit.rule) at \(hit.offset)..<\(hit.endOffset) of \(byteOffset)+\(count)"
      if hit.offset < byteOffset || hit.endOffset > byteOffset + count {
        return "outside: " + place
      }
      if hit.offset >= hit.endOffset { return "empty: " + place }
      if hit.offset < last { return "out of order: " + place }
      if !(0...100).contains(hit.score) { return "score \(hit.score): " + place }
      if hit.lineOffset > hit.offset { return "line begins at \(hit.lineOffset): " + place }
      if hit.rule == .pan, !(12...19).contains(hit.digits) {
        return "\(hit.digits) digits: " + place
      }
      // The run of digits around a number of a chip's tag or a page begins in the owned range.
      let isOwned = owned.contains(hit.offset - byteOffset)
      let isNear = owned.contains(max(owned.lowerBound, hit.offset - byteOffset - 80))
      if hit.rule == .secret && !isOwned || hit.rule == .pan && !isOwned && !isNear {
        return "not owned, \(owned): " + place
      }
      last = hit.offset
    }
    return nil
  }

  @Test func `the number kernel does what its plain twin does`() {
    let twin = KernelTests()
    let support = KernelTests.support
    let masks = SpanMasks()
    let events = UnsafeMutablePointer<UInt32>.allocate(capacity: 4096 + 64)
    defer { events.deallocate() }
    let wrong = Fuzz("kernel", corpus: Self.corpus).run(400) { bytes, random in
      guard !bytes.isEmpty else { return nil }
      return bytes.withUnsafeBufferPointer { buffer in
        let from = Int.random(in: 0...min(70, buffer.count - 1), using: &random)
        let closes = Bool.random(using: &random)
        _ = masks.fill(buffer.baseAddress!, from: from, to: buffer.count, support)
        let count = findNumberEvents(
          masks, count: buffer.count - from, offset: from, closes: closes, anywhere: true,
          into: events, support)
        let found = (0..<count).map { "\(events[$0] >> 2):\(events[$0] & 3)" }
        let expected = twin.plainNumberEvents(bytes, from: from, closes: closes) { _ in true }
        return found == expected ? nil : "\(found) instead of \(expected)"
      }
    }
    #expect(wrong == nil)
  }

  @Test func `tracks are read from any bytes`() {
    let scanner = Detection.Scanner(detector)
    let tracks = [
      "%B4242424242424242^DOE/JO^2911101000000000?;4242424242424242=29111010000000000?",
      ";4242424242424242=2911101?", "57134242424242424242D29112010000F", "5A084242424242424242",
      "%25B4242424242424242%5EDOE/JO%5E2911101%3F", "B4242424242424242^", "4242424242424242D",
    ].map { Array($0.utf8) }
    let wrong = Fuzz("tracks", corpus: tracks).run(2000) { bytes, random in
      bytes.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress, buffer.count > 12 else { return nil }
        let text = Bytes(base: base, count: buffer.count)
        let low = Int.random(in: 0...buffer.count - 12, using: &random)
        let range = low..<min(buffer.count, low + Int.random(in: 12...19, using: &random))
        if let track = scanner.trackAround(text, range) {
          if track.range.lowerBound < 0 || track.range.upperBound > buffer.count {
            return "track \(track.range) of \(buffer.count)"
          }
        }
        return nil
      }
    }
    #expect(wrong == nil)
  }

  @Test func `rule files may hold anything`() {
    let files = RuleFile.embedded
    let names = files.map(\.name) + ["x", "words/", "catalogue/.json5"]
    let wrong = Fuzz("rules", corpus: files.map { Array($0.bytes.prefix(1500)) }).run(150) {
      bytes, random in
      let name = names.randomElement(using: &random)!
      do throws(RuleError) {
        try RuleSet.check(RuleFile(name: name, bytes: Data(bytes)))
        return nil
      } catch {
        return error.file == name ? nil : "an error about \(error.file)"
      }
    }
    #expect(wrong == nil)
  }

  @Test func `a table's header may hold anything`() {
    let wrong = Fuzz("header", corpus: Self.tables).run(2000) { bytes, random in
      guard let header = TableHeader(head: bytes, reader: detector.reader) else { return nil }
      let at = Int.random(in: -2...bytes.count + 2, using: &random)
      return bytes.withUnsafeBufferPointer { buffer in
        let text = Bytes(base: buffer.baseAddress!, count: buffer.count)
        if let column = header.column(of: max(0, at), in: text), column.name.utf8.count > 256 {
          return "a column's name of \(column.name.utf8.count) bytes"
        }
        return header.columns.isEmpty ? "no columns" : nil
      }
    }
    #expect(wrong == nil)
  }

  @Test func `rows of an INSERT may hold anything`() {
    let wrong = Fuzz("tuples", corpus: Self.tables + Self.corpus).run(2000) { bytes, random in
      bytes.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return nil }
        let text = Bytes(base: base, count: buffer.count)
        let low = Int.random(in: 0...buffer.count, using: &random)
        let high = Int.random(in: low...min(buffer.count, low + 19), using: &random)
        for cell in InsertTuple.codeCells(text, around: low..<high, reader: detector.reader) {
          if cell.range.lowerBound < 0 || cell.range.upperBound > buffer.count {
            return "cell \(cell.range)"
          }
        }
        return nil
      }
    }
    #expect(wrong == nil)
  }

  @Test func `records may hold anything`() {
    let scanner = Detection.Scanner(detector)
    scanner.tellsPlaces = true
    let records = [
      #"{"a":[{"card":{"number":"4242424242424242"}},["4111111111111111"]],"b":"\\"}"#,
      "{\"a\":\n[[\n4242424242424242",
      "{\"pan\":4242424242424242}\n{\"pan\":\"4242424242424242\"}\n",
      "<?xml version='1.0'?><a b='c'><row><field name=\"pan\">4242424242424242</field></row></a>",
      "<a><table name='t'><column name='pan'>4242424242424242<!-- --><![CDATA[x]]></a>",
      "CREATE TABLE t (a int, `pan` text, key (a));\nINSERT INTO t VALUES (1,'4242424242424242');",
      "COPY t (a, pan, cvv) FROM stdin;\n1\t4242424242424242\t737\n\\.\n",
    ].map { Array($0.utf8) }
    let wrong = Fuzz("records", corpus: records + Self.tables).run(3000) { bytes, random in
      scanner.beginPart(
        head: Array(bytes.prefix(4096)), columns: [], startsFile: Bool.random(using: &random))
      // In two chunks, as a part is read.
      let edge = Int.random(in: 0...bytes.count, using: &random)
      let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
      defer { memory.deallocate() }
      memory.copyBytes(from: bytes)
      for owned in [0..<edge, edge..<bytes.count] {
        scanner.scan(Chunk(bytes: UnsafeRawBufferPointer(memory), owned: owned))
      }
      scanner.finishBatch()
      for hit in scanner.hits where hit.place >= 0 {
        guard Int(hit.place) < scanner.places.count else { return "place \(hit.place)" }
        let place = scanner.places[Int(hit.place)]
        if let row = place.row, row < -2000 || row > bytes.count { return "row \(row)" }
        if (place.field ?? "").utf8.count > 300 { return "a long name" }
      }
      return nil
    }
    #expect(wrong == nil)
  }

  @Test func `labels and words may hold anything`() {
    let reader = detector.reader
    let wrong = Fuzz("labels", corpus: Self.corpus).run(2000) { bytes, random in
      bytes.withUnsafeBufferPointer { buffer in
        guard let base = buffer.baseAddress else { return nil }
        let text = Bytes(base: base, count: buffer.count)
        let at = Int.random(in: 0...buffer.count, using: &random)
        let label = reader.locate(text, value: at)
        if label.range.lowerBound < 0 || label.range.upperBound > max(at + 256, buffer.count) {
          return "label \(label.range) left of \(at)"
        }
        _ = reader.meanings(text, label.range)
        _ = reader.nearby(text, number: at..<min(buffer.count, at + 16))
        _ = Detection.Scanner.safeLabel(text, label.range)
        return nil
      }
    }
    #expect(wrong == nil)
  }

  @Test func `every pair of bytes folds`() {
    for first in UInt8.min...UInt8.max {
      for second in UInt8.min...UInt8.max {
        for bytes in [[first, second], [first, second, 0xBF], [first]] {
          bytes.withUnsafeBufferPointer { buffer in
            var hash = SqueezedHash()
            let width = Folding.fold(
              Bytes(base: buffer.baseAddress!, count: buffer.count), at: 0, into: &hash)
            #expect((1...4).contains(width))
          }
        }
      }
    }
  }
}

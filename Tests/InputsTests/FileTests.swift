import Core
import Foundation
import Glibc
import Inputs
import Native
import TestSupport
import Testing

@Suite struct FileTests {
  @Test(arguments: 0..<60)
  func `owned ranges lie end to end and have their context`(seed: Int) throws {
    var random = SplitMix(seed: UInt64(seed))
    let context = Int.random(in: 0...40, using: &random)
    let sizes = ReadSizes(
      block: Int.random(in: 1...100, using: &random),
      segment: Int.random(in: 1...500, using: &random), context: context)
    // Every third size lies on an edge.
    let size =
      seed % 3 == 0
      ? sizes.segment * Int.random(in: 0...4, using: &random)
      : Int.random(in: 0...2000, using: &random)
    let bytes = (0..<size).map { _ in UInt8.random(in: 0...255, using: &random) }
    let scratch = try Scratch()
    try scratch.write("data", bytes)
    var options = InputOptions()
    options.sizes = sizes
    let reading = read(try firstItem(scratch.path + "/data", options))
    var position = 0
    for piece in reading.pieces {
      let start = piece.byteOffset + piece.owned.lowerBound
      let end = piece.byteOffset + piece.owned.upperBound
      #expect(start == position, "seed \(seed)")
      #expect(piece.bytes.elementsEqual(bytes[piece.byteOffset...].prefix(piece.bytes.count)))
      #expect(piece.owned.lowerBound >= min(context, start), "left context, seed \(seed)")
      let right = piece.bytes.count - piece.owned.upperBound
      #expect(right >= min(context, size - end), "right context, seed \(seed)")
      #expect(piece.startsFile == (piece.byteOffset == 0))
      #expect(piece.endsFile == (piece.byteOffset + piece.bytes.count == size))
      position = end
    }
    #expect(position == size, "seed \(seed)")
    #expect(reading.outcome.examined.bytes == size)
    #expect(reading.outcome.examined.files == 1)
    #expect(reading.outcome.notExamined.isEmpty)
  }

  @Test func `a file is shared out in segments of the limit`() throws {
    let scratch = try Scratch()
    let count = 2 * Limits.segmentBytes + 5
    try scratch.write("big", [UInt8](repeating: 0x61, count: count))
    let item = try firstItem(scratch.path + "/big")
    try item.open()
    var expected: [Int] = []
    while let part = item.nextPart() { expected.append(part.expectedBytes) }
    #expect(expected == [Limits.segmentBytes, Limits.segmentBytes, 5])
    #expect(item.close().notExamined.first?.bytes == count, "handed out but never read")
  }

  @Test func `the head is the start of the file`() throws {
    let scratch = try Scratch()
    try scratch.write("table.csv", "id,number\n1,2\n")
    let item = try firstItem(scratch.path + "/table.csv")
    try item.open()
    #expect(String(decoding: item.head, as: UTF8.self) == "id,number\n1,2\n")
    #expect(item.location.path == scratch.path + "/table.csv")
  }

  @Test func `a file that becomes shorter is told with the bytes missing`() throws {
    let scratch = try Scratch()
    try scratch.write("log", [UInt8](repeating: 0x61, count: 1000))
    var options = InputOptions()
    options.sizes = ReadSizes(block: 64, segment: 256, context: 16)
    var parts = 0
    let reading = read(try firstItem(scratch.path + "/log", options)) {
      parts += 1
      if parts == 3 { truncate(scratch.path + "/log", 600) }
    }
    #expect(reading.reasons == ["truncated-while-reading"])
    #expect(reading.outcome.notExamined.first?.bytes == 400)
    #expect(reading.outcome.examined.bytes == 600)
  }

  @Test func `what is appended before the end is reached is read too`() throws {
    let scratch = try Scratch()
    try scratch.write("log", "first ")
    let reading = try read(try firstItem(scratch.path + "/log")) {
      let file = try #require(FileHandle(forWritingAtPath: scratch.path + "/log"))
      try file.seekToEnd()
      try file.write(contentsOf: Data("second".utf8))
    }
    #expect(String(decoding: reading.ownedBytes, as: UTF8.self) == "first second")
    #expect(reading.outcome.notExamined.isEmpty)
  }

  @Test func `what is appended after the end was reached is told`() throws {
    let scratch = try Scratch()
    try scratch.write("log", "first")
    let item = try firstItem(scratch.path + "/log")
    try item.open()
    let part = try #require(item.nextPart())
    _ = part.read(into: WorkBuffer()) { _ in true }
    let file = try #require(FileHandle(forWritingAtPath: scratch.path + "/log"))
    try file.seekToEnd()
    try file.write(contentsOf: Data("later".utf8))
    let entry = item.close().notExamined.first
    #expect(entry?.reason == .grew)
    #expect(entry?.bytes == 5)
  }

  @Test func `reading that is stopped half-way counts what was read and tells the rest`() throws {
    let scratch = try Scratch()
    try scratch.write("log", [UInt8](repeating: 0x61, count: 1000))
    var options = InputOptions()
    options.sizes = ReadSizes(block: 100, segment: 4000, context: 10)
    let item = try firstItem(scratch.path + "/log", options)
    try item.open()
    let outcome = try #require(item.nextPart()).read(into: WorkBuffer()) { _ in false }
    #expect(outcome.examined.bytes == 110)
    let entry = item.close().notExamined.first
    #expect(entry?.reason == .interrupted)
    #expect(entry?.bytes == 890)
  }
}

@Suite struct TargetTests {
  @Test(arguments: ["/no/such/path", "sqlite:/no/such/shop.db", "/dev/null/below"])
  func `a missing path is told and does not stop the run`(target: String) throws {
    let walked = try walk(target)
    #expect(walked.notExamined.map(\.reason) == [.missing])
    #expect(walked.notExamined.first?.place == target.replacing("sqlite:", with: ""))
    #expect(walked.readings.isEmpty)
  }

  @Test func `a link the user named is followed`() throws {
    let scratch = try Scratch()
    try scratch.write("real", "hello")
    symlink("real", scratch.path + "/link")
    let walked = try walk(scratch.path + "/link")
    #expect(walked.readings.map(\.ownedBytes) == [Array("hello".utf8)])
    #expect(walked.readings.first?.location.path == scratch.path + "/link")
  }

  @Test func `a device is refused with a hint`() throws {
    let walked = try walk("/dev/null")
    #expect(walked.notExamined.first?.reason == .device)
    #expect(walked.notExamined.first?.detail?.contains("unpan scan -") == true)
  }

  @Test(arguments: [0, 5, 300_000, 20 << 20])
  func `holes of a sparse file count as read and are not`(tail: Int) throws {
    let scratch = try Scratch()
    let path = scratch.path + "/sparse"
    let places = [0, 9 << 20, 30 << 20, (30 << 20) + 300_000]
    let file = open(path, O_CREAT | O_WRONLY, 0o600)
    for place in places { #expect(pwrite(file, "4242424242424242", 16, place) == 16) }
    let size = places[3] + 16 + tail
    ftruncate(file, off_t(size))
    close(file)
    let status = try FileStatus.of(Array(path.utf8), followsLinks: true)
    try #require(status.allocatedBytes < 2 << 20, "the file system has no holes")
    let reading = read(try firstItem(path))
    #expect(reading.outcome.notExamined.isEmpty)
    #expect(reading.outcome.examined.bytes == size)
    let found = reading.pieces.flatMap { piece in
      places.filter {
        $0 >= piece.byteOffset + piece.owned.lowerBound
          && $0 < piece.byteOffset + piece.owned.upperBound
      }
    }
    #expect(found == places)
    #expect(reading.pieces.reduce(0) { $0 + $1.owned.count } < 4 << 20)
  }

  @Test(
    .enabled(
      if: FileManager.default.isReadableFile(atPath: "/proc/self/pagemap"), "there is no /proc"))
  func `a file that says it is empty and goes on past the bound is told`() throws {
    let item = try firstItem("/proc/self/pagemap")
    try item.open()
    let buffer = WorkBuffer()
    var outcome = PartOutcome()
    while let part = item.nextPart() { outcome += part.read(into: buffer) { _ in true } }
    outcome += item.close()
    #expect(outcome.examined.bytes == 64 << 20)
    #expect(outcome.notExamined.map(\.reason) == [.grew])
  }

  @Test(
    .enabled(
      if: FileManager.default.isReadableFile(atPath: "/sys/devices/system/cpu/online"),
      "there is no /sys"))
  func `a file of the kernel's that says a page and holds a line is whole`() throws {
    let reading = read(try firstItem("/sys/devices/system/cpu/online"))
    #expect(reading.outcome.examined.bytes == reading.ownedBytes.count)
    #expect(reading.ownedBytes.last == 0x0A)
    #expect(reading.outcome.notExamined.isEmpty)
  }

  /// Schemes that are not known, and known ones with a slash missing.
  @Test(arguments: [
    ("postgresq://shop:s3cret@db/x", "'postgresq://'", "postgresql"),
    ("postgresql+psycopg2://shop:s3cret@db/x", "'postgresql+psycopg2://'", "postgresql"),
    ("mysql+pymysql://shop:s3cret@db/x", "'mysql+pymysql://'", "mysql"),
    ("jdbc:mysql://db/x?password=s3cret", "'jdbc:mysql://'", "mysql"),
    ("MariaD://shop:s3cret@db/x", "'MariaD://'", "mariadb"),
    ("mongodb://shop:s3cret@db/x", "'mongodb://'", "A target is"),
    ("https://shop:s3cret@db/x", "'https://'", "A target is"),
    ("postgres:/shop:s3cret@db/x", "'postgres:'", "postgres"),
    ("Postgres:shop:s3cret@db/x", "'Postgres:'", "postgres"),
  ])
  func `an address of an unknown kind shows only its scheme`(
    target: String, subject: String, hint: String
  ) throws {
    let error = #expect(throws: RunError.self) { try makeSource(target: target, options: .init()) }
    #expect(error?.code == .usage)
    #expect(error?.subject == subject)
    #expect(error?.hint?.contains(hint) == true)
    #expect(!"\(String(describing: error))".contains("s3cret"))
  }

  @Test(arguments: [
    ("POSTGRES://shop:s3cret@db:5432/x", "postgres://shop@db:5432/x"),
    (
      "Postgres://h1:5432,h2:5433/x?sslmode=require",
      "postgres://h1:5432,h2:5433/x?sslmode=require"
    ),
    ("MySQL://shop:s3cret@[::1]:3306/x", "mysql://shop@[::1]:3306/x"),
  ])
  func `a scheme means the same in any case, and secrets are left out`(
    target: String, shown: String
  ) throws {
    #expect(try makeSource(target: target, options: .init()).target == shown)
  }

  @Test(arguments: [
    "mysql://b@h/db?passwort=s3cret", "mysql://b@h/db?pass=s3cret", "mysql://b@h/db?s3cret",
    "mysql://b@h/db?password=x&s3cret", "mysql://b:s3cret/db", "postgres://b:s3cret/db",
    "postgres://b:s3cret,h:5432/db?sslmode=require",
    "postgres://h1:5432,h2:5433/x?pass=s3cret&sslmode=require&s3cret",
  ])
  func `a URL that cannot be meant is refused without its secret`(target: String) throws {
    let error = #expect(throws: RunError.self) { try makeSource(target: target, options: .init()) }
    #expect(error?.code == .usage)
    #expect(!"\(String(describing: error))".contains("s3cret"))
  }

  @Test func `a path that is not there is shown without a password`() throws {
    let walked = try walk("shop:s3cret@db.example/orders")
    #expect(walked.notExamined.map(\.place) == ["shop:***@db.example/orders"])
    let source = try makeSource(target: "host=db password=s3cret", options: .init())
    #expect(source.target == "host=db password=***")
  }

  @Test func `a dump in SQL is one part however long it is`() throws {
    let scratch = try Scratch()
    let count = Limits.segmentBytes + 5
    let dump = Array("COPY c (id, cvv) FROM stdin;\n".utf8)
    try scratch.write("dump", dump + [UInt8](repeating: 0x61, count: count))
    let item = try firstItem(scratch.path + "/dump")
    try item.open()
    #expect(item.nextPart()?.expectedBytes == dump.count + count)
    #expect(item.nextPart() == nil)
    #expect(item.close().notExamined.count == 1)
  }
}

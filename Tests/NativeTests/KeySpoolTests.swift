import Native
import TestSupport
import Testing

@Suite struct KeySpoolTests {
  @Test(arguments: [0, 1, 5000, 400_000])
  func `one key with two values among many is found, and none where there is none`(
    _ count: Int
  ) throws {
    var random = SplitMix(seed: 7)
    var spool = try KeySpool()
    for _ in 0..<count {
      let key = random.next()
      try spool.add(key: key, value: key ^ 1)
      if key & 7 == 0 { try spool.add(key: key, value: key ^ 1) }
    }
    #expect(try !spool.hasTwoValues())
    // The first key that was added, with another value; it is long in the scratch file.
    var again = SplitMix(seed: 7)
    let key = again.next()
    try spool.add(key: key, value: 5)
    if count == 0 { try spool.add(key: key, value: 6) }
    #expect(try spool.hasTwoValues())
  }

  @Test func `keys of two kinds have different hashes`() {
    let bytes = Array("abcabc".utf8)
    #expect(
      KeySpool.hash(bytes, 0..<3, salt: 1) == KeySpool.hash(bytes, 3..<6, salt: 1))
    #expect(KeySpool.hash(bytes, 0..<3, salt: 1) != KeySpool.hash(bytes, 0..<3, salt: 2))
  }

  @Test func `a scratch database takes rows and leaves no file`() throws {
    let database = try Database.makeScratch(cacheBytes: 1 << 20)
    try database.execute("CREATE TABLE t(a TEXT)")
    let insert = try database.prepare("INSERT INTO t VALUES (?)")
    let text = Array("-some text-".utf8)
    try insert.bind(1, text: text, in: 1..<10)
    #expect(insert.step() == .done)
    insert.reset()
    try insert.bind(1, text: text, in: 4..<4)
    #expect(insert.step() == .done)
    let select = try database.prepare("SELECT a FROM t ORDER BY rowid")
    #expect(select.step() == .row)
    #expect(String(decoding: select.currentRow.text(0), as: UTF8.self) == "some text")
    #expect(select.step() == .row)
    #expect(select.currentRow.storage(0) == .text)
  }
}

import Native
import TestSupport

/// A database with one table of five columns, made from a seed.
enum TableMaker {
  private static let rowsPerStatement = 500

  static func write(to path: String, rows: Int, seed: UInt64) throws(BenchmarkError) {
    var random = SplitMix(seed: seed)
    do {
      let database = try Database.create(path)
      // Nothing is kept of a half-made database, so nothing needs to survive a crash.
      try database.execute("PRAGMA synchronous = OFF")
      try database.execute("PRAGMA journal_mode = MEMORY")
      try database.execute("DROP TABLE IF EXISTS t")
      try database.execute(
        "CREATE TABLE t(id INTEGER PRIMARY KEY, email TEXT, name TEXT, amount INTEGER, note TEXT)")
      try database.execute("BEGIN")
      var id = 0
      while id < rows {
        var values = ""
        for _ in 0..<min(rowsPerStatement, rows - id) {
          id += 1
          if !values.isEmpty { values += "," }
          values += row(id, &random)
        }
        try database.execute("INSERT INTO t VALUES " + values)
      }
      try database.execute("COMMIT")
    } catch {
      throw BenchmarkError("\(path): \(error.text)")
    }
  }

  private static func row(_ id: Int, _ random: inout SplitMix) -> String {
    let draw = random.next()
    let name = names[Int(truncatingIfNeeded: draw & 7)]
    var note = notes[Int(truncatingIfNeeded: draw >> 3 & 7)]
    if id % 5000 == 2500 {
      note = "pls charge \(String(decoding: TestCard.make(&random), as: UTF8.self)) exp 11/27"
    }
    let surname = names[Int(truncatingIfNeeded: draw >> 6 & 7)]
    let email = "\(name)\(draw >> 44)@example.com"
    return "(\(id),'\(email)','\(name) \(surname)',\(draw >> 20 & 0xFFFF),'\(note)')"
  }

  private static let names = [
    "ada", "bela", "carla", "dmitri", "edda", "femi", "greta", "hugo",
  ]
  private static let notes = [
    "", "gift wrap", "leave at the door", "call before delivery, second floor", "invoice by post",
    "customer asked for a later date", "fragile", "refund goes to card ending 4242",
  ]
}

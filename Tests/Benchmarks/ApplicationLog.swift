import TestSupport

/// A log as a shop's services write it, made from a seed: text, JSON, access lines, stack traces,
/// and about one card number in 5,000 lines.
struct ApplicationLog {
  private var random: SplitMix
  private var milliseconds = 1_709_251_200_000
  private var lines = 0

  init(seed: UInt64) { random = SplitMix(seed: seed) }

  /// - Returns: lines and card numbers written.
  mutating func write(to path: String, bytes: Int) throws(BenchmarkError) -> (
    lines: Int, cards: Int
  ) {
    var out = try ByteWriter(path: path)
    var cards = 0
    while out.total < bytes {
      if out.isNearlyFull { try out.flush() }
      milliseconds += Int(truncatingIfNeeded: random.next() & 63)
      lines += 1
      if lines >= cards * 5000 + 2500 {
        writeCardLine(&out, shape: cards)
        cards += 1
      } else {
        writePlainLine(&out)
      }
    }
    try out.flush()
    return (lines, cards)
  }

  private mutating func below(_ bound: UInt64) -> Int {
    Int(truncatingIfNeeded: random.next() % bound)
  }

  private mutating func writePlainLine(_ out: inout ByteWriter) {
    switch random.next() & 63 {
    case 0: writeStackTrace(&out)
    case 1..<16: writeServiceLine(&out)
    case 16..<30: writeKeyValueLine(&out)
    case 30..<48: writeJSONLine(&out)
    default: writeAccessLine(&out)
    }
  }

  private func stamp(_ out: inout ByteWriter) {
    let seconds = milliseconds / 1000
    out.put("2024-03-")
    out.put(decimal: seconds / 86_400 % 28 + 1, width: 2)
    out.put(byte: 0x20)
    out.put(decimal: seconds / 3600 % 24, width: 2)
    out.put(byte: 0x3A)
    out.put(decimal: seconds / 60 % 60, width: 2)
    out.put(byte: 0x3A)
    out.put(decimal: seconds % 60, width: 2)
    out.put(byte: 0x2C)
    out.put(decimal: milliseconds % 1000, width: 3)
  }

  private mutating func uuid(_ out: inout ByteWriter) {
    let (high, low) = (random.next(), random.next())
    out.put(hex: high, count: 8)
    out.put("-")
    out.put(hex: high >> 32, count: 4)
    out.put("-4")
    out.put(hex: high >> 48, count: 3)
    out.put("-a")
    out.put(hex: low, count: 3)
    out.put("-")
    out.put(hex: low >> 12, count: 12)
  }

  private mutating func writeServiceLine(_ out: inout ByteWriter) {
    stamp(&out)
    out.put(" INFO  [http-nio-8080-exec-")
    out.put(decimal: below(32) + 1)
    out.put("] com.shop.checkout.CartService - updated cart ")
    uuid(&out)
    out.put(" for customer ")
    out.put(decimal: below(2_000_000))
    out.put(", ")
    out.put(decimal: below(9) + 1)
    out.put(" items, total ")
    out.put(decimal: below(400))
    out.put(".")
    out.put(decimal: below(100), width: 2)
    out.put(" EUR, warehouse answered in ")
    out.put(decimal: below(900))
    out.put(" ms\n")
  }

  private mutating func writeKeyValueLine(_ out: inout ByteWriter) {
    out.put("level=debug ts=")
    out.put(decimal: milliseconds)
    out.put(" service=orders request_id=")
    uuid(&out)
    out.put(" order_id=")
    out.put(decimal: 10_000_000 + below(89_000_000))
    out.put(" shard=")
    out.put(decimal: below(64))
    out.put(" duration_ms=")
    out.put(decimal: below(4000))
    out.put(" msg=\"stock reserved\" retry=false\n")
  }

  private mutating func writeJSONLine(_ out: inout ByteWriter) {
    out.put("{\"ts\":")
    out.put(decimal: milliseconds)
    out.put(",\"level\":\"info\",\"logger\":\"payments.gateway\",\"trace_id\":\"")
    out.put(hex: random.next(), count: 16)
    out.put(hex: random.next(), count: 16)
    out.put("\",\"span_id\":\"")
    out.put(hex: random.next(), count: 16)
    out.put("\",\"event\":\"charge.succeeded\",\"amount\":")
    out.put(decimal: below(50_000))
    out.put(",\"card\":{\"brand\":\"visa\",\"last4\":\"")
    out.put(decimal: below(10_000), width: 4)
    out.put("\",\"exp_month\":")
    out.put(decimal: below(12) + 1)
    out.put("},\"customer\":\"cus_")
    out.put(hex: random.next(), count: 14)
    out.put("\"}\n")
  }

  private mutating func writeAccessLine(_ out: inout ByteWriter) {
    out.put("203.0.113.")
    out.put(decimal: below(254) + 1)
    out.put(" - - [")
    stamp(&out)
    out.put("] \"GET /catalogue/items/")
    out.put(decimal: below(900_000))
    out.put("?page=")
    out.put(decimal: below(40))
    out.put("&session=")
    out.put(hex: random.next(), count: 16)
    out.put(" HTTP/1.1\" 200 ")
    out.put(decimal: below(60_000))
    out.put(" \"https://shop.example/\" \"Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101\" 0.")
    out.put(decimal: below(1000), width: 3)
    out.put("\n")
  }

  private mutating func writeStackTrace(_ out: inout ByteWriter) {
    stamp(&out)
    out.put(" ERROR [worker-")
    out.put(decimal: below(8))
    out.put("] com.shop.jobs.Runner - job failed\n")
    out.put("java.util.concurrent.TimeoutException: no answer from inventory\n")
    for _ in 0..<10 {
      out.put("\tat com.shop.inventory.client.InventoryClient$Call.await(InventoryClient.java:")
      out.put(decimal: below(900))
      out.put(")\n")
    }
    lines += 11
  }

  private mutating func writeCardLine(_ out: inout ByteWriter, shape: Int) {
    let number = TestCard.make(&random)
    stamp(&out)
    switch shape % 6 {
    case 0:
      out.put(" DEBUG body card[number]=")
      out.put(number)
      out.put("&card[cvc]=")
      out.put(decimal: below(1000), width: 3)
      out.put("\n")
    case 1:
      out.put(" INFO {\"source\":{\"number\":\"")
      out.put(number)
      out.put("\",\"exp_year\":2027}}\n")
    case 2:
      out.put(" ERROR gateway refused card ")
      putGrouped(number, 0x20, &out)
      out.put(" (do_not_honor)\n")
    case 3:
      out.put(" WARN retry with ")
      putGrouped(number, 0x2D, &out)
      out.put(" exp 11/27\n")
    case 4:
      out.put(" WARN till swipe raw=;")
      out.put(number)
      out.put("=27111010000000000000?\n")
    default:
      out.put(" INFO refund issued on ")
      out.put(number)
      out.put("\n")
    }
  }

  private func putGrouped(_ number: [UInt8], _ separator: UInt8, _ out: inout ByteWriter) {
    for (index, digit) in number.enumerated() {
      if index > 0 && index.isMultiple(of: 4) { out.put(byte: separator) }
      out.put(byte: digit)
    }
  }
}

/// Invented sixteen-digit numbers that pass Luhn.
enum TestCard {
  static func make(_ random: inout SplitMix) -> [UInt8] {
    let prefixes: [[UInt8]] = [Array("4539".utf8), Array("5186".utf8), Array("2412".utf8)]
    var digits = prefixes[Int(truncatingIfNeeded: random.next() % 3)]
    while digits.count < 15 { digits.append(0x30 + UInt8(truncatingIfNeeded: random.next() % 10)) }
    var sum = 0
    for (index, byte) in digits.enumerated() {
      let digit = Int(byte) - 0x30
      sum += index.isMultiple(of: 2) ? (digit < 5 ? digit * 2 : digit * 2 - 9) : digit
    }
    digits.append(0x30 + UInt8(truncatingIfNeeded: (10 - sum % 10) % 10))
    return digits
  }
}

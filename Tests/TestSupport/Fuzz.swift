import Foundation

/// Random runs over a function that takes bytes: mutations of a corpus, each run from a seed of its own.
///
/// A failing run names its seed. A crash cannot, so the seed lies in `unpan-fuzz-<name>.seed` in the
/// temporary directory while the runs go on; `UNPAN_FUZZ_SEED` begins there.
package struct Fuzz {
  private var name: String
  private var corpus: [[UInt8]]
  private static let bytesMax = 4096

  package init(_ name: String, corpus: [[UInt8]]) {
    self.name = name
    self.corpus = corpus.filter { !$0.isEmpty }
    precondition(!self.corpus.isEmpty, "a corpus to start from")
  }

  /// How often, `UNPAN_FUZZ_RUNS` or `usual`.
  package static func runs(_ usual: Int) -> Int { number("UNPAN_FUZZ_RUNS") ?? usual }

  private static func number(_ variable: String) -> Int? {
    ProcessInfo.processInfo.environment[variable].flatMap { Int($0) }
  }

  /// - Parameter body: gets the bytes and a generator for choices of its own; returns what is wrong.
  /// - Returns: the first thing that was wrong, with its seed.
  package func run(
    _ usual: Int = 2000, _ body: ([UInt8], inout SplitMix) -> String?
  ) -> String? {
    let first = Fuzz.number("UNPAN_FUZZ_SEED") ?? 0
    let marker = FileManager.default.temporaryDirectory.appendingPathComponent(
      "unpan-fuzz-\(name).seed"
    ).path
    let file = open(marker, O_CREAT | O_WRONLY | O_TRUNC, 0o644)
    defer {
      if file >= 0 { close(file) }
      unlink(marker)
    }
    for seed in first..<first + Fuzz.runs(usual) {
      let text = Array("\(seed)\n".utf8)
      if file >= 0 { pwrite(file, text, text.count, 0) }
      var random = SplitMix(seed: UInt64(seed) &* 0x2545_F491_4F6C_DD1D)
      let bytes = mutated(&random)
      if let wrong = body(bytes, &random) { return "\(name), UNPAN_FUZZ_SEED=\(seed): \(wrong)" }
    }
    return nil
  }

  private func mutated(_ random: inout SplitMix) -> [UInt8] {
    var bytes = corpus.randomElement(using: &random)!
    for _ in 0..<Int.random(in: 0...6, using: &random) { mutate(&bytes, &random) }
    return Array(bytes.prefix(Fuzz.bytesMax))
  }

  private func mutate(_ bytes: inout [UInt8], _ random: inout SplitMix) {
    let at = Int.random(in: 0...bytes.count, using: &random)
    let end = min(bytes.count, at + Int.random(in: 0...40, using: &random))
    switch Int.random(in: 0..<8, using: &random) {
    case 0: if at < bytes.count { bytes[at] = UInt8.random(in: 0...255, using: &random) }
    case 1: bytes.removeSubrange(at..<end)
    case 2: bytes.insert(contentsOf: bytes[at..<end], at: at)
    case 3: bytes.insert(contentsOf: Fuzz.tokens.randomElement(using: &random)!, at: at)
    case 4: bytes.insert(contentsOf: corpus.randomElement(using: &random)!.prefix(200), at: at)
    case 5: bytes.removeSubrange(Bool.random(using: &random) ? at..<bytes.count : 0..<at)
    case 6:
      // As UTF-16, either byte order.
      let isBig = Bool.random(using: &random)
      var wide: [UInt8] = []
      for byte in bytes[at..<end] { wide += isBig ? [0, byte] : [byte, 0] }
      bytes.replaceSubrange(at..<end, with: wide)
    default:
      for index in at..<end where bytes[index] &- 0x30 < 10 {
        bytes[index] = UInt8.random(in: 0x30...0x39, using: &random)
      }
    }
  }

  /// What detection looks for, cut and joined in ways nobody writes.
  private static let tokens: [[UInt8]] =
    [
      "\\u00", "\\u0034", "%2", "%20", "%5e", "&#160;", "&quot;", "&nbsp;", "=", "D", "^", "?", ";",
      "%B",
      "5A08", "57", "cvv", "cvc2=", "pin", "pin_block:", "k_", "sk_live_", "whsec_", "_secret_",
      "ecr",
      "<", ">", "</", "value=\"", "<input name=\"cvv\" value=\"", "[", "]", "(", ")", "VALUES (",
      "')",
      "INSERT INTO t (pan, cvv) VALUES ('", "\u{1B}[32m", "s:3:\"", ";s:16:\"", "N'", "exp",
      "11/29", "0x",
      "DE89", "\n", "\r\n", ",", "\t", "|", "\"", "'", "\\", "４２", "　", "－", "：", "为", "卡号", "é",
      "ß",
      "4242424242424242", "378282246310005", "0000000000000000", "000", "737", "-", ".", "/", "_",
      "+",
    ].map { Array($0.utf8) } + [
      [0], [0, 0, 0, 0], [0xFF], [0xEF], [0xEF, 0xBC], [0xC3], [0xC4], [0xC5], [0xD0], [0xCE],
      [0xF0],
      [0xA3, 0xB4], [0x82, 0x53], [0xFE, 0xFF], [0xFF, 0xFE], [0x80], [0xBF], [0xE3, 0x80],
    ]
}

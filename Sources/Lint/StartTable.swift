import Rules

/// Which patterns may begin at a token, told by its kind and its first three bytes: nearly all tokens
/// are passed over by that alone.
struct StartTable: Sendable {
  /// One pattern with where it is from.
  struct Source: Sendable {
    var entry: Entry
    var pattern: LintPattern
    /// Languages the check is for; `nil`: any.
    var names: Set<String>?

    init(_ pattern: LintPattern, _ names: Set<String>?, rule: Int, check: Int) {
      entry = Entry(pattern, rule: rule, check: check)
      self.pattern = pattern
      self.names = names
    }
  }

  /// One pattern of a check. Plain bytes: copying it counts no references.
  struct Entry: Sendable {
    /// -1 for what a condition on the whole target looks for; `check` is then its number.
    var rule: Int
    var check: Int
    /// Number in `patterns`.
    fileprivate(set) var pattern = 0
    private var first: SIMD4<UInt64>
    private var second: SIMD4<UInt64>
    private var third: SIMD4<UInt64>
    private var kinds: UInt8

    fileprivate init(_ pattern: LintPattern, rule: Int, check: Int) {
      self.rule = rule
      self.check = check
      let shape = Entry.shape(pattern)
      (first, second, third) = (shape.sets[0], shape.sets[1], shape.sets[2])
      kinds = shape.kinds
    }

    private static let all = SIMD4<UInt64>(repeating: .max)

    private static func shape(
      _ pattern: LintPattern
    ) -> (sets: [SIMD4<UInt64>], kinds: UInt8) {
      func bit(_ kinds: SourceText.Kind...) -> UInt8 { kinds.reduce(0) { $0 | 1 << $1.rawValue } }
      func sets(_ globs: [LintPattern.Glob]) -> [SIMD4<UInt64>] {
        (0..<3).map { place in bytes(globs.map(\.text), place) }
      }
      let any = [all, all, all]
      switch pattern.elements[0].what {
      case .word(let globs): return (sets(globs), bit(.word))
      case .string(let globs): return (sets(globs), bit(.string))
      case .key(let globs): return (sets(globs), bit(.word, .string))
      case .punctuation(let marks):
        return ([bytes(marks, 0), bytes(marks, 1), bytes(marks, 2)], bit(.punctuation))
      case .secret, .plainURL, .anyString: return (any, bit(.string))
      case .anyWord: return (any, bit(.word))
      case .spread: return (any, bit(.punctuation))
      case .gap, .anything: return (any, .max)
      }
    }

    /// The bytes that may stand at a place; 0 for the end of a text.
    private static func bytes(_ texts: [[UInt8]], _ place: Int) -> SIMD4<UInt64> {
      var set = SIMD4<UInt64>()
      for text in texts {
        // Of marks, too: `**` then tells nothing, which costs a look and no match.
        if text.prefix(place + 1).contains(UInt8(ascii: "*")) { return all }
        Entry.set(text.count > place ? text[place] : 0, &set)
      }
      return set
    }

    private static func set(_ byte: UInt8, _ set: inout SIMD4<UInt64>) {
      set[Int(byte >> 6)] |= 1 << UInt64(byte & 63)
    }

    fileprivate func mayBegin(with byte: UInt8) -> Bool {
      first[Int(byte >> 6)] >> UInt64(byte & 63) & 1 != 0
    }

    func mayBegin(_ kind: SourceText.Kind, _ byte: UInt8, _ next: UInt8) -> Bool {
      kinds >> kind.rawValue & 1 != 0 && second[Int(byte >> 6)] >> UInt64(byte & 63) & 1 != 0
        && third[Int(next >> 6)] >> UInt64(next & 63) & 1 != 0
    }
  }

  /// Those of one first byte after those of another.
  private(set) var entries: [Entry] = []
  /// What the entries' numbers mean.
  let patterns: [LintPattern]
  private var bounds: [Int] = []

  init(_ all: [Source], for names: [String]) {
    patterns = all.map(\.pattern)
    let meant = all.enumerated().filter { _, source in
      source.names.map { !$0.isDisjoint(with: names) } ?? true
    }.map { number, source in
      var entry = source.entry
      entry.pattern = number
      return entry
    }
    for byte in UInt8.min...UInt8.max {
      bounds.append(entries.count)
      entries += meant.filter { $0.mayBegin(with: byte) }
    }
    bounds.append(entries.count)
  }

  /// The entries for a token's first byte.
  func range(_ first: UInt8) -> Range<Int> { bounds[Int(first)]..<bounds[Int(first) + 1] }
}

import Rules

/// Which patterns may begin at a token, told by its kind and its first two bytes: nearly all tokens
/// are passed over by that alone.
struct StartTable: Sendable {
  /// One pattern of a check.
  struct Entry: Sendable {
    /// -1 for what a condition on the whole target looks for; `check` is then its number.
    var rule: Int
    var check: Int
    var pattern: Int
    private var first: SIMD4<UInt64>
    private var second: SIMD4<UInt64>
    private var kinds: UInt8

    /// Languages the check is for; `nil`: any.
    fileprivate var names: Set<String>?

    init(_ pattern: LintPattern, _ names: Set<String>?, rule: Int, check: Int, pattern number: Int)
    {
      self.rule = rule
      self.check = check
      self.pattern = number
      self.names = names
      (first, second, kinds) = Entry.shape(pattern)
    }

    private static let all = SIMD4<UInt64>(repeating: .max)

    private static func shape(
      _ pattern: LintPattern
    ) -> (first: SIMD4<UInt64>, second: SIMD4<UInt64>, kinds: UInt8) {
      func bit(_ kinds: SourceText.Kind...) -> UInt8 { kinds.reduce(0) { $0 | 1 << $1.rawValue } }
      switch pattern.elements[0].what {
      case .word(let globs): return (bytes(globs, 0), bytes(globs, 1), bit(.word))
      case .string(let globs): return (bytes(globs, 0), bytes(globs, 1), bit(.string))
      case .key(let globs): return (bytes(globs, 0), bytes(globs, 1), bit(.word, .string))
      case .punctuation(let marks):
        var first = SIMD4<UInt64>()
        for mark in marks { Entry.set(mark[0], &first) }
        return (first, all, bit(.punctuation))
      case .secret, .plainURL, .anyString: return (all, all, bit(.string))
      case .anyWord: return (all, all, bit(.word))
      case .spread: return (all, all, bit(.punctuation))
      case .gap, .anything: return (all, all, .max)
      }
    }

    /// The bytes that may stand at a place; 0 for the end of a text.
    private static func bytes(_ globs: [LintPattern.Glob], _ place: Int) -> SIMD4<UInt64> {
      var set = SIMD4<UInt64>()
      for glob in globs {
        if glob.text.prefix(place + 1).contains(UInt8(ascii: "*")) { return all }
        Entry.set(glob.text.count > place ? glob.text[place] : 0, &set)
      }
      return set
    }

    private static func set(_ byte: UInt8, _ set: inout SIMD4<UInt64>) {
      set[Int(byte >> 6)] |= 1 << UInt64(byte & 63)
    }

    fileprivate func mayBegin(with byte: UInt8) -> Bool {
      first[Int(byte >> 6)] >> UInt64(byte & 63) & 1 != 0
    }

    func mayBegin(_ kind: SourceText.Kind, _ byte: UInt8) -> Bool {
      kinds >> kind.rawValue & 1 != 0 && second[Int(byte >> 6)] >> UInt64(byte & 63) & 1 != 0
    }
  }

  /// Those of one first byte after those of another.
  private(set) var entries: [Entry] = []
  private var bounds: [Int] = []

  init(_ all: [Entry], for names: [String]) {
    let meant = all.filter { entry in
      entry.names.map { !$0.isDisjoint(with: names) } ?? true
    }.map { entry in
      var entry = entry
      // Read no more; without it an entry is plain bytes.
      entry.names = nil
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

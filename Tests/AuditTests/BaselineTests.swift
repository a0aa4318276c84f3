import Audit
import Core
import Testing

/// Lets an expectation ask a matcher, which changes by that.
private final class Matcher {
  private var matcher: BaselineMatcher

  init(_ baseline: Baseline, today: String) {
    matcher = BaselineMatcher(baseline, today: today)
  }

  func answer(for finding: Finding) -> BaselineMatcher.Answer { matcher.answer(for: finding) }
  func answers(for findings: [Finding], isNew: [Bool]) -> [BaselineMatcher.Answer] {
    matcher.answers(for: findings, isNew: isNew)
  }
  func shrunk() -> Baseline { matcher.shrunk() }
}

@Suite struct BaselineTests {
  private func finding(
    id: String = "e000000000000001", line: Int, path: String = "a.js", last4: String = "4242",
    kind: Finding.Kind = .pan, target: String = "git:.", member: String? = nil
  ) -> Finding {
    Finding(
      id: id, rule: kind.rawValue, kind: kind, brand: "visa", last4: last4, length: 16,
      masked: "************" + last4, confidence: .high, score: 90, severity: .high,
      location: Location(
        target: target, path: path, member: member, line: line, column: 1, byteOffset: 5))
  }

  private func baseline(_ findings: Finding..., expires: String = "2027-01-01") -> Baseline {
    var baseline = Baseline()
    for finding in findings {
      baseline.accept(finding, reason: "old", owner: "ann", expires: expires)
    }
    return baseline
  }

  private let known = BaselineMatcher.Answer.suppressed(
    Suppression(kind: .external, reason: "old", owner: "ann", expires: "2027-01-01"))

  @Test func `an entry follows a line that moves, and no other number`() {
    let matcher = Matcher(baseline(finding(line: 3)), today: "2026-06-01")
    #expect(matcher.answer(for: finding(id: "e2", line: 9, last4: "1111")) == .unknown)
    #expect(matcher.answer(for: finding(id: "e3", line: 9, path: "b.js")) == .unknown)
    #expect(matcher.answer(for: finding(id: "e4", line: 9)) == known)
    // One entry, one finding.
    #expect(matcher.answer(for: finding(id: "e5", line: 10)) == .unknown)
  }

  @Test func `an entry is of a place however its target was typed`() {
    let entries = baseline(finding(line: 3, path: "src/a.js", target: "src"))
    for target in ["src", "./src", "src/", "./src/"] {
      let matcher = Matcher(entries, today: "2026-06-01")
      let found = finding(line: 3, path: target + "/a.js", target: target)
      #expect(matcher.answer(for: found) == known, "\(target)")
    }
  }

  @Test func `what was there before has its entry before what is new above it`() {
    let new = finding(id: "e2", line: 3)
    let old = finding(id: "e3", line: 4)
    let entries = baseline(finding(line: 3))
    let matcher = Matcher(entries, today: "2026-06-01")
    #expect(matcher.answers(for: [new, old], isNew: [true, false]) == [.unknown, known])
    // Each version of a file has its own turn.
    let versions = [
      finding(id: "e4", line: 3, member: "c1"), finding(id: "e5", line: 3, member: "c2"), new, old,
    ]
    let again = Matcher(entries, today: "2026-06-01")
    #expect(
      again.answers(for: versions, isNew: [true, true, true, false])
        == [known, known, .unknown, known])
  }

  @Test func `the entry of the very place goes before one that only fits`() {
    let matcher = Matcher(baseline(finding(line: 3)), today: "2026-06-01")
    let findings = [finding(id: "e2", line: 1), finding(line: 3)]
    #expect(matcher.answers(for: findings, isNew: [true, true]) == [.unknown, known])
  }

  @Test func `a name that holds a number is masked, and its entry found all the same`() {
    let found = finding(line: 3, path: "r-4242424242424242.txt")
    var baseline = Baseline()
    baseline.accept(
      found, reason: "as 4111111111111111", owner: "5555555555554444", expires: "2027-01-01")
    let text = String(decoding: baseline.encoded(), as: UTF8.self)
    for number in ["4242424242424242", "4111111111111111", "5555555555554444"] {
      #expect(!text.contains(number))
    }
    let matcher = Matcher(baseline, today: "2026-06-01")
    let answer = matcher.answer(for: finding(id: "e2", line: 9, path: "r-4242424242424242.txt"))
    #expect(answer != .unknown)
  }

  @Test func `another number in the same place is not suppressed`() {
    let matcher = Matcher(baseline(finding(line: 3)), today: "2026-06-01")
    #expect(matcher.answer(for: finding(line: 3, last4: "1111")) == .unknown)
  }

  @Test func `each version of a file in a history is judged on its own`() {
    let matcher = Matcher(baseline(finding(line: 3)), today: "2026-06-01")
    #expect(matcher.answer(for: finding(id: "e2", line: 3, member: "c1")) == known)
    #expect(matcher.answer(for: finding(id: "e3", line: 4, member: "c2")) == known)
    #expect(matcher.answer(for: finding(id: "e4", line: 5, member: "c2")) == .unknown)
  }

  @Test(arguments: [("2026-06-01", true), ("2026-05-31", false)])
  func `an entry holds to the end of its last day`(expires: String, holds: Bool) {
    let matcher = Matcher(
      baseline(finding(line: 3), expires: expires), today: "2026-06-01")
    let suppression = Suppression(
      kind: .external, reason: "old", owner: "ann", expires: expires)
    let answer = matcher.answer(for: finding(line: 3))
    #expect(answer == (holds ? .suppressed(suppression) : .expired(suppression)))
  }

  @Test func `what is gone is taken out, and nothing is put in`() {
    let gone = finding(id: "e000000000000009", line: 8, path: "gone.js")
    let matcher = Matcher(baseline(finding(line: 3), gone), today: "2026-06-01")
    _ = matcher.answer(for: finding(id: "e00000000000000a", line: 5))
    _ = matcher.answer(for: finding(id: "e00000000000000b", line: 6, path: "new.js"))
    let shrunk = matcher.shrunk()
    #expect(shrunk.entries.map(\.id) == ["e00000000000000a"])
    #expect(shrunk.entries.first?.place.line == 5)
  }

  @Test(arguments: Finding.Kind.allCases.filter(\.isSensitiveAuthenticationData))
  func `sensitive authentication data never gets in`(kind: Finding.Kind) throws {
    var baseline = Baseline()
    let isIn = baseline.accept(
      finding(line: 1, kind: kind), reason: "r", owner: "o", expires: "2027-01-01")
    #expect(!isIn)
    #expect(baseline.entries.isEmpty)
    let text = String(decoding: self.baseline(finding(line: 1)).encoded(), as: UTF8.self)
    let forged = text.split(separator: "\"kind\" : \"pan\"").joined(
      separator: "\"kind\" : \"\(kind.rawValue)\"")
    let error = #expect(throws: SettingsError.self) {
      try Baseline(decoding: Array(forged.utf8), file: "b.json")
    }
    #expect(error?.code == .sensitive(kind))
  }

  @Test func `a baseline is written and read back`() throws {
    let baseline = baseline(finding(line: 3), finding(id: "e000000000000002", line: 4))
    let bytes = baseline.encoded()
    #expect(try Baseline(decoding: bytes, file: "b.json") == baseline)
    #expect(!String(decoding: bytes, as: UTF8.self).contains("byteOffset"))
  }

  @Test(arguments: [
    ("{}", SettingsError.Code.noBaseline), ("no JSON", .noBaseline),
    (#"{"kind": "unpan-baseline", "version": 2, "entries": []}"#, .otherVersion(2)),
    (#"{"kind": "unpan-baseline", "entries": []}"#, .otherVersion(nil)),
    (#"{"kind": "unpan-baseline", "version": 1}"#, .noBaseline),
  ])
  func `a file that is no baseline is refused`(text: String, code: SettingsError.Code) {
    let error = #expect(throws: SettingsError.self) {
      try Baseline(decoding: Array(text.utf8), file: "b.json")
    }
    #expect(error?.code == code)
  }

  @Test(arguments: [
    ("2026-02-28", true), ("2024-02-29", true), ("2026-02-29", false), ("2026-13-01", false),
    ("2026-1-1", false), ("soon", false), ("", false), ("2026-00-10", false),
  ])
  func `a day is a day of the calendar`(text: String, isValid: Bool) {
    #expect(Day.isValid(text) == isValid)
  }
}

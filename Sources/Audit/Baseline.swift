import Core
import FoundationEssentials
import Inputs

/// Findings that were judged and are put up with for a while: each with a reason, an owner and a last
/// day. Holds no number and no hash of one.
package struct Baseline: Codable, Sendable, Equatable {
  package var kind = Baseline.kindName
  package var version = Baseline.currentVersion
  package var entries: [Entry] = []

  package static let kindName = "unpan-baseline"
  package static let currentVersion = 1

  package init() {}

  /// One finding.
  package struct Entry: Codable, Sendable, Equatable {
    package var id: String
    package var rule: String
    package var kind: Finding.Kind
    package var brand: String?
    package var last4: String?
    package var place: Location
    package var reason: String
    package var owner: String
    /// The last day it holds, as `2026-12-31`.
    package var expires: String

    /// Whether it is about what a commit brought, not about a file as it is now.
    var isOfHistory: Bool {
      let commit = place.member?.prefix { $0 != "!" } ?? ""
      return commit.count == GitPlaces.idLength && commit.allSatisfy(\.isHexDigit)
    }

    init(_ finding: Finding, reason: String, owner: String, expires: String) {
      id = finding.id
      rule = finding.rule
      kind = finding.kind
      brand = finding.brand
      last4 = finding.last4
      place = finding.location.masked
      place.byteOffset = nil
      self.reason = NumberGuard.masked(reason)
      self.owner = NumberGuard.masked(owner)
      self.expires = expires
    }
  }

  /// - Throws: `SettingsError` for a file that is none, one of another version, or one that holds
  ///   sensitive authentication data, which nobody may put up with.
  package init(decoding bytes: [UInt8], file: String) throws(SettingsError) {
    struct Head: Decodable {
      var kind: String?
      var version: Int?
    }
    let decoder = JSONDecoder()
    do {
      let head = try decoder.decode(Head.self, from: Data(bytes))
      guard head.kind == Baseline.kindName else {
        throw SettingsError(.noBaseline, file: file)
      }
      guard head.version == Baseline.currentVersion else {
        throw SettingsError(.otherVersion(head.version), file: file)
      }
      self = try decoder.decode(Baseline.self, from: Data(bytes))
    } catch let error as SettingsError {
      throw error
    } catch {
      throw SettingsError(.noBaseline, file: file)
    }
    for (index, entry) in entries.enumerated() {
      let path = "entries[\(index)]"
      if entry.kind.isSensitiveAuthenticationData {
        throw SettingsError(.sensitive(entry.kind), file: file, path: path)
      }
      guard Day.isValid(entry.expires) else {
        throw SettingsError(.value("a day such as 2026-12-31"), file: file, path: path + ".expires")
      }
      guard !Suppression.isBlank(entry.reason), !Suppression.isBlank(entry.owner) else {
        throw SettingsError(.value("a reason and an owner"), file: file, path: path)
      }
    }
  }

  /// As it is written: sorted, so that a change of it is small.
  package func encoded() -> [UInt8] {
    var sorted = self
    sorted.entries.sort { a, b in
      (a.place.path ?? "", a.place.line ?? 0, a.id) < (b.place.path ?? "", b.place.line ?? 0, b.id)
    }
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      return Array(try encoder.encode(sorted)) + [UInt8(ascii: "\n")]
    } catch {
      preconditionFailure("a baseline holds nothing that JSON cannot")
    }
  }
}

/// Finds the entry of a finding: by its id, else, when its line moved, by what it is and which file it
/// is in. As many findings are suppressed as there are entries, never more.
package struct BaselineMatcher {
  private var entries: [Baseline.Entry]
  private var byID: [String: Int] = [:]
  private var byNature: [Nature: [Int]] = [:]
  private var used: Set<Int> = []
  /// The version of a file that findings come from; in a history each is judged on its own.
  private var group: Location?
  /// Entries that a finding had, with the finding that had them last.
  private(set) var matched: [Int: Finding] = [:]
  private let today: String

  private struct Nature: Hashable {
    var rule: String
    var brand: String?
    var last4: String?
    var place: Location

    init(rule: String, brand: String?, last4: String?, place: Location) {
      self.rule = rule
      self.brand = brand
      self.last4 = last4
      self.place = place.masked
      // However they were typed.
      self.place.target = PathSpelling.plain(self.place.target)
      if !PathSpelling.isAddress(place.target) {
        self.place.path = self.place.path.map(PathSpelling.plain)
      }
      self.place.line = nil
      self.place.column = nil
      self.place.byteOffset = nil
      if place.target == Baseline.repositoryTarget {
        // In a history it is the commit, which is another for every change of the file.
        self.place.member = nil
        // A row moves with the lines above it, and an item with those before it.
        self.place.row = nil
        self.place.field?.removeAll(where: \.isNumber)
      }
    }
  }

  package init(_ baseline: Baseline, today: String) {
    entries = baseline.entries
    self.today = today
    for (index, entry) in entries.enumerated() {
      byID[entry.id] = index
      let nature = Nature(
        rule: entry.rule, brand: entry.brand, last4: entry.last4, place: entry.place)
      byNature[nature, default: []].append(index)
    }
  }

  /// What became of a finding.
  package enum Answer: Equatable {
    case unknown
    case expired(Suppression)
    case suppressed(Suppression)
  }

  /// What became of findings that are told one after another.
  ///
  /// In each version of a file those in lines that were there before take their entries first: what is
  /// new above them must not pass as one of them. An entry for the very place goes before one that only
  /// fits.
  ///
  /// - Parameters:
  ///   - findings: whole versions of files, in the order of a report.
  ///   - isNew: of each, whether a change brought it.
  package mutating func answers(for findings: [Finding], isNew: [Bool]) -> [Answer] {
    var answers = [Answer](repeating: .unknown, count: findings.count)
    guard !entries.isEmpty else { return answers }
    var start = 0
    while start < findings.count {
      let version = BaselineMatcher.version(of: findings[start])
      let end =
        findings[start...].firstIndex { BaselineMatcher.version(of: $0) != version }
        ?? findings.count
      for (isNewsTurn, isExact) in [(false, true), (false, false), (true, true), (true, false)] {
        for index in start..<end
        where isNew[index] == isNewsTurn && answers[index] == .unknown {
          answers[index] = answer(for: findings[index], isExact: isExact)
        }
      }
      start = end
    }
    return answers
  }

  /// What became of the next finding of a report.
  package mutating func answer(for finding: Finding) -> Answer {
    answer(for: finding, isExact: false)
  }

  /// The version of a file that a finding comes from.
  private static func version(of finding: Finding) -> Location {
    Location(
      target: finding.location.target, path: finding.location.path,
      member: finding.location.member)
  }

  /// - Parameter isExact: whether only an entry with the finding's own id counts.
  private mutating func answer(for finding: Finding, isExact: Bool) -> Answer {
    guard !entries.isEmpty, !finding.kind.isSensitiveAuthenticationData else { return .unknown }
    if finding.location.target == Baseline.repositoryTarget {
      let version = BaselineMatcher.version(of: finding)
      if version != group {
        group = version
        used.removeAll()
      }
    }
    guard let index = index(of: finding, isExact: isExact), used.insert(index).inserted else {
      return .unknown
    }
    matched[index] = finding
    let entry = entries[index]
    let suppression = Suppression(
      kind: .external, reason: entry.reason, owner: entry.owner, expires: entry.expires)
    return entry.expires < today ? .expired(suppression) : .suppressed(suppression)
  }

  private func index(of finding: Finding, isExact: Bool) -> Int? {
    let nature = Nature(
      rule: finding.rule, brand: finding.brand, last4: finding.last4, place: finding.location)
    let same = byNature[nature] ?? []
    // The same place can hold another number by now, so the id alone is not enough.
    if let index = byID[finding.id], same.contains(index), !used.contains(index) { return index }
    return isExact ? nil : same.first { !used.contains($0) }
  }

  /// The baseline without what is gone; places and ids as they are now.
  /// - Parameter isSeen: whether the findings were all there are for an entry; others stay as they are.
  package func shrunk(where isSeen: (Baseline.Entry) -> Bool = { _ in true }) -> Baseline {
    var baseline = Baseline()
    for (index, entry) in entries.enumerated() {
      guard isSeen(entry) else {
        baseline.entries.append(entry)
        continue
      }
      guard let finding = matched[index] else { continue }
      baseline.entries.append(
        Baseline.Entry(
          finding, reason: entry.reason, owner: entry.owner, expires: entry.expires))
    }
    return baseline
  }
}

extension Baseline {
  /// What findings of a check of a repository call their target.
  static let repositoryTarget = "git:."

  /// Adds a finding that somebody judged.
  /// - Returns: false, and nothing is added, for sensitive authentication data.
  @discardableResult
  package mutating func accept(
    _ finding: Finding, reason: String, owner: String, expires: String
  ) -> Bool {
    guard !finding.kind.isSensitiveAuthenticationData else { return false }
    entries.append(Entry(finding, reason: reason, owner: owner, expires: expires))
    return true
  }
}

extension Location {
  /// Without the numbers that names may hold, as every report shows it.
  fileprivate var masked: Location {
    var place = self
    place.target = NumberGuard.masked(target)
    place.path = path.map(NumberGuard.masked)
    place.member = member.map(NumberGuard.masked)
    place.table = table.map(NumberGuard.masked)
    place.field = field.map(NumberGuard.masked)
    place.row = row.map(NumberGuard.masked)
    return place
  }
}

/// Days as people write them.
package enum Day {
  /// Whether the text is a day such as `2026-12-31`.
  package static func isValid(_ text: String) -> Bool {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.map(\.utf8.count) == [4, 2, 2], let year = number(parts[0]),
      let month = number(parts[1]), let day = number(parts[2])
    else { return false }
    let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
    let days = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    return (1...12).contains(month) && day >= 1 && day <= days[month - 1]
  }

  private static func number(_ text: Substring) -> Int? {
    text.utf8.allSatisfy { $0 >= 0x30 && $0 <= 0x39 } ? Int(text) : nil
  }
}

/// A settings file or baseline that cannot be used.
package struct SettingsError: Error, Sendable, Equatable {
  package var code: Code
  package var file: String
  package var line: Int?
  /// For example `paths[2].reason`.
  package var path: String

  init(_ code: Code, file: String, line: Int? = nil, path: String = "") {
    self.code = code
    self.file = file
    self.line = line
    self.path = path
  }

  /// What is wrong.
  package enum Code: Sendable, Equatable {
    case unreadable(String)
    /// What was expected instead, in words.
    case syntax(String)
    case value(String)
    case unknownKey(String, known: [String])
    case noBaseline
    case otherVersion(Int?)
    /// Nobody may put up with it.
    case sensitive(Finding.Kind)
  }
}

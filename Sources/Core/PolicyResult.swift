/// Whether a run found only what a target-state policy allows: a verdict per store and column.
package struct PolicyResult: Codable, Sendable, Equatable {
  /// `built-in`, or the policy's file.
  package var policy: String
  package var verdict: Verdict = .passed
  /// In the order of the run.
  package var stores: [Store] = []

  package init(policy: String) { self.policy = policy }

  /// What can be said of a store or of the whole; the worse wins.
  package enum Verdict: String, Codable, Sendable, CaseIterable, Comparable {
    /// Only what is allowed, proven by a complete read.
    case passed
    /// Nothing that is forbidden was seen, and not everything could be seen.
    case unproven
    case failed

    private var rank: Int { self == .failed ? 2 : self == .unproven ? 1 : 0 }
    package static func < (a: Verdict, b: Verdict) -> Bool { a.rank < b.rank }
  }

  /// A database, or all files of a target.
  package struct Store: Codable, Sendable, Equatable {
    package var target: String
    /// The database's file, raw, where the target is not it; `nil` for a target's other files.
    package var path: String?
    package var verdict: Verdict = .passed
    /// Every column of every table, those that passed too.
    package var columns: [Column] = []
    /// What speaks against the store beside its columns.
    package var problems: [Problem] = []

    package init(target: String, path: String? = nil) {
      self.target = target
      self.path = path
    }
  }

  /// One column and what speaks against it.
  package struct Column: Codable, Sendable, Equatable {
    package var table: String
    package var column: String
    package var verdict: ColumnVerdict
    /// What its values are, the most frequent first.
    package var classes: [ColumnProfile.Class]
    /// Empty for a column that passed.
    package var problems: [Problem] = []

    package init(
      table: String, column: String, verdict: ColumnVerdict, classes: [ColumnProfile.Class]
    ) {
      self.table = table
      self.column = column
      self.verdict = verdict
      self.classes = classes
    }
  }

  /// Why a column passes, or does not.
  package enum ColumnVerdict: String, Codable, Sendable, CaseIterable {
    /// Every value is of a class that the policy allows.
    case allowed
    /// Every value was read, and none holds card data.
    case clean
    /// The policy names the column.
    case accepted
    case unproven
    case forbidden

    package var passes: Bool { self == .allowed || self == .clean || self == .accepted }
  }

  /// One thing that keeps a store or column from passing.
  package struct Problem: Codable, Sendable, Equatable {
    /// A fixed word, for example `forbidden-class` or `not-read`.
    package var kind: Kind
    /// What the word is about: a class, a finding's kind, a coverage reason; or a file, raw.
    package var subject: String?
    package var count: Int
    /// Keys of a few rows, or the first place; never a value.
    package var examples: [String]

    package init(_ kind: Kind, subject: String? = nil, count: Int = 1, examples: [String] = []) {
      self.kind = kind
      self.subject = subject
      self.count = count
      self.examples = examples
    }

    /// A string, so that an unknown one survives.
    package struct Kind: RawRepresentable, Codable, Sendable, Hashable {
      package var rawValue: String
      package init(rawValue: String) { self.rawValue = rawValue }

      /// Card data or a secret was found; `subject` is the finding's kind.
      package static let finding = Kind(rawValue: "finding")
      /// Values of a class that the policy does not allow.
      package static let forbiddenClass = Kind(rawValue: "forbidden-class")
      /// Values of which nobody can tell what they hold.
      package static let unreadableClass = Kind(rawValue: "unreadable-class")
      /// Numbers shaped like card numbers that pass the check digit oftener than random ones do.
      package static let doubtfulNumbers = Kind(rawValue: "doubtful-numbers")
      /// Digits that may be a number with those of other columns; `subject` is the columns' names.
      package static let doubtfulPieces = Kind(rawValue: "doubtful-pieces")
      /// Something of the store was not read; `subject` is the coverage's reason.
      package static let notRead = Kind(rawValue: "not-read")
      /// Scanned without being held against a policy, as a part of a merge may be.
      package static let noPolicy = Kind(rawValue: "no-policy")
      /// Rows of the column's table were not read.
      package static let rowsNotRead = Kind(rawValue: "rows-not-read")
      package static let malformedIDs = Kind(rawValue: "malformed-ids")
      /// Ids of live and of test mode beside each other.
      package static let mixedModes = Kind(rawValue: "mixed-modes")
      /// Ids that stand more than once; `subject` tells the share that was compared, if not all were.
      package static let duplicateIDs = Kind(rawValue: "duplicate-ids")
      /// No id stands more than once among those compared, which are not all; `subject` as before.
      package static let idsNotCompared = Kind(rawValue: "ids-not-compared")
      /// Payment methods without a customer.
      package static let orphanedIDs = Kind(rawValue: "orphaned-ids")
    }
  }
}

extension PolicyResult {
  /// What a run with this verdict exits with when nothing else speaks against it.
  package var exitCode: Int {
    let code: ExitCode =
      switch verdict {
      case .passed: .clean
      case .unproven: .incomplete
      case .failed: .findings
      }
    return Int(code.rawValue)
  }

  /// The verdict over the shards of a run: all stores, and the worst of the verdicts.
  package static func merged(_ results: [PolicyResult]) -> PolicyResult {
    var names: [String] = []
    for result in results where !result.policy.isEmpty && !names.contains(result.policy) {
      names.append(result.policy)
    }
    var sum = PolicyResult(policy: names.joined(separator: ", "))
    sum.verdict = results.map(\.verdict).max() ?? .unproven
    sum.stores = results.flatMap(\.stores)
    return sum
  }
}

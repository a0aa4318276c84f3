/// What one target's scan reached, and what it did not: the other half of every result.
package struct Coverage: Codable, Sendable, Equatable {
  package var target: String
  package var examined = Examined()
  /// Left out by choice or by nature (`--exclude`, symbolic links, devices). Does not make a run
  /// incomplete. At most `Limits.coverageEntriesMax` are listed; `excludedCount` counts them all.
  package var excluded: [Entry] = []
  package var excludedCount = 0
  /// Should have been read and was not. One is enough to make the run incomplete.
  package var notExamined: [Entry] = []
  package var notExaminedCount = 0
  /// Tables, with how many rows were read of how many there are.
  package var tables: [Table] = []
  /// Place-classes whose numbers were judged together (see `ClassReport`).
  package var classes: [ClassReport] = []
  /// Place-classes beyond the bound of the class table: their numbers got no verdict.
  package var classesWithoutVerdict = 0
  /// What each column of each table holds; empty where a target has no tables.
  package var columns: [ColumnProfile] = []
  /// What was told from a state file; `nil` for a run without one.
  package var carriedOver: CarriedOver?

  package var isComplete: Bool { notExaminedCount == 0 }

  package init(target: String) { self.target = target }

  /// Results of a target without tables say nothing of columns.
  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    target = try values.decode(String.self, forKey: .target)
    examined = try values.decode(Examined.self, forKey: .examined)
    excluded = try values.decode([Entry].self, forKey: .excluded)
    excludedCount = try values.decode(Int.self, forKey: .excludedCount)
    notExamined = try values.decode([Entry].self, forKey: .notExamined)
    notExaminedCount = try values.decode(Int.self, forKey: .notExaminedCount)
    tables = try values.decode([Table].self, forKey: .tables)
    classes = try values.decode([ClassReport].self, forKey: .classes)
    classesWithoutVerdict = try values.decode(Int.self, forKey: .classesWithoutVerdict)
    columns = try values.decodeIfPresent([ColumnProfile].self, forKey: .columns) ?? []
    carriedOver = try values.decodeIfPresent(CarriedOver.self, forKey: .carriedOver)
  }

  /// What an earlier run has read to its end and what has not changed since, so that it was not read
  /// again. Its findings and its coverage are among those of the run.
  package struct CarriedOver: Codable, Sendable, Equatable {
    /// Files, databases and objects.
    package var items = 0
    package var bytes = 0
    /// When the earliest of the runs began that read them; `nil` without items.
    package var since: String?
    /// Items of which nobody can tell whether they changed, so that they are read every time: streams,
    /// tables of servers.
    package var unmarked = 0

    package init() {}

    /// Adds an item.
    /// - Parameter since: when the run began that read it.
    package mutating func take(_ examined: Examined, since: String) {
      items += 1
      bytes += examined.bytes
      self.since = min(self.since ?? since, since)
    }

    package static func += (a: inout CarriedOver, b: CarriedOver) {
      a.items += b.items
      a.bytes += b.bytes
      a.unmarked += b.unmarked
      if let since = b.since { a.since = min(a.since ?? since, since) }
    }
  }

  /// What was read to its end.
  package struct Examined: Codable, Sendable, Equatable {
    package var files = 0
    package var bytes = 0
    package var tables = 0
    package var rows = 0
    package var objects = 0

    package init() {}

    package static func += (a: inout Examined, b: Examined) {
      a.files += b.files
      a.bytes += b.bytes
      a.tables += b.tables
      a.rows += b.rows
      a.objects += b.objects
    }
  }

  /// One thing that was not read, and why.
  package struct Entry: Codable, Sendable, Equatable {
    /// Path, table or object, raw.
    package var place: String
    /// A fixed word per cause, for example `permission-denied`; see `Reason`.
    package var reason: Reason
    /// A sentence with the cause and, where there is one, the cure. Never holds scanned content.
    package var detail: String?
    /// How many bytes were left unread, if known.
    package var bytes: Int?

    package init(place: String, reason: Reason, detail: String? = nil, bytes: Int? = nil) {
      self.place = place
      self.reason = reason
      self.detail = detail
      self.bytes = bytes
    }
  }

  /// Why something was excluded or not examined. A string, so that an unknown one survives.
  package struct Reason: RawRepresentable, Codable, Sendable, Hashable {
    package var rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }

    package static let excludedByPattern = Reason(rawValue: "excluded-by-pattern")
    package static let largerThanLimit = Reason(rawValue: "larger-than-max-file-size")
    package static let symbolicLink = Reason(rawValue: "symbolic-link")
    package static let device = Reason(rawValue: "device")
    package static let fifo = Reason(rawValue: "fifo")
    package static let socket = Reason(rawValue: "socket")
    package static let mountLoop = Reason(rawValue: "directory-loop")
    package static let alreadyExamined = Reason(rawValue: "already-examined")
    package static let permissionDenied = Reason(rawValue: "permission-denied")
    /// Named by the user, and not there.
    package static let missing = Reason(rawValue: "missing")
    package static let vanished = Reason(rawValue: "vanished")
    package static let readError = Reason(rawValue: "read-error")
    package static let truncated = Reason(rawValue: "truncated-while-reading")
    package static let grew = Reason(rawValue: "grew-while-reading")
    package static let locked = Reason(rawValue: "locked")
    package static let corrupt = Reason(rawValue: "corrupt")
    package static let encrypted = Reason(rawValue: "encrypted")
    package static let unsupported = Reason(rawValue: "unsupported")
    /// Of no language that is checked.
    package static let notSourceCode = Reason(rawValue: "not-source-code")
    package static let interrupted = Reason(rawValue: "interrupted")
    /// The state file of the run itself.
    package static let ownState = Reason(rawValue: "own-state-file")
    /// The report of the run itself, or what it becomes once it is whole.
    package static let ownReport = Reason(rawValue: "own-report")
    /// Read in part, as asked for.
    package static let sampled = Reason(rawValue: "sampled")
    /// A server that cannot be reached, or that refuses the account.
    package static let unreachable = Reason(rawValue: "unreachable")
    package static let authenticationFailed = Reason(rawValue: "authentication-failed")
    package static let connectionLost = Reason(rawValue: "connection-lost")
    /// The server ended a statement that took longer than it allows.
    package static let timeLimit = Reason(rawValue: "time-limit")
    /// Its definition or its storage was replaced meanwhile.
    package static let changed = Reason(rawValue: "changed-while-reading")
    /// What a server keeps for itself.
    package static let systemData = Reason(rawValue: "system-data")
    /// Kept where it has to be fetched from before it can be read.
    package static let archived = Reason(rawValue: "archived")
    /// Its rows lie on another server.
    package static let foreignTable = Reason(rawValue: "foreign-table")
    /// A bound on containers was met: depth, members, expanded bytes, ratio, memory.
    package static let overLimit = Reason(rawValue: "over-limit")
    /// A library or program that reads it is not installed; the detail names its package.
    package static let missingHelper = Reason(rawValue: "missing-helper")
    /// The inventory lists it and no target of the run holds it.
    package static let notScanned = Reason(rawValue: "listed-but-not-scanned")
  }

  /// One table's rows, read and present.
  package struct Table: Codable, Sendable, Equatable {
    /// The file or database that holds it, raw.
    package var place: String
    package var name: String
    package var rowsRead: Int
    /// As the database itself counts them; `nil` when it could not say.
    package var rowsInTable: Int?

    package init(place: String, name: String, rowsRead: Int, rowsInTable: Int?) {
      self.place = place
      self.name = name
      self.rowsRead = rowsRead
      self.rowsInTable = rowsInTable
    }
  }

  /// Numbers of one length at one kind of place (a column, a JSON key, the token left of the number),
  /// judged together by how many pass Luhn and how many of those lie in named issuer ranges.
  package struct ClassReport: Codable, Sendable, Equatable {
    package var place: String
    /// The column, key or token, raw; empty when nothing stands left of the number.
    package var label: String
    package var length: Int
    /// Distinct numbers of card shape, issuer range and length (a sample of them past the bound).
    package var distinct: Int
    package var passLuhn: Int
    package var namedIssuer: Int
    /// How many findings were lowered.
    package var lowered: Int

    package init(
      place: String, label: String, length: Int, distinct: Int, passLuhn: Int, namedIssuer: Int,
      lowered: Int
    ) {
      self.place = place
      self.label = label
      self.length = length
      self.distinct = distinct
      self.passLuhn = passLuhn
      self.namedIssuer = namedIssuer
      self.lowered = lowered
    }
  }
}

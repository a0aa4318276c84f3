/// What changed since an earlier run, by the ids of the findings.
package struct ChangeReport: Codable, Sendable, Equatable {
  /// When the earlier run started.
  package var since: String
  /// Whether the earlier run read everything.
  package var wasComplete: Bool
  /// In this run only.
  package var newCount = 0
  package var unchangedCount = 0
  /// In the earlier run only, where both looked. Says nothing about what this run could not read.
  package var goneCount = 0
  /// In the earlier run, where this one did not look.
  package var notScannedCount = 0
  /// Targets of the earlier run that are none of this one.
  package var notScannedTargets: [String] = []
  /// Whether this run left more out of the targets of both than the earlier one did.
  package var excludesMore = false
  /// Whether some of those lie in targets of this run, which leaves them out by its settings.
  package var leavesOut = false
  /// At most `listedMax` of each.
  package var new: [Finding] = []
  package var gone: [Finding] = []

  package static let listedMax = 100

  package init(since: String, wasComplete: Bool) {
    self.since = since
    self.wasComplete = wasComplete
  }

  /// Whether the run looked for everything that the earlier one found.
  package var isWhole: Bool { notScannedCount == 0 && notScannedTargets.isEmpty }

  /// Results of versions that told everything gone say nothing of targets.
  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    since = try values.decode(String.self, forKey: .since)
    wasComplete = try values.decode(Bool.self, forKey: .wasComplete)
    newCount = try values.decode(Int.self, forKey: .newCount)
    unchangedCount = try values.decode(Int.self, forKey: .unchangedCount)
    goneCount = try values.decode(Int.self, forKey: .goneCount)
    notScannedCount = try values.decodeIfPresent(Int.self, forKey: .notScannedCount) ?? 0
    notScannedTargets =
      try values.decodeIfPresent([String].self, forKey: .notScannedTargets) ?? []
    excludesMore = try values.decodeIfPresent(Bool.self, forKey: .excludesMore) ?? false
    leavesOut = try values.decodeIfPresent(Bool.self, forKey: .leavesOut) ?? false
    new = try values.decode([Finding].self, forKey: .new)
    gone = try values.decode([Finding].self, forKey: .gone)
  }
}

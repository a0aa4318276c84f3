/// What changed since an earlier run, by the ids of the findings.
package struct ChangeReport: Codable, Sendable, Equatable {
  /// When the earlier run started.
  package var since: String
  /// Whether the earlier run read everything.
  package var wasComplete: Bool
  /// In this run only.
  package var newCount = 0
  package var unchangedCount = 0
  /// In the earlier run only. Says nothing about what this run did not read.
  package var goneCount = 0
  /// At most `listedMax` of each.
  package var new: [Finding] = []
  package var gone: [Finding] = []

  package static let listedMax = 100

  package init(since: String, wasComplete: Bool) {
    self.since = since
    self.wasComplete = wasComplete
  }
}

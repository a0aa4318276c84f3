/// What `--version` and every report say.
package enum Version {
  /// Semantic version; the part before a hyphen is the next release.
  package static let text = "0.1.0"
}

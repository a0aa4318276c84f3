/// Why a finding does not fail a run: somebody judged it and answers for that.
///
/// The finding itself is still told everywhere; only its weight is gone.
package struct Suppression: Codable, Sendable, Hashable {
  package var kind: Kind
  /// In the words of whoever judged; foreign text, escaped by whoever shows it.
  package var reason: String
  package var owner: String?
  /// The last day it holds, as `2026-12-31`; `nil`: until it is withdrawn.
  package var expires: String?

  package init(kind: Kind, reason: String, owner: String? = nil, expires: String? = nil) {
    self.kind = kind
    self.reason = reason
    self.owner = owner
    self.expires = expires
  }

  /// Whether a reason or an owner is none: empty, or nothing but white space.
  package static func isBlank(_ text: String) -> Bool { text.allSatisfy(\.isWhitespace) }

  /// Where the judgement is written down; the words are SARIF's.
  package enum Kind: String, Codable, Sendable, CaseIterable {
    /// Beside the finding itself, as a comment.
    case inSource
    /// In a file of its own, such as a baseline.
    case external
  }

  /// Bytes behind the word of a comment that are looked at: more than are shown, so that a key or number
  /// which goes on there is known as one.
  package static let commentBytesMax = 1_000

  /// The reason that a comment gives behind its word, without what ends the comment.
  package static func reason(inComment text: String) -> String {
    var rest = text[...]
    while let first = rest.first, first == ":" || first.isWhitespace { rest.removeFirst() }
    for ending in ["-->", "*/", "*)", "%>", "#}"] {
      if let end = rest.indices.first(where: { rest[$0...].hasPrefix(ending) }) {
        rest = rest[..<end]
      }
    }
    while let last = rest.last, last.isWhitespace { rest.removeLast() }
    return String(rest)
  }
}

/// Where a finding is. A field that makes no sense for a target is `nil` and left out of the output.
///
/// All texts are raw; whoever shows them escapes them with `Escaping`.
package struct Location: Codable, Sendable, Hashable {
  /// The target as the user spelled it, credentials removed.
  package var target: String
  /// The file's path, as reached from the target.
  package var path: String?
  /// The chain of members inside a container, joined by `!`.
  package var member: String?
  /// 1-based.
  package var line: Int?
  /// 1-based, in bytes.
  package var column: Int?
  /// 0-based, from the start of the file or member.
  package var byteOffset: Int?
  package var table: String?
  /// The column, key or element that holds the value.
  package var field: String?
  /// The row's key, for example `id=7`.
  package var row: String?

  package init(
    target: String, path: String? = nil, member: String? = nil, line: Int? = nil,
    column: Int? = nil, byteOffset: Int? = nil, table: String? = nil, field: String? = nil,
    row: String? = nil
  ) {
    self.target = target
    self.path = path
    self.member = member
    self.line = line
    self.column = column
    self.byteOffset = byteOffset
    self.table = table
    self.field = field
    self.row = row
  }
}

/// Goes through a list page by page, newest first, and notices pages that would never end.
package struct PageWalk: Sendable {
  package static let pageSizeMax = 100

  package let path: String
  /// Parameters of every page, for example `created[lte]`, without which new objects shift the list.
  package let form: StripeForm
  /// The last id of the page before.
  package private(set) var cursor: String?
  /// Whether the last page was read.
  package private(set) var isAtEnd = false

  package init(_ path: String, _ form: StripeForm = StripeForm(), after cursor: String? = nil) {
    self.path = path
    self.form = form
    self.cursor = cursor
  }

  /// The call that reads the next page.
  package var call: StripeCall {
    var form = form
    form.add("limit", .number(PageWalk.pageSizeMax))
    if let cursor { form.add("starting_after", .text(cursor)) }
    return .get(path, form)
  }

  /// A page was read.
  /// - Parameters:
  ///   - hasMore: as the page says.
  ///   - lastID: of its last object; `nil` for an empty page.
  /// - Throws: `.endlessPages` when the list does not go on although it says so.
  package mutating func take(hasMore: Bool, lastID: String?) throws(StripeError) {
    guard hasMore else {
      isAtEnd = true
      return
    }
    guard let lastID, lastID != cursor else { throw StripeError(.endlessPages) }
    cursor = lastID
  }
}

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
  /// Pages that are left to read.
  private var pagesLeft: Int
  /// A cursor of before, which is not to come again. Another one is taken after 1, 2, 4, 8 … pages, so
  /// that a circle of any length is noticed before it was gone through three times (R. P. Brent, 1980).
  private var milestone: String?
  private var milestonePages = 1
  private var pagesSince = 0

  /// - Parameter pagesMax: more of them cannot be, for a list of something that is few.
  package init(
    _ path: String, _ form: StripeForm = StripeForm(), after cursor: String? = nil,
    pagesMax: Int = .max
  ) {
    self.path = path
    self.form = form
    self.cursor = cursor
    pagesLeft = pagesMax
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
  /// - Throws: `.endlessPages` when the list does not come to an end although it says that it goes on.
  package mutating func take(hasMore: Bool, lastID: String?) throws(StripeError) {
    guard hasMore else {
      isAtEnd = true
      return
    }
    pagesLeft -= 1
    guard let lastID, lastID != cursor, lastID != milestone, pagesLeft > 0 else {
      throw StripeError(.endlessPages)
    }
    cursor = lastID
    pagesSince += 1
    if pagesSince == milestonePages {
      milestone = lastID
      milestonePages *= 2
      pagesSince = 0
    }
  }
}

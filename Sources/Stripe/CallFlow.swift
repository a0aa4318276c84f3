/// What is to be asked, one task after the other; the client asks.
///
/// A task is what must not happen at the same time twice, usually everything about one customer: it
/// has one call under way at a time.
package protocol CallFlow: AnyObject {
  /// - Returns: the first call of the next task; `nil` when there is no further one.
  func next() throws(StripeError) -> StripeCall?
  /// Takes an answer.
  /// - Returns: the task's next call; `nil` when the task is done.
  func take(_ answer: StripeAnswer) throws(StripeError) -> StripeCall?
}

/// Why a place could not be read. Becomes a coverage entry; the run goes on.
package struct InputError: Error, Sendable {
  package var entry: Coverage.Entry

  package init(
    _ place: String, _ reason: Coverage.Reason, _ detail: String? = nil, bytes: Int? = nil
  ) {
    entry = Coverage.Entry(place: place, reason: reason, detail: detail, bytes: bytes)
  }
}

/// A wrong setting, a broken rule file, a full disk: stops the run.
package struct RunError: Error, Sendable {
  package var code: ExitCode
  /// What it is about: a path, a flag, a rule.
  package var subject: String
  /// What happened, without a full stop.
  package var message: String
  /// What to do about it.
  package var hint: String?

  package init(_ code: ExitCode, _ subject: String, _ message: String, hint: String? = nil) {
    self.code = code
    self.subject = subject
    self.message = message
    self.hint = hint
  }
}

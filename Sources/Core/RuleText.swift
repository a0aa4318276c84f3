/// What a rule says about itself, for reports that explain their findings.
package struct RuleText: Sendable, Equatable {
  package var id: String
  package var title: String
  /// A `Severity`'s word, as the rule file has it.
  package var severity: String
  package var requirements: [String]
  package var what: String
  package var why: String
  package var fix: String

  package init(
    id: String, title: String, severity: String, requirements: [String], what: String, why: String,
    fix: String
  ) {
    self.id = id
    self.title = title
    self.severity = severity
    self.requirements = requirements
    self.what = what
    self.why = why
    self.fix = fix
  }
}

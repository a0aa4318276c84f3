import Core

/// The column inventory and a policy's verdict as JSON, key by key.
extension JSONText {
  mutating func columnProfile(_ profile: ColumnProfile) {
    object { json in
      json.member("target", foreign: profile.target)
      json.member("path", foreign: profile.path)
      json.member("table", foreign: profile.table)
      json.member("column", foreign: profile.column)
      json.member("type", foreign: profile.type)
      json.member("rows", profile.rows)
      json.member("nulls", profile.nulls)
      json.member("empty", profile.empty)
      json.member("distinct", profile.distinct)
      json.member("isDistinctEstimated", profile.isDistinctEstimated)
      json.key("classes")
      json.array(profile.classes) { $0.share($1) }
      json.member("cardShaped", profile.cardShaped)
      json.member("passLuhn", profile.passLuhn)
      json.key("notes")
      json.array(profile.notes) { $0.foreign($1) }
      if let ids = profile.ids {
        json.key("ids")
        json.idCheck(ids)
      }
    }
  }

  private mutating func share(_ share: ColumnProfile.Share) {
    object { json in
      json.member("kind", share.kind.rawValue)
      json.member("count", share.count)
      json.key("examples")
      json.array(share.examples) { $0.foreign($1) }
    }
  }

  private mutating func idCheck(_ check: ColumnProfile.IDCheck) {
    object { json in
      json.member("live", check.live)
      json.member("test", check.test)
      json.member("malformed", check.malformed)
      json.member("duplicates", check.duplicates)
      if let oneIn = check.comparedOneIn { json.member("comparedOneIn", oneIn) }
      json.member("orphans", check.orphans)
    }
  }

  mutating func policy(_ policy: PolicyResult) {
    object { json in
      json.member("policy", foreign: policy.policy)
      json.member("verdict", policy.verdict.rawValue)
      json.key("stores")
      json.array(policy.stores) { $0.store($1) }
    }
  }

  private mutating func store(_ store: PolicyResult.Store) {
    object { json in
      json.member("target", foreign: store.target)
      json.member("path", foreign: store.path)
      json.member("verdict", store.verdict.rawValue)
      json.key("columns")
      json.array(store.columns) { $0.policyColumn($1) }
      json.key("problems")
      json.array(store.problems) { $0.problem($1) }
    }
  }

  private mutating func policyColumn(_ column: PolicyResult.Column) {
    object { json in
      json.member("table", foreign: column.table)
      json.member("column", foreign: column.column)
      json.member("verdict", column.verdict.rawValue)
      json.member("classes", column.classes.map(\.rawValue))
      json.key("problems")
      json.array(column.problems) { $0.problem($1) }
    }
  }

  private mutating func problem(_ problem: PolicyResult.Problem) {
    object { json in
      json.member("kind", problem.kind.rawValue)
      json.member("subject", foreign: problem.subject)
      json.member("count", problem.count)
      json.key("examples")
      json.array(problem.examples) { $0.foreign($1) }
    }
  }
}

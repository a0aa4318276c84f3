import Core

/// The parts of a summary that only some runs have.
extension JSONText {
  mutating func parts(_ summary: Summary) {
    if let inventory = summary.inventory {
      key("inventory")
      self.inventory(inventory)
    }
    if let change = summary.change {
      key("change")
      self.change(change)
    }
    if let migration = summary.migration {
      key("migration")
      self.migration(migration)
    }
  }

  // MARK: Inventory

  mutating func inventory(_ report: InventoryReport) {
    object { json in
      json.member("file", foreign: report.file)
      json.key("stores")
      json.array(report.stores) { $0.store($1) }
      json.member("breachCount", report.breachCount)
      json.key("breaches")
      json.array(report.breaches) { $0.breach($1) }
      json.key("holdings")
      json.array(report.holdings) { json, holding in
        json.object { json in
          json.member("place", foreign: holding.place)
          json.member("store", foreign: holding.store)
        }
      }
      json.member("unlistedCount", report.unlistedCount)
      json.key("unlisted")
      json.array(report.unlisted) { $0.foreign($1) }
    }
  }

  private mutating func store(_ result: InventoryReport.StoreResult) {
    object { json in
      json.key("store")
      json.object { json in
        json.member("id", foreign: result.store.id)
        json.key("places")
        json.array(result.store.places) { $0.foreign($1) }
        json.member("owner", foreign: result.store.owner)
        json.member("purpose", foreign: result.store.purpose)
        json.member("environment", result.store.environment?.rawValue)
        json.member("retentionDays", result.store.retentionDays)
        json.member("expects", result.store.expects)
        json.member("protection", foreign: result.store.protection)
        json.member("accessLogging", foreign: result.store.accessLogging)
      }
      json.member("places", result.places)
      json.member("findings", result.findings)
      json.member("testNumbers", result.testNumbers)
      json.member("oldest", result.oldest)
    }
  }

  private mutating func breach(_ breach: InventoryReport.Breach) {
    object { json in
      json.member("kind", breach.kind.rawValue)
      json.member("requirement", breach.kind.requirement)
      json.member("store", foreign: breach.store)
      json.member("place", foreign: breach.place)
      json.member("content", breach.content)
      json.member("count", breach.count)
      json.member("modified", breach.modified)
    }
  }

  // MARK: Change

  private mutating func change(_ report: ChangeReport) {
    object { json in
      json.member("since", report.since)
      json.member("wasComplete", report.wasComplete)
      json.member("newCount", report.newCount)
      json.member("unchangedCount", report.unchangedCount)
      json.member("goneCount", report.goneCount)
      json.member("notScannedCount", report.notScannedCount)
      json.key("notScannedTargets")
      json.array(report.notScannedTargets) { $0.foreign($1) }
      json.member("excludesMore", report.excludesMore)
      if report.leavesOut { json.member("leavesOut", true) }
      json.key("new")
      json.array(report.new) { $0.result($1) }
      json.key("gone")
      json.array(report.gone) { $0.result($1) }
    }
  }

  // MARK: Migration

  private mutating func migration(_ report: MigrationReport) {
    object { json in
      json.member("plan", foreign: report.plan)
      json.member("reconciled", report.isReconciled)
      json.member("legacyRecords", report.legacyRecords)
      json.member("linked", report.linked)
      json.member("excepted", report.excepted)
      json.member("withoutCard", report.withoutCard)
      json.key("states")
      json.array(report.states) { json, state in
        json.object { json in
          json.member("name", foreign: state.name)
          json.member("count", state.count)
        }
      }
      json.key("stores")
      json.array(report.stores) { json, store in
        json.object { json in
          json.member("name", foreign: store.name)
          json.member("before", store.before)
          json.member("after", store.after)
        }
      }
      json.member("openCount", report.openCount)
      json.key("open")
      json.array(report.open) { json, open in
        json.object { json in
          json.member("record", foreign: open.record)
          json.member("state", foreign: open.state)
          json.member("reason", foreign: open.reason)
          json.member("owner", foreign: open.owner)
        }
      }
      if let stripe = report.stripe {
        json.key("stripe")
        json.stripe(stripe)
      }
    }
  }

  private mutating func stripe(_ check: MigrationReport.StripeCheck) {
    object { json in
      json.member("account", foreign: check.account)
      json.member("mode", foreign: check.mode)
      json.member("records", check.records)
      json.member("withProblems", check.withProblems)
      json.member("notExamined", check.notExamined)
      json.key("problems")
      json.array(check.problems) { json, problem in
        json.object { json in
          json.member("name", foreign: problem.name)
          json.member("count", problem.count)
        }
      }
      json.key("listed")
      json.array(check.listed) { json, record in
        json.object { json in
          json.member("customer", foreign: record.customer)
          json.member("paymentMethod", foreign: record.paymentMethod)
          json.member("problems", record.problems)
        }
      }
    }
  }

  // MARK: Columns
}

import Core

/// The objects of the contract, key by key; `reports/schema/result.schema.json` describes them.
extension JSONText {
  static let schemaID = "urn:unpan:schema:result:1"

  mutating func result(_ finding: Finding) {
    object { json in
      json.member("type", "finding")
      json.member("id", finding.id)
      json.member("rule", finding.rule)
      json.member("kind", finding.kind.rawValue)
      json.member("brand", finding.brand)
      json.member("last4", finding.last4)
      json.member("bin", finding.bin)
      json.member("length", finding.length)
      json.member("masked", finding.masked)
      json.member("confidence", finding.confidence.rawValue)
      json.member("score", finding.score)
      json.member("testNumber", finding.testNumber)
      json.key("reasons")
      json.array(finding.reasons) { $0.foreign($1) }
      json.key("encoding")
      json.array(finding.encoding) { $0.foreign($1) }
      json.member("requirements", finding.requirements)
      json.member("severity", finding.severity.rawValue)
      json.key("location")
      json.location(finding.location)
      if let suppression = finding.suppression {
        json.key("suppression")
        json.suppression(suppression)
      }
    }
  }

  private mutating func suppression(_ suppression: Suppression) {
    object { json in
      json.member("kind", suppression.kind.rawValue)
      json.member("reason", foreign: suppression.reason)
      json.member("owner", foreign: suppression.owner)
      json.member("expires", foreign: suppression.expires)
    }
  }

  private mutating func location(_ location: Location) {
    object { json in
      json.member("target", foreign: location.target)
      json.member("path", foreign: location.path)
      json.member("member", foreign: location.member)
      json.member("line", location.line)
      json.member("column", location.column)
      json.member("byteOffset", location.byteOffset)
      json.member("table", foreign: location.table)
      json.member("field", foreign: location.field)
      json.member("row", foreign: location.row)
    }
  }

  mutating func result(_ coverage: Coverage) {
    object { json in
      json.member("type", "coverage")
      json.member("target", foreign: coverage.target)
      json.member("complete", coverage.isComplete)
      json.key("examined")
      json.examined(coverage.examined)
      json.member("excludedCount", coverage.excludedCount)
      json.key("excluded")
      json.array(coverage.excluded) { $0.entry($1) }
      json.member("notExaminedCount", coverage.notExaminedCount)
      json.key("notExamined")
      json.array(coverage.notExamined) { $0.entry($1) }
      json.key("tables")
      json.array(coverage.tables) { $0.table($1) }
      json.key("classes")
      json.array(coverage.classes) { $0.classReport($1) }
      json.member("classesWithoutVerdict", coverage.classesWithoutVerdict)
      if !coverage.columns.isEmpty {
        json.key("columns")
        json.array(coverage.columns) { $0.columnProfile($1) }
      }
      if let carried = coverage.carriedOver {
        json.key("carriedOver")
        json.object { json in
          json.member("items", carried.items)
          json.member("bytes", carried.bytes)
          json.member("since", carried.since)
          json.member("unmarked", carried.unmarked)
        }
      }
    }
  }

  private mutating func entry(_ entry: Coverage.Entry) {
    object { json in
      json.member("place", foreign: entry.place)
      json.member("reason", entry.reason.rawValue)
      json.member("detail", foreign: entry.detail)
      json.member("bytes", entry.bytes)
    }
  }

  private mutating func table(_ table: Coverage.Table) {
    object { json in
      json.member("place", foreign: table.place)
      json.member("name", foreign: table.name)
      json.member("rowsRead", table.rowsRead)
      json.member("rowsInTable", table.rowsInTable)
    }
  }

  private mutating func classReport(_ report: Coverage.ClassReport) {
    object { json in
      json.member("place", foreign: report.place)
      json.member("label", foreign: report.label)
      json.member("length", report.length)
      json.member("distinct", report.distinct)
      json.member("passLuhn", report.passLuhn)
      json.member("namedIssuer", report.namedIssuer)
      json.member("lowered", report.lowered)
    }
  }

  private mutating func examined(_ examined: Coverage.Examined) {
    object { json in
      json.member("files", examined.files)
      json.member("bytes", examined.bytes)
      json.member("tables", examined.tables)
      json.member("rows", examined.rows)
      json.member("objects", examined.objects)
    }
  }

  /// - Parameter run: put inside, for lines; the document has it beside.
  mutating func result(_ summary: Summary, run: RunInfo?) {
    object { json in
      json.member("type", "summary")
      json.member("schema", run == nil ? nil : JSONText.schemaID)
      json.member("findingCount", summary.findingCount)
      json.kinds(summary.findings)
      json.member(
        "bySeverity", summary.bySeverity, order: Severity.allCases.reversed().map(\.rawValue))
      json.member(
        "byConfidence", summary.byConfidence, order: Confidence.allCases.reversed().map(\.rawValue))
      json.member("belowThreshold", summary.belowThreshold)
      json.member("testNumbers", summary.testNumbers)
      json.member("testNumbersIgnored", summary.testNumbersIgnored)
      json.member("suppressed", summary.suppressed > 0 ? summary.suppressed : nil)
      json.key("examined")
      json.examined(summary.examined)
      json.member("excludedCount", summary.excludedCount)
      json.member("notExaminedCount", summary.notExaminedCount)
      json.member("complete", summary.complete)
      json.member("exitCode", summary.exitCode)
      json.parts(summary)
      if let policy = summary.policy {
        json.key("policy")
        json.policy(policy)
      }
      if let run {
        json.key("run")
        json.run(run)
      }
    }
  }

  /// A list, because `"cvv":399` is what a scan of the report would take for a code.
  mutating func kinds(_ counts: [String: Int]) {
    let known = Finding.Kind.allCases.map(\.rawValue)
    let others = counts.keys.filter { !known.contains($0) }.sorted()
    key("byKind")
    array((known + others).filter { counts[$0] != nil }) { json, kind in
      json.object { json in
        json.member("kind", kind)
        json.member("count", counts[kind])
      }
    }
  }

  mutating func run(_ run: RunInfo) {
    object { json in
      json.member("tool", run.tool)
      json.member("version", run.version)
      json.member("rules", run.rules)
      json.member("started", run.started)
      json.member("finished", run.finished)
      json.member("threads", run.threads)
      json.key("targets")
      json.array(run.targets) { $0.foreign($1) }
      json.member("minConfidence", run.minConfidence?.rawValue)
    }
  }
}

import Core

/// The comparison with an inventory in words, for the formats people read.
struct InventoryText {
  let report: InventoryReport

  /// For example `3 stores listed, 2 of them scanned`.
  var stores: String {
    let scanned = report.stores.count - report.notScanned.count
    return "\(Wording.count(report.stores.count, "store")) listed, "
      + (scanned == report.stores.count ? "all scanned" : "\(Wording.decimal(scanned)) scanned")
  }

  /// For example `as listed` or `2 breaches`.
  var verdict: String {
    report.breachCount == 0
      ? "nothing found that speaks against it"
      : Wording.count(report.breachCount, "breach", "breaches")
  }

  /// What is wrong, safe to show; without the place.
  func words(_ breach: InventoryReport.Breach) -> String {
    switch breach.kind {
    case .notListed: return "card data in a place that is not listed"
    case .realInTest: return "real card data in a test environment"
    case .unexpected:
      let kind = breach.content.flatMap(Finding.Kind.init(rawValue:))
      return "\(kind.map { Wording.count(breach.count, $0) } ?? "card data") not expected there"
    case .tooOld:
      let store = report.stores.first { $0.store.id == breach.store }?.store
      let days = store?.retentionDays.map { Wording.count($0, "day") } ?? "the retention"
      let changed = breach.modified.map { "; last changed \(TextLayout.shown($0))" } ?? ""
      return "card data kept for more than \(days)\(changed)"
    case .testInProduction: return "published test numbers in production"
    }
  }

  /// Places that are not listed and hold no card data, in words; `nil` when there is none.
  var unlisted: String? {
    let listed = report.breaches.count { $0.kind == .notListed }
    let count = report.unlistedCount - listed
    guard count > 0 else { return nil }
    let names = report.unlisted.prefix(3).map(FindingText.name).joined(separator: ", ")
    return "\(Wording.count(count, "place")) without card data, for example \(names)"
  }

  // MARK: Text

  private static let listedMax = 12

  func lines(_ layout: TextLayout) -> [String] {
    var lines = [layout.styled("INVENTORY", .bold)]
    lines += layout.wrapped("\(FindingText.name(report.file)): \(stores); \(verdict)", indent: 2)
    for breach in report.breaches.prefix(InventoryText.listedMax) {
      let store = breach.store.map { " (store \(FindingText.name($0)))" } ?? ""
      let findings = Wording.count(breach.count, "finding")
      lines += layout.wrapped("\(FindingText.name(breach.place))\(store): \(findings)", indent: 4)
      lines += layout.wrapped("\(words(breach)) (PCI DSS \(breach.kind.requirement))", indent: 6)
    }
    if report.breachCount > InventoryText.listedMax {
      let more = Wording.decimal(report.breachCount - InventoryText.listedMax)
      lines.append("    and \(more) more")
    }
    if let unlisted { lines += layout.wrapped("not listed: \(unlisted)", indent: 4) }
    return lines + [""]
  }
}

/// What changed since an earlier run, in words.
struct ChangeText {
  let report: ChangeReport

  /// For example `2 new, 40 unchanged, 1 gone`.
  var counts: String {
    Trend.Step(
      newCount: report.newCount, unchangedCount: report.unchangedCount,
      goneCount: report.goneCount, notScannedCount: report.notScannedCount
    ).counts
  }

  /// What makes the comparison less than it seems, sentence by sentence.
  func cautions(isComplete: Bool) -> [String] {
    var cautions: [String] = []
    if !isComplete {
      cautions.append("This run is not complete: what is gone may only not have been read.")
    } else if !report.wasComplete {
      cautions.append("The earlier run was not complete: what is new may have been there.")
    }
    if report.leavesOut { cautions.append(ScannedTargets.leftOut) }
    if report.excludesMore { cautions.append(ScannedTargets.excludesMore) }
    if !report.notScannedTargets.isEmpty {
      cautions.append(
        ScannedTargets.sentence(report.notScannedTargets, report.notScannedCount))
    }
    return cautions
  }

  func lines(_ layout: TextLayout, isComplete: Bool) -> [String] {
    var lines = [layout.styled("SINCE \(TextLayout.shown(report.since))", .bold)]
    lines.append("  " + counts)
    for caution in cautions(isComplete: isComplete) {
      lines += layout.wrapped(caution, indent: 2)
    }
    return lines + [""]
  }
}

import Core

/// How a migration adds up, in one sentence.
enum MigrationText {
  /// For example `reconciled: 40 legacy records = 38 linked + 2 excepted`.
  static func sentence(_ report: MigrationReport) -> String {
    var text =
      "\(report.isReconciled ? "reconciled" : "NOT reconciled"): "
      + "\(Wording.count(report.legacyRecords, "legacy record")) = "
      + "\(Wording.decimal(report.linked)) linked + \(Wording.decimal(report.excepted)) excepted"
    if report.unaccounted > 0 { text += " + \(Wording.decimal(report.unaccounted)) neither" }
    let dirty = report.stores.count { ($0.after ?? 1) > 0 }
    if dirty > 0 {
      text += "; \(Wording.count(dirty, "store")) with card data or not scanned again"
    }
    return text
  }
}

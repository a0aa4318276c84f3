import Audit
import Core
import Native
import Reporting

/// What a scan was told, as its reports tell it: everything that can change the result, defaults
/// included, without secrets and without what cannot change it (threads, where the report goes).
struct ScanSettings {
  private let request: ScanRequest
  private let arguments: ParsedArguments

  init(_ request: ScanRequest, _ arguments: ParsedArguments) {
    self.request = request
    self.arguments = arguments
  }

  var all: [ReportSetting] {
    var settings = [
      ReportSetting("targets", .texts(request.targets.map(SecretRemoval.removed(from:))))
    ]
    if let label = request.label { settings.append(ReportSetting("label", .text(label))) }
    if !request.excludes.isEmpty {
      settings.append(ReportSetting("exclude", .texts(request.excludes)))
    }
    if let bytes = request.maxFileBytes {
      settings.append(ReportSetting("max-file-size", .number(bytes)))
    }
    if !request.tables.isEmpty { settings.append(ReportSetting("tables", .texts(request.tables))) }
    if let rows = request.rowsMax { settings.append(ReportSetting("sample", .number(rows))) }
    if let path = request.state { settings.append(ReportSetting("state", .text(path))) }
    if request.readsVersions { settings.append(ReportSetting("versions", .flag(true))) }
    if let endpoint = request.endpoint {
      settings.append(ReportSetting("endpoint", .text(SecretRemoval.removed(from: endpoint))))
    }
    if let path = arguments.value(Flags.inventory) {
      settings.append(ReportSetting("inventory", .text(path)))
    }
    if let path = arguments.value(Flags.previous) {
      settings.append(ReportSetting("previous", .text(path)))
    }
    settings += [
      ReportSetting("max-depth", .number(request.containers.depth)),
      ReportSetting("max-members", .number(request.containers.members)),
      ReportSetting("max-expanded", .number(request.containers.expandedBytes)),
      ReportSetting("max-ratio", .number(request.containers.ratio)),
      ReportSetting("min-confidence", .text(request.minConfidence.rawValue)),
      ReportSetting("mask", .text(request.mask.rawValue)),
      ReportSetting("test-numbers", .text(request.testNumbers.rawValue)),
      ReportSetting("without-luhn", .flag(request.findsWithoutLuhn)),
      ReportSetting("fail-on", .text(arguments.value(Flags.failOn) ?? Severity.low.rawValue)),
      ReportSetting("allow-incomplete", .flag(arguments.has(Flags.allowIncomplete))),
      ReportSetting("rules", .text(request.rulesDirectory ?? "built-in")),
    ]
    return settings
  }
}

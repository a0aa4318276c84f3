import Audit
import Core
import Inputs
import Native
import Rules

extension Wiring {
  /// The state that a run was asked to keep, `nil` for none.
  ///
  /// - Parameter input: is told to leave out the state's own files.
  static func state(
    _ request: ScanRequest, _ options: ScanOptions, started: String, _ input: inout InputOptions
  ) throws(RunError) -> ScanState? {
    guard let path = request.state else { return nil }
    let state = try ScanState(
      path: path, settings: try settings(request, options), started: started)
    if !request.isQuiet, let lines = Diagnostics.state(path, state.origin) {
      Console().tell(lines)
    }
    input.keepsStamps = true
    for file in state.files {
      do throws(SystemError) {
        input.ownFiles[try FileStatus.of(file, followsLinks: true).identity] = .state
      } catch {
        // Not all of them are there all the time.
        continue
      }
    }
    return state
  }

  /// Everything that decides what is told of an item. Which items there are is no part of it.
  private static func settings(
    _ request: ScanRequest, _ options: ScanOptions
  ) throws(RunError) -> String {
    var lines = [
      Version.text, RuleSet.version, options.minConfidence.rawValue, options.mask.rawValue,
      options.testNumbers.rawValue, "\(request.findsWithoutLuhn)", "\(request.containers)",
      "\(request.rowsMax ?? -1)", request.label ?? "", "\(request.readsVersions)",
      request.endpoint ?? "",
    ]
    do throws(RuleError) {
      for file in try RuleSet.files(directory: request.rulesDirectory) {
        lines += [file.name, String(decoding: file.bytes, as: UTF8.self)]
      }
    } catch {
      throw Diagnostics.runError(error)
    }
    return lines.joined(separator: "\n")
  }
}

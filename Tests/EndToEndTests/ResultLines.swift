import Core
import Foundation

/// The findings of a run with `--format jsonl`.
struct ResultLines {
  var findings: [Finding] = []
  /// How many lines there are of each type.
  var types: [String: Int] = [:]

  init(_ text: String) throws {
    let decoder = JSONDecoder()
    for line in text.split(separator: "\n") {
      let data = Data(line.utf8)
      let type = try decoder.decode(Head.self, from: data).type
      types[type, default: 0] += 1
      if type == "finding" { findings.append(try decoder.decode(Finding.self, from: data)) }
    }
  }

  private struct Head: Decodable {
    var type: String
  }
}

/// The runs of digits in a text, spaces and dashes inside them left out.
///
/// - Returns: every window of the lengths asked for, so that a number is found inside a longer one.
func digitWindows(of text: String, lengths: Set<Int>) -> Set<String> {
  var windows: Set<String> = []
  var run: [UInt8] = []
  func close() {
    for length in lengths where run.count >= length {
      for start in 0...(run.count - length) {
        windows.insert(String(decoding: run[start..<start + length], as: UTF8.self))
      }
    }
    run.removeAll(keepingCapacity: true)
  }
  for byte in text.utf8 {
    switch byte {
    case 0x30...0x39: run.append(byte)
    case 0x20, 0x2D: continue
    default: close()
    }
  }
  close()
  return windows
}

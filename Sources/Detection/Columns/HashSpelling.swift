/// What stands before the digits of a hash in a column.
package enum HashSpelling {
  /// How many bytes `\x`, `0x` or a scheme such as `{SHA256}` take; 0 for none.
  package static func prefixBytes(_ p: UnsafePointer<UInt8>, _ n: Int) -> Int {
    guard n > 16 else { return 0 }
    if p[0] == 0x5C || p[0] == 0x30, p[1] | 0x20 == 0x78 { return 2 }
    guard p[0] == 0x7B, let end = (1..<16).first(where: { p[$0] == 0x7D }) else { return 0 }
    let isScheme = (1..<end).allSatisfy { isWord(p[$0]) || p[$0] == 0x2D }
    return isScheme ? end + 1 : 0
  }
}

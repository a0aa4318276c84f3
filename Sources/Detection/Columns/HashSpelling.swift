/// What stands before the digits of a hash in a column.
package enum HashSpelling {
  private static let schemeBytesMax = 16

  /// How many bytes `\x`, `0x` or a scheme such as `{SHA256}`, `sha256:` or `md5$` take; 0 for none.
  package static func prefixBytes(_ p: UnsafePointer<UInt8>, _ n: Int) -> Int {
    guard n > 16 else { return 0 }
    if p[0] == 0x5C || p[0] == 0x30, p[1] | 0x20 == 0x78 { return 2 }
    let isBraced = p[0] == 0x7B
    let start = isBraced ? 1 : 0
    var end = start
    while end < schemeBytesMax, isWord(p[end]) || p[end] == 0x2D { end += 1 }
    if isBraced { return p[end] == 0x7D ? end + 1 : 0 }
    guard p[end] == 0x3A || p[end] == 0x24, end > 2 else { return 0 }
    let (a, b, c) = (lower(p[0]), lower(p[1]), lower(p[2]))
    let isKnown = a == 0x73 && b == 0x68 && c == 0x61 || a == 0x6D && b == 0x64 && c == 0x35
    return isKnown ? end + 1 : 0
  }
}

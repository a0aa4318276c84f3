import Core
import Native

/// `s3://bucket/prefix` taken apart.
struct S3Address: Sendable {
  let bucket: String
  /// Of the keys, raw; empty for all.
  let prefix: String

  /// - Throws: `RunError` with `.usage` for what names no bucket.
  init(_ target: String) throws(RunError) {
    let rest = target.dropFirst("s3://".count)
    let name = rest.prefix { $0 != "/" }
    let isName = name.utf8.allSatisfy {
      $0 &- 0x30 < 10 || ($0 | 0x20) &- 0x61 < 26 || [0x2D, 0x2E, 0x5F].contains($0)
    }
    guard isName, (3...255).contains(name.utf8.count), name.first != ".", !name.contains("..")
    else {
      // What stands there may be an account with its secret, so it is not shown.
      let isShort = isName && (1...2).contains(name.utf8.count)
      throw RunError(
        .usage, "s3://",
        isShort ? "a bucket's name has at least 3 characters" : "the target names no bucket",
        hint: "It is s3://BUCKET or s3://BUCKET/PREFIX; keys come from AWS_ACCESS_KEY_ID and "
          + "AWS_SECRET_ACCESS_KEY or a profile of ~/.aws/credentials.")
    }
    bucket = String(name)
    prefix = String(rest.dropFirst(name.count + 1))
  }

  /// Whether the name can be a part of a host's name that a certificate covers.
  var isHostName: Bool {
    bucket.count <= 63
      && bucket.utf8.allSatisfy { $0 &- 0x30 < 10 || $0 &- 0x61 < 26 || $0 == 0x2D }
      && !bucket.hasPrefix("-") && !bucket.hasSuffix("-")
  }

  /// Percent-encoded as signatures want it.
  static func encoded(_ bytes: some Sequence<UInt8>, keepsSlashes: Bool = false) -> String {
    var out: [UInt8] = []
    let digits = Array("0123456789ABCDEF".utf8)
    for byte in bytes {
      let isPlain =
        byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 26 || [0x2D, 0x2E, 0x5F, 0x7E].contains(byte)
        || keepsSlashes && byte == 0x2F
      if isPlain {
        out.append(byte)
      } else {
        out += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      }
    }
    return String(decoding: out, as: UTF8.self)
  }
}

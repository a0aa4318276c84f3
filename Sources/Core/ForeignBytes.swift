/// Carries file names that are not UTF-8 through text: Swift's strings cannot hold such bytes, and a
/// name with a replacement character in their place would name another file.
///
/// A byte that is not part of a valid character stands as a character of the last private plane, which
/// no name needs.
package enum ForeignBytes {
  private static let first: UInt32 = 0x10FE00

  /// - Returns: the bytes as text, from which `bytes(of:)` gets them back.
  package static func text(of bytes: [UInt8]) -> String {
    if let valid = String(validating: bytes, as: UTF8.self) { return valid }
    var out = String.UnicodeScalarView()
    var decoder = Unicode.UTF8.ForwardParser()
    var iterator = bytes.makeIterator()
    var at = 0
    while true {
      switch decoder.parseScalar(from: &iterator) {
      case .valid(let encoded):
        out.append(Unicode.UTF8.decode(encoded))
        at += encoded.count
      case .error(let length):
        for byte in bytes[at..<at + length] { out.append(Unicode.Scalar(first + UInt32(byte))!) }
        at += length
      case .emptyInput: return String(out)
      }
    }
  }

  /// The bytes that `text(of:)` was given; those of any other text as they are.
  package static func bytes(of text: String) -> [UInt8] {
    guard text.unicodeScalars.contains(where: isForeign) else { return Array(text.utf8) }
    return text.unicodeScalars.flatMap { scalar in
      isForeign(scalar) ? [UInt8(scalar.value - first)] : Array(UTF8.encode(scalar)!)
    }
  }

  private static func isForeign(_ scalar: Unicode.Scalar) -> Bool {
    scalar.value >= first + 0x80 && scalar.value <= first + 0xFF
  }
}

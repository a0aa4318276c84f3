import Core
import Glibc

extension LibCrypto {
  /// A hash function without a key.
  package enum HashFunction: String, Sendable, CaseIterable {
    case md5 = "md5"
    case sha1 = "sha-1"
    case sha224 = "sha-224"
    case sha256 = "sha-256"
    case sha384 = "sha-384"
    case sha512 = "sha-512"

    /// Bytes of a hash. No two functions have as many, so that the length tells the function.
    package var byteCount: Int {
      switch self {
      case .md5: 16
      case .sha1: 20
      case .sha224: 28
      case .sha256: 32
      case .sha384: 48
      case .sha512: 64
      }
    }

    package init?(byteCount: Int) {
      guard let function = HashFunction.allCases.first(where: { $0.byteCount == byteCount }) else {
        return nil
      }
      self = function
    }

    fileprivate var symbol: String {
      switch self {
      case .md5: "EVP_md5"
      case .sha1: "EVP_sha1"
      case .sha224: "EVP_sha224"
      case .sha256: "EVP_sha256"
      case .sha384: "EVP_sha384"
      case .sha512: "EVP_sha512"
      }
    }
  }

  /// Makes many short hashes with one function; for one thread at a time.
  package final class Hasher {
    package let function: HashFunction
    private let context: OpaquePointer
    private let library: LibCrypto
    /// The library's name for "the function as before", so that it is not looked up every time.
    private var isReady = false
    private let start: OpaquePointer?

    /// - Throws: `RunError` when the library does not have the function, as in a FIPS build.
    package init(_ function: HashFunction, _ library: LibCrypto) throws(RunError) {
      self.function = function
      self.library = library
      guard let symbol = dlsym(library.handle, function.symbol), let context = library.newContext()
      else { throw LibCrypto.missing("the library lacks \(function.symbol)") }
      // As declared in <openssl/evp.h>, the same since 1.1.0.
      start = unsafeBitCast(symbol, to: (@convention(c) () -> OpaquePointer?).self)()
      self.context = context
      var probe = [UInt8](repeating: 0, count: 64)
      guard hash([], into: &probe) else {
        throw LibCrypto.missing("the library refuses \(function.rawValue)")
      }
    }

    /// Writes the hash of the bytes to the front of `result`, which has room for 64.
    /// - Returns: whether the library made it.
    package func hash(
      _ bytes: UnsafeRawBufferPointer, into result: UnsafeMutablePointer<UInt8>
    ) -> Bool {
      // With no function named the context keeps the one it has, which costs no look-up.
      let function = isReady ? nil : start
      isReady = library.hash(context, function, bytes, into: result)
      return isReady
    }

    /// Writes the hash of the bytes to the front of `result`.
    package func hash(_ bytes: [UInt8], into result: inout [UInt8]) -> Bool {
      bytes.withUnsafeBytes { source in
        result.withUnsafeMutableBufferPointer { target in
          guard let base = target.baseAddress, target.count >= 64 else { return false }
          return hash(source, into: base)
        }
      }
    }

    deinit { library.freeContext(context) }
  }
}

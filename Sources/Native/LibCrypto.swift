import Core
import Glibc

/// Hashes from OpenSSL's libcrypto, opened when a command first needs it. Cryptography is not ours
/// to write.
package final class LibCrypto: @unchecked Sendable {
  // Unchecked for the handle, which nobody changes and which is never closed.
  let handle: UnsafeMutableRawPointer
  private let functions: Functions

  /// Opens the library and looks every function up.
  /// - Throws: `RunError` that names the Debian package.
  package init() throws(RunError) {
    // By the names of the ABI: the bare name comes only with the package for developers.
    guard let handle = dlopen("libcrypto.so.3", RTLD_NOW) ?? dlopen("libcrypto.so.1.1", RTLD_NOW)
    else { throw LibCrypto.missing("the library cannot be opened") }
    // Never closed: the functions are used until the process ends.
    guard let functions = Functions(handle) else {
      throw LibCrypto.missing("the library lacks a function")
    }
    self.functions = functions
    self.handle = handle
  }

  func newContext() -> OpaquePointer? { functions.new() }
  func freeContext(_ context: OpaquePointer) { functions.free(context) }

  /// Makes one hash from start to end.
  /// - Parameter function: `nil` for the one the context made last.
  func hash(
    _ context: OpaquePointer, _ function: OpaquePointer?, _ bytes: UnsafeRawBufferPointer,
    into result: UnsafeMutablePointer<UInt8>
  ) -> Bool {
    var count: UInt32 = 0
    return functions.start(context, function, nil) == 1
      && functions.update(context, bytes.baseAddress, bytes.count) == 1
      && functions.finish(context, result, &count) == 1
  }

  /// The SHA-256 of some bytes, as 64 hexadecimal digits in lower case.
  package func sha256(_ bytes: [UInt8]) throws(RunError) -> String {
    let digest = try Digest(self)
    var isAdded = false
    bytes.withUnsafeBytes { isAdded = digest.add($0) }
    guard isAdded else { throw LibCrypto.refused() }
    return try digest.finish()
  }

  /// The SHA-256 and the size of a file, read piece by piece.
  /// - Throws: `RunError` when the file cannot be read or is none.
  package func sha256(ofFile path: String) throws(RunError) -> (hash: String, bytes: Int) {
    let digest = try Digest(self)
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
    defer { buffer.deallocate() }
    var total = 0
    do throws(SystemError) {
      let file = try Descriptor.open(Array(path.utf8), followsLinks: false)
      guard try file.status().kind == .regular else { throw SystemError.notFound }
      while true {
        let count = try file.read(into: buffer, at: total)
        if count == 0 { break }
        guard digest.add(UnsafeRawBufferPointer(rebasing: buffer[..<count])) else {
          throw SystemError.inputOutput
        }
        total += count
      }
    } catch {
      throw RunError(.failure, path, "the file cannot be read: \(error.text)")
    }
    return (try digest.finish(), total)
  }

  static func missing(_ what: String) -> RunError {
    RunError(
      .failure, "libcrypto.so.3", "\(what), and hashes are made with it",
      hint: "install OpenSSL's library: on Debian, apt-get install libssl3")
  }

  fileprivate static func refused() -> RunError {
    RunError(.failure, "libcrypto.so.3", "the library refuses to make a SHA-256")
  }

  /// One SHA-256 in the making, for bytes that come in pieces.
  package struct Digest: ~Copyable {
    private let functions: Functions
    private let context: OpaquePointer?

    /// - Throws: `RunError` when the library refuses.
    package init(_ library: LibCrypto) throws(RunError) {
      functions = library.functions
      context = functions.new()
      guard context != nil, functions.start(context, functions.sha256(), nil) == 1 else {
        throw LibCrypto.refused()
      }
    }

    /// - Returns: whether the library took the bytes.
    package func add(_ bytes: UnsafeRawBufferPointer) -> Bool {
      functions.update(context, bytes.baseAddress, bytes.count) == 1
    }

    /// - Returns: 64 hexadecimal digits in lower case. To be called once, at the end.
    package func finish() throws(RunError) -> String {
      var bytes = [UInt8](repeating: 0, count: 64)
      var count: UInt32 = 0
      guard functions.finish(context, &bytes, &count) == 1, count == 32 else {
        throw LibCrypto.refused()
      }
      return bytes.prefix(32).map { byte in
        (byte < 16 ? "0" : "") + String(byte, radix: 16)
      }.joined()
    }

    deinit { functions.free(context) }
  }

  /// What is used of the library.
  private struct Functions: Sendable {
    let new: @convention(c) () -> OpaquePointer?
    let free: @convention(c) (OpaquePointer?) -> Void
    let sha256: @convention(c) () -> OpaquePointer?
    let start: @convention(c) (OpaquePointer?, OpaquePointer?, OpaquePointer?) -> CInt
    let update: @convention(c) (OpaquePointer?, UnsafeRawPointer?, Int) -> CInt
    let finish:
      @convention(c) (OpaquePointer?, UnsafeMutablePointer<UInt8>, UnsafeMutablePointer<UInt32>) ->
        CInt

    /// `nil` when one is missing.
    init?(_ handle: UnsafeMutableRawPointer) {
      guard let new = dlsym(handle, "EVP_MD_CTX_new"), let free = dlsym(handle, "EVP_MD_CTX_free"),
        let sha256 = dlsym(handle, "EVP_sha256"), let start = dlsym(handle, "EVP_DigestInit_ex"),
        let update = dlsym(handle, "EVP_DigestUpdate"),
        let finish = dlsym(handle, "EVP_DigestFinal_ex")
      else { return nil }
      // The types are those of <openssl/evp.h>, the same since 1.1.0.
      self.new = unsafeBitCast(new, to: (@convention(c) () -> OpaquePointer?).self)
      self.free = unsafeBitCast(free, to: (@convention(c) (OpaquePointer?) -> Void).self)
      self.sha256 = unsafeBitCast(sha256, to: (@convention(c) () -> OpaquePointer?).self)
      self.start = unsafeBitCast(
        start,
        to: (@convention(c) (OpaquePointer?, OpaquePointer?, OpaquePointer?) -> CInt).self)
      self.update = unsafeBitCast(
        update, to: (@convention(c) (OpaquePointer?, UnsafeRawPointer?, Int) -> CInt).self)
      self.finish = unsafeBitCast(
        finish,
        to: (@convention(c) (
          OpaquePointer?, UnsafeMutablePointer<UInt8>, UnsafeMutablePointer<UInt32>
        ) -> CInt).self)
    }
  }
}

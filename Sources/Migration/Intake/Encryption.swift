import Native

#if canImport(Glibc)
  import Glibc
#endif

/// `gpg --encrypt` as a filter for one recipient: clear bytes go in through a pipe, encrypted ones come
/// out, and no file has the clear ones.
package final class Encryption {
  package let recipient: Recipient
  private let child: ChildProcess
  private var received: [UInt8] = []

  /// Whom the bytes are for.
  package struct Recipient: Sendable, Equatable {
    /// Of the primary key, 40 or 64 hexadecimal digits in upper case.
    package var fingerprint: String
    /// The key's first name, as the keyring has it.
    package var name: String
  }

  private static let program = "gpg"
  private static let listingBytesMax = 1 << 20
  /// Nobody is asked, and neither the user's settings (`encrypt-to`, groups) nor the network add or
  /// change a recipient.
  private static let settings = [
    "--no-options", "--batch", "--no-tty", "--quiet", "--no-auto-key-locate", "--disable-dirmngr",
  ]

  /// Looks the recipient up, then starts `gpg`.
  /// - Parameter fingerprint: the whole of it; spaces are left out.
  /// - Throws: `MigrationError`: `.recipientUnclear` for less than a fingerprint, `.recipientUnknown`
  ///   when the keyring does not have it, `.recipientUnusable` for a key that is expired, revoked or
  ///   made for something else, `.encryptionFailed`.
  package init(to fingerprint: String) throws(MigrationError) {
    let wanted = try Encryption.normalised(fingerprint)
    recipient = try Encryption.find(wanted)
    // The key was told by its whole fingerprint, so nobody's signature on it has to be trusted.
    let arguments = [
      "--trust-model", "always", "--encrypt", "--recipient", wanted, "--output", "-",
    ]
    child = try Encryption.start(arguments, .pipe)
  }

  /// Encrypts a piece. The caller overwrites what it passed in.
  /// - Parameter take: gets encrypted bytes, as far as there are some.
  package func write(
    _ bytes: UnsafeRawBufferPointer, _ take: ([UInt8]) throws -> Void
  ) throws {
    do throws(ChildError) {
      try child.exchange(bytes, received: &received)
    } catch {
      throw failure(error)
    }
    if received.isEmpty { return }
    try take(received)
    received.removeAll(keepingCapacity: true)
  }

  /// Takes the rest.
  /// - Throws: `.encryptionFailed` unless `gpg` says that all of it was encrypted.
  package func finish(_ take: ([UInt8]) throws -> Void) throws {
    child.closeInput()
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    defer { buffer.deallocate() }
    while true {
      let count: Int
      do throws(ChildError) {
        count = try child.read(into: buffer)
      } catch {
        throw failure(error)
      }
      if count > 0 { try take(Array(buffer[..<count])) }
      if count < buffer.count { break }
    }
    let status: Int32
    do throws(ChildError) {
      status = try child.finish()
    } catch {
      throw failure(error)
    }
    guard status == 0 else { throw failed(status) }
  }

  // MARK: - Errors

  private func failure(_ error: ChildError) -> MigrationError {
    guard case .system(let cause) = error.code, cause.rawValue == EPIPE else {
      return Encryption.error(error)
    }
    // It went away; its own words tell more than the pipe.
    do throws(ChildError) {
      return failed(try child.finish())
    } catch {
      return Encryption.error(error)
    }
  }

  private func failed(_ status: Int32) -> MigrationError {
    let complaint = Encryption.firstLine(child.complaint)
    let cause = status > 128 ? "it was ended by signal \(status - 128)" : complaint
    return MigrationError(.encryptionFailed, Encryption.program, cause: cause)
  }

  private static func error(_ error: ChildError) -> MigrationError {
    switch error.code {
    case .missing: MigrationError(.encryptionMissing, program)
    case .interrupted: MigrationError(.interrupted, "")
    case .deadline: MigrationError(.encryptionFailed, program, cause: "it does not answer")
    case .tooLong: MigrationError(.encryptionFailed, program, cause: "its answer is too long")
    case .system(let cause): MigrationError(.encryptionFailed, program, cause: cause.text)
    }
  }

  private static func firstLine(_ text: String) -> String {
    String(text.prefix { $0 != "\n" }.prefix(200))
  }

  // MARK: - The recipient

  /// Upper case without spaces; short names of keys can be forged.
  private static func normalised(_ text: String) throws(MigrationError) -> String {
    var digits = text.filter { !$0.isWhitespace && $0 != ":" }.uppercased()
    if digits.hasPrefix("0X") { digits.removeFirst(2) }
    guard digits.count == 40 || digits.count == 64,
      digits.utf8.allSatisfy({ $0 &- 0x30 < 10 || $0 &- 0x41 < 6 })
    else { throw MigrationError(.recipientUnclear, "--recipient") }
    return digits
  }

  private static func find(_ fingerprint: String) throws(MigrationError) -> Recipient {
    let child = try start(["--with-colons", "--list-keys", fingerprint], .none, timeoutSeconds: 60)
    let listing: [UInt8]
    let status: Int32
    do throws(ChildError) {
      listing = try child.readAll(bytesMax: listingBytesMax)
      status = try child.finish()
    } catch {
      throw self.error(error)
    }
    let keys = KeyListing.keys(String(decoding: listing, as: UTF8.self))
    guard status == 0, let key = keys.first else {
      throw MigrationError(.recipientUnknown, fingerprint)
    }
    guard keys.count == 1, key.fingerprint == fingerprint else {
      throw MigrationError(
        .recipientUnknown, fingerprint, cause: "it is of a subkey, not of the key")
    }
    if let cause = key.problem {
      throw MigrationError(.recipientUnusable, fingerprint, cause: cause)
    }
    return Recipient(fingerprint: fingerprint, name: key.name)
  }

  private static func start(
    _ arguments: [String], _ input: ChildProcess.Input, timeoutSeconds: Int? = nil
  ) throws(MigrationError) -> ChildProcess {
    var environment = ["LC_ALL": "C"]
    for name in ["PATH", "HOME", "GNUPGHOME"] {
      if let value = getenv(name) { environment[name] = String(cString: value) }
    }
    do throws(ChildError) {
      return try ChildProcess(
        .init(
          program, (settings + arguments).map { Array($0.utf8) }, environment: environment,
          timeoutSeconds: timeoutSeconds),
        input: input)
    } catch {
      throw self.error(error)
    }
  }
}

/// What `gpg --with-colons --list-keys` says of keys.
private struct KeyListing {
  var fingerprint = ""
  var name = ""
  var problem: String?

  /// Fields as GnuPG's `doc/DETAILS` counts them: 2 validity, 10 user or fingerprint, 12 what for.
  static func keys(_ text: String) -> [KeyListing] {
    var keys: [KeyListing] = []
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
      func field(_ number: Int) -> String { fields.count >= number ? fields[number - 1] : "" }
      switch field(1) {
      case "pub":
        keys.append(KeyListing())
        keys[keys.count - 1].problem = problem(field(2), field(12))
      case "fpr":
        // The first one after `pub` is the primary key's.
        if let key = keys.last, key.fingerprint.isEmpty {
          keys[keys.count - 1].fingerprint = field(10)
        }
      case "uid":
        if let key = keys.last, key.name.isEmpty { keys[keys.count - 1].name = field(10) }
      default: break
      }
    }
    return keys
  }

  private static func problem(_ validity: String, _ uses: String) -> String? {
    switch validity.first {
    case "r": "revoked"
    case "e": "expired"
    case "i", "d": "not valid"
    case _ where uses.contains("D"): "disabled"
    // Capitals are for the key with all its subkeys.
    case _ where !uses.contains("E"): "it cannot encrypt"
    default: nil
    }
  }
}

import Core
import Glibc

/// A C library opened at run time, for what only some targets need. Never closed: its functions are
/// used until the process ends.
struct DynamicLibrary {
  private let handle: UnsafeMutableRawPointer
  private let name: String
  private let package: String

  /// - Parameters:
  ///   - names: names of the ABI, the preferred one first; the bare name comes only with a package
  ///     for developers.
  ///   - package: the Debian package that has it.
  /// - Throws: `RunError` that names the package.
  init(_ names: [String], package: String) throws(RunError) {
    guard let handle = names.lazy.compactMap({ dlopen($0, RTLD_NOW) }).first else {
      throw DynamicLibrary.error(names[0], "the library cannot be opened", package)
    }
    self.handle = handle
    name = names[0]
    self.package = package
  }

  /// A function of the library, as the C type that the caller says it has.
  func function<T>(_ symbol: String, as type: T.Type = T.self) throws(RunError) -> T {
    guard let address = dlsym(handle, symbol) else {
      throw DynamicLibrary.error(name, "the library lacks the function \(symbol)", package)
    }
    precondition(MemoryLayout<T>.size == MemoryLayout<UnsafeMutableRawPointer>.size)
    return unsafeBitCast(address, to: T.self)
  }

  private static func error(_ name: String, _ what: String, _ package: String) -> RunError {
    RunError(.failure, name, what, hint: "install it: on Debian, apt-get install \(package)")
  }
}

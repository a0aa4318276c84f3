import Glibc

/// `z_stream` of <zlib.h>, the same in every zlib 1.
struct ZStream {
  var nextIn: UnsafeRawPointer?
  var availableIn: UInt32 = 0
  var totalIn: UInt = 0
  var nextOut: UnsafeMutableRawPointer?
  var availableOut: UInt32 = 0
  var totalOut: UInt = 0
  var message: UnsafePointer<CChar>?
  var state: OpaquePointer?
  var allocate: OpaquePointer?
  var free: OpaquePointer?
  var opaque: OpaquePointer?
  var dataType: CInt = 0
  var adler: UInt = 0
  var reserved: UInt = 0
}

/// `gz_header` of <zlib.h>.
struct GzipHeader {
  var isText: CInt = 0
  var time: UInt = 0
  var flags: CInt = 0
  /// Unix.
  var system: CInt = 3
  var extra: UnsafeMutablePointer<UInt8>?
  var extraCount: UInt32 = 0
  var extraMax: UInt32 = 0
  var name: UnsafeMutablePointer<UInt8>?
  var nameMax: UInt32 = 0
  var comment: UnsafeMutablePointer<UInt8>?
  var commentMax: UInt32 = 0
  var hasCheck: CInt = 0
  var isDone: CInt = 0
}

/// What is used of zlib, opened when it is first needed.
struct Zlib: Sendable {
  typealias Plain = @convention(c) (UnsafeMutableRawPointer) -> CInt
  let beginInflate:
    @convention(c) (UnsafeMutableRawPointer, CInt, UnsafePointer<CChar>, CInt) -> CInt
  let inflate: @convention(c) (UnsafeMutableRawPointer, CInt) -> CInt
  let resetInflate: Plain
  let endInflate: Plain
  let getHeader: @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> CInt
  let beginDeflate:
    @convention(c) (
      UnsafeMutableRawPointer, CInt, CInt, CInt, CInt, CInt, UnsafePointer<CChar>, CInt
    ) -> CInt
  let setHeader: @convention(c) (UnsafeMutableRawPointer, UnsafeMutableRawPointer) -> CInt
  let deflate: @convention(c) (UnsafeMutableRawPointer, CInt) -> CInt
  let endDeflate: Plain

  static let ok: CInt = 0
  static let streamEnd: CInt = 1
  static let noProgress: CInt = -5
  /// 15 bits of window; 16 more ask for gzip's header.
  static let window: CInt = 15
  static let gzipWindow: CInt = window + 16

  /// `nil` when it is missing.
  static let shared: Zlib? = {
    guard let handle = dlopen("libz.so.1", RTLD_NOW),
      let beginInflate = dlsym(handle, "inflateInit2_"), let inflate = dlsym(handle, "inflate"),
      let resetInflate = dlsym(handle, "inflateReset"),
      let endInflate = dlsym(handle, "inflateEnd"),
      let getHeader = dlsym(handle, "inflateGetHeader"),
      let beginDeflate = dlsym(handle, "deflateInit2_"),
      let setHeader = dlsym(handle, "deflateSetHeader"), let deflate = dlsym(handle, "deflate"),
      let endDeflate = dlsym(handle, "deflateEnd")
    else { return nil }
    func function<T>(_ address: UnsafeMutableRawPointer) -> T {
      unsafeBitCast(address, to: T.self)
    }
    return Zlib(
      beginInflate: function(beginInflate), inflate: function(inflate),
      resetInflate: function(resetInflate), endInflate: function(endInflate),
      getHeader: function(getHeader), beginDeflate: function(beginDeflate),
      setHeader: function(setHeader), deflate: function(deflate),
      endDeflate: function(endDeflate))
  }()
}

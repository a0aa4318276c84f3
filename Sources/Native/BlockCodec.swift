import Core

/// How a block whose unpacked size is known was compressed, with the library that unpacks it.
///
/// A library is opened when the first such block comes.
package enum BlockCodec: Sendable {
  case snappy, brotli, zstd, lz4

  /// The Debian package that has the library.
  package var package: String {
    switch self {
    case .snappy: "libsnappy1v5"
    case .brotli: "libbrotli1"
    case .zstd: "libzstd1"
    case .lz4: "liblz4-1"
    }
  }

  /// Unpacks a block into memory of exactly its size.
  ///
  /// - Returns: whether the block is whole and as long as that.
  /// - Throws: `RunError` when the library is missing.
  package func unpack(
    _ block: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
  ) throws(RunError) -> Bool {
    switch self {
    case .snappy:
      typealias Unpack =
        @convention(c) (
          UnsafeRawPointer?, Int, UnsafeMutableRawPointer?, UnsafeMutablePointer<Int>
        ) -> CInt
      let unpack: Unpack = try function("libsnappy.so.1", "snappy_uncompress")
      var count = target.count
      return unpack(block.baseAddress, block.count, target.baseAddress, &count) == 0
        && count == target.count
    case .brotli:
      typealias Unpack =
        @convention(c) (
          Int, UnsafeRawPointer?, UnsafeMutablePointer<Int>, UnsafeMutableRawPointer?
        ) -> CInt
      let unpack: Unpack = try function("libbrotlidec.so.1", "BrotliDecoderDecompress")
      var count = target.count
      return unpack(block.count, block.baseAddress, &count, target.baseAddress) == 1
        && count == target.count
    case .zstd:
      typealias Unpack =
        @convention(c) (
          UnsafeMutableRawPointer?, Int, UnsafeRawPointer?, Int
        ) -> Int
      let unpack: Unpack = try function("libzstd.so.1", "ZSTD_decompress")
      // An error is a size beyond any.
      return unpack(target.baseAddress, target.count, block.baseAddress, block.count)
        == target.count
    case .lz4:
      typealias Unpack =
        @convention(c) (
          UnsafeRawPointer?, UnsafeMutableRawPointer?, CInt, CInt
        ) -> CInt
      let unpack: Unpack = try function("liblz4.so.1", "LZ4_decompress_safe")
      guard let size = CInt(exactly: block.count), let room = CInt(exactly: target.count) else {
        return false
      }
      return unpack(block.baseAddress, target.baseAddress, size, room) == room
    }
  }

  /// The loader knows a library that is open already, so asking again costs little.
  private func function<T>(_ library: String, _ symbol: String) throws(RunError) -> T {
    try DynamicLibrary([library], package: package).function(symbol)
  }
}

/// Every bound in one place. A bound that was hit is always told.
package enum Limits {
  /// Bytes one worker reads at a time.
  package static let blockBytes = 256 << 10
  /// Bytes of one file that one worker takes as its share.
  package static let segmentBytes = 8 << 20
  /// Bytes kept before and after a share, so that a number and its context are seen whole.
  package static let contextBytes = 4 << 10
  /// Excluded and not examined places listed per target; all are counted.
  package static let coverageEntriesMax = 10_000
  /// Class reports listed per target.
  package static let classReportsMax = 1_000
  /// Bytes of a source file that are checked as code; a longer one is made by a program.
  package static let sourceBytesMax = 8 << 20
  /// Directory levels walked.
  package static let directoryDepthMax = 512
  /// Pages of a database told apart by use, at two bits each: 128 GiB at the usual page size. The
  /// pages of a larger one are all taken as a whole.
  package static let databasePagesMax = 32 << 20
  /// Last overflow pages whose length is kept; those past the bound are taken as a whole.
  package static let overflowEndsMax = 1 << 20
  /// Frames of a database's log looked at to learn where its pages are.
  package static let logFramesMax = 1 << 18
  /// Numbers that one row's hash is compared with: 16 digits of which six and four are known leave
  /// 100,000. Where fewer digits are known the hash is not tried.
  package static let hashTriesMax = 1_000_000
  /// Rows of a column of hashes that are tried.
  package static let hashRowsMax = 5
  /// Different values of a column counted exactly; beyond that their number is estimated.
  package static let distinctExactMax = 1024
  /// Columns of one table that are looked at for pieces of a number.
  package static let pieceColumnsMax = 12
  /// Files with findings named in a policy's verdict; all are counted.
  package static let policyPlacesMax = 1_000
}

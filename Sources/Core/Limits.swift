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
  /// Encodings within encodings that are decoded: base64 of JSON in a form's field are three.
  package static let encodingDepth = 3
  /// Bytes decoded on each side of the ones that are scanned, for context.
  package static let decodedContextBytes = 2048
  /// Containers within containers that are opened. Backups of backups have four or five.
  package static let containerDepth = 16
  /// Members of one file, counted over all its containers.
  package static let members = 1_000_000
  /// Bytes one file may expand to: far more than a disk's worth of logs compresses to.
  package static let expandedBytes = 1 << 40
  /// How many times its size a file may expand to. Logs compress up to a hundred times, deflated zeros
  /// a thousand times.
  package static let expansionRatio = 250
  /// Expansion up to here is not held against a file: small ones have large ratios.
  package static let expandedBytesFree = 64 << 20
  /// Bytes of members held in memory while one file is read, for those that cannot be read from front
  /// to back: an archive with its directory at the end, a database, a document.
  package static let scratchBytes = 64 << 20
  /// Text of one page or document that is held to be scanned without its markup.
  package static let documentTextBytes = 16 << 20
  /// Numbers that one row's hash is compared with: 16 digits of which six and four are known leave
  /// 100,000. Where fewer digits are known the hash is not tried.
  package static let hashTriesMax = 1_000_000
  /// Rows of a column of hashes that are tried.
  package static let hashRowsMax = 5
  /// Of those, rows in which numbers are tried in groups, while none fits: it takes as long again twice.
  package static let hashGroupRowsMax = 2
  /// Different values of a column counted exactly; beyond that their number is estimated.
  package static let distinctExactMax = 1024
  /// Stripe ids of one table that are compared with each other, over all columns: 4 MiB. Of more a
  /// sample is.
  package static let comparedIDsMax = 1 << 17
  /// Columns of one table that are looked at for pieces of a number.
  package static let pieceColumnsMax = 12
  /// Pages of a hundred saved payment methods of one customer. Stripe lets a customer have some hundred
  /// payment methods; a list of more is one that never ends.
  package static let customerPagesMax = 100
  /// Files with findings named in a policy's verdict; all are counted.
  package static let policyPlacesMax = 1_000
}

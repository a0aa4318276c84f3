import Core

/// One object as a listing names it, or one version of it.
struct S3Object: Sendable, Equatable {
  /// Raw.
  var key: String
  var bytes: Int
  /// `nil` for the current one.
  var version: String?
  /// Which state of it the listing saw, and since when it is so; `nil` when it does not say.
  var tag: String?
  var modified: String?

  func place(_ bucket: String) -> String {
    let path = "s3://\(bucket)/" + key
    return version.map { path + "?versionId=" + $0 } ?? path
  }

  var query: [(String, String)] { version.map { [("versionId", $0)] } ?? [] }
}

/// The pages of a bucket's listing, one request each.
struct S3Listing: Sendable {
  private(set) var isAtEnd = false
  private let prefix: String
  private let readsVersions: Bool
  private let pageObjects: Int
  private var marker: [String] = []
  private var seenMarkers: Set<[String]> = []

  init(prefix: String, _ network: NetworkSettings) {
    self.prefix = prefix
    readsVersions = network.readsVersions
    pageObjects = network.pageObjects
  }

  /// What the next page is asked for with.
  var query: [(String, String)] {
    var query = [("encoding-type", "url"), ("max-keys", String(pageObjects))]
    if !prefix.isEmpty { query.append(("prefix", prefix)) }
    if readsVersions {
      query.append(("versions", ""))
      if marker.count == 2 {
        query += [("key-marker", marker[0]), ("version-id-marker", marker[1])]
      }
    } else {
      query.append(("list-type", "2"))
      if let token = marker.first { query.append(("continuation-token", token)) }
    }
    return query
  }

  /// Takes a page.
  /// - Returns: its objects; `nil` when it is no page, or one that leads nowhere.
  mutating func take(_ bytes: [UInt8]) -> [S3Object]? {
    let document = S3Document(bytes)
    let root = readsVersions ? "ListVersionsResult" : "ListBucketResult"
    guard document.rootName == root, document.isWhole else { return nil }
    let isEncoded = document.text("EncodingType") == "url"
    func plain(_ text: String) -> String { isEncoded ? S3Listing.decoded(text) : text }
    var objects: [S3Object] = []
    for record in document.records where record.name == (readsVersions ? "Version" : "Contents") {
      guard let key = record.values["Key"], let size = record.values["Size"].flatMap({ Int($0) }),
        size >= 0
      else { return nil }
      objects.append(
        S3Object(
          key: plain(key), bytes: size,
          version: readsVersions ? record.values["VersionId"] ?? "null" : nil,
          tag: record.values["ETag"], modified: record.values["LastModified"]))
    }
    guard document.text("IsTruncated") == "true" else {
      isAtEnd = true
      return objects
    }
    if readsVersions {
      guard let key = document.text("NextKeyMarker") else { return nil }
      marker = [plain(key), document.text("NextVersionIdMarker") ?? ""]
    } else {
      guard let token = document.text("NextContinuationToken") else { return nil }
      marker = [token]
    }
    // A listing that leads back to where it was has no end.
    guard seenMarkers.insert(marker).inserted else { return nil }
    return objects
  }

  /// As forms write it: a plus sign stands for a blank.
  private static func decoded(_ text: String) -> String {
    String(decoding: PercentCoding.decoded(text, plusIsBlank: true), as: UTF8.self)
  }
}

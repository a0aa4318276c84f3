import Core
import Foundation
import Inputs
import Native
import TestSupport
import Testing

/// Against a server of our own, which checks signatures and misbehaves.
@Suite struct S3Tests {
  private func text(_ walked: Walked, _ key: String) -> String? {
    walked.readings.first { $0.location.path == "s3://bucket/" + key }
      .map { String(decoding: $0.ownedBytes, as: UTF8.self) }
  }

  private func trouble(_ walked: Walked) -> [Coverage.Entry] {
    walked.notExamined + walked.readings.flatMap(\.outcome.notExamined)
  }

  private static let long = String(
    decoding: (0..<700_000).map { UInt8(97 + $0 % 23) }, as: UTF8.self)

  @Test func `objects of all pages are read, whatever their keys, and every request is signed`()
    throws
  {
    let keys = [
      "a", "b/", "b/c d+e&f=(1)~!*'.txt", "b/../dots", "b//x", "dir/ü\n\u{7}<&>.log", "z?x=1#y",
      "%41",
    ]
    let stand = try S3Stand(
      Dictionary(uniqueKeysWithValues: keys.map { ($0, $0 == "b/" ? "" : "in " + $0) }),
      pageObjects: 3)
    defer { stand.stop() }
    let walked = try walk("s3://bucket", stand.options())
    #expect(walked.readings.map { $0.location.path } == keys.sorted().map { "s3://bucket/" + $0 })
    for key in keys where key != "b/" { #expect(text(walked, key) == "in " + key) }
    #expect(trouble(walked).isEmpty)
    #expect(walked.readings.map(\.outcome.examined.objects) == keys.map { _ in 1 })
    #expect(stand.badSignatures == [])
    #expect(stand.requests.count == 3 + keys.count - 1)
    #expect(walked.readings.allSatisfy { $0.location.target == "s3://bucket" })
  }

  @Test func `a prefix, patterns and a largest size choose objects`() throws {
    let stand = try S3Stand([
      "logs/a.log": "1", "logs/old/b.log": "2", "logs/c.iso": "3", "logs/d.log": "large",
      "other": "4",
    ])
    defer { stand.stop() }
    let options = stand.options { options in
      options.excludes = [Glob("*.iso"), Glob("logs/old/")]
      options.fileBytesMax = 3
    }
    let walked = try walk("s3://bucket/logs/", options)
    #expect(walked.readings.map { $0.location.path } == ["s3://bucket/logs/a.log"])
    #expect(walked.reason("c.iso") == "excluded-by-pattern")
    #expect(walked.reason("old/b.log") == "excluded-by-pattern")
    #expect(walked.reason("d.log") == "larger-than-max-file-size")
    #expect(walked.reason("other") == nil)
  }

  @Test func `a prefix that means nothing is told, an empty bucket is read`() throws {
    let stand = try S3Stand([:])
    defer { stand.stop() }
    let walked = try walk("s3://bucket/nosuch/", stand.options())
    #expect(walked.notExamined.map(\.reason) == [.missing])
    #expect(walked.notExamined.map(\.place) == ["s3://bucket/nosuch/"])
    #expect(try walk("s3://bucket", stand.options()).notExamined == [])
  }

  @Test func `an object is known again by its tag, unless another state of it was read`() throws {
    let stand = try S3Stand(["a": "first", "none": ""])
    defer { stand.stop() }
    func items() throws -> [any Item] {
      let source = try makeSource(target: "s3://bucket", options: stand.options())
      var items: [any Item] = []
      while let event = source.next() { if case .item(let item) = event { items.append(item) } }
      return items
    }
    let first = try items()
    let stamps = first.map { $0.stamp() }
    #expect(stamps.allSatisfy { $0?.isSettled == true })
    _ = first.map { read($0) }
    #expect(first.map { $0.stamp() } == stamps)
    #expect(try items().map { $0.stamp() } == stamps)
    // Written anew behind the listing: what is read is not what was listed.
    let second = try items()
    stand.put("a", Array("again".utf8))
    let readings = second.map { read($0) }
    #expect(readings.first?.pieces.map(\.text) == ["again"])
    #expect(second[0].stamp() == nil)
    #expect(second[1].stamp() == stamps[1])
    #expect(try items()[0].stamp() != stamps[0])
  }

  @Test func `a connection that breaks is taken up where it broke`() throws {
    let stand = try S3Stand(["long": Self.long])
    defer { stand.stop() }
    var half = S3Stand.object(Array(Self.long.utf8))
    half.delivery = .truncated
    var none = half
    none.delivery = .dropped
    stand.answer("long", none, half, S3Stand.error(500, "InternalError"))
    let walked = try walk("s3://bucket/long", stand.options())
    #expect(text(walked, "long") == Self.long)
    #expect(trouble(walked).isEmpty)
    #expect(stand.badSignatures == [])
    let last = try #require(stand.requests.last)
    #expect(last.headers["range"] == "bytes=350000-")
    #expect(last.headers["if-match"] != nil)
  }

  @Test func `a server that knows no ranges sends all again, and nothing is read twice`() throws {
    let stand = try S3Stand(["long": Self.long])
    defer { stand.stop() }
    let whole = S3Stand.object(Array(Self.long.utf8))
    var half = whole
    half.delivery = .truncated
    stand.answer("long", half, whole)
    let walked = try walk("s3://bucket/long", stand.options())
    #expect(text(walked, "long") == Self.long)
    #expect(trouble(walked).isEmpty)
  }

  @Test func `an object that is written anew while it is read is told, not mixed`() throws {
    let stand = try S3Stand(["long": Self.long + "!"])
    defer { stand.stop() }
    var half = S3Stand.object(Array(Self.long.utf8))
    half.delivery = .truncated
    stand.answer("long", half)
    let walked = try walk("s3://bucket/long", stand.options())
    #expect(trouble(walked).map(\.reason) == [.changed])
    #expect(text(walked, "long") == String(Self.long.prefix(350_000)))
  }

  @Test(arguments: [
    (403, "AccessDenied", "permission-denied", "s3:GetObject"),
    (403, "InvalidObjectState", "archived", "Restore"),
    (403, "SignatureDoesNotMatch", "authentication-failed", "AWS_SECRET_ACCESS_KEY"),
    (400, "ExpiredToken", "authentication-failed", "AWS_SESSION_TOKEN"),
    (404, "NoSuchKey", "vanished", "listed"),
    (404, "", "vanished", "listed"),
    (400, "InvalidRequest", "read-error", "SSE-C"),
    (500, "InternalError", "read-error", "500 InternalError"),
    (503, "SlowDown", "read-error", "busy"),
    (301, "PermanentRedirect", "unreachable", "AWS_REGION"),
  ])
  func `an object that is refused is told with the cure, and the rest is read`(
    status: Int, code: String, reason: String, word: String
  ) throws {
    let stand = try S3Stand(["a": "first", "b": "second", "c": "third"])
    defer { stand.stop() }
    let refusal = S3Stand.error(status, code)
    stand.answer("b", refusal, refusal, refusal, refusal, refusal)
    let walked = try walk("s3://bucket", stand.options())
    #expect(text(walked, "a") == "first")
    #expect(text(walked, "c") == "third")
    let entries = trouble(walked)
    #expect(entries.map(\.place) == ["s3://bucket/b"])
    #expect(entries.first?.reason.rawValue == reason)
    #expect(entries.first?.detail?.contains(word) == true, "\(entries)")
    #expect(walked.readings[1].outcome.examined.objects == 0)
  }

  @Test func `a body that hardly moves is given up and told`() throws {
    let stand = try S3Stand(["slow": "0123456789", "z": "after"])
    defer { stand.stop() }
    var drip = S3Stand.object(Array("0123456789".utf8))
    drip.delivery = .slow(1)
    stand.answer("slow", drip, drip, drip, drip, drip)
    let options = stand.options { $0.network.patience.seconds = 3 }
    let walked = try walk("s3://bucket", options)
    #expect(trouble(walked).map(\.reason) == [.timeLimit])
    #expect(text(walked, "z") == "after")
  }

  @Test func `a listing that fails now and then is asked for again`() throws {
    let stand = try S3Stand(["a": "1", "b": "2", "c": "3"], pageObjects: 1)
    defer { stand.stop() }
    var cut = HTTPServer.Response(body: "<ListBucketResult>")
    cut.delivery = .truncated
    stand.answer("*", S3Stand.error(500, "InternalError"), cut, S3Stand.error(503, "SlowDown"))
    let walked = try walk("s3://bucket", stand.options())
    #expect(walked.readings.count == 3)
    #expect(trouble(walked).isEmpty)
  }

  @Test func `a listing that breaks off is told with how far it came`() throws {
    let page = HTTPServer.Response(
      body: """
        <ListBucketResult><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>
        <Contents><Key>a</Key><Size>1</Size></Contents></ListBucketResult>
        """)
    let seconds: [(HTTPServer.Response, String)] = [
      (S3Stand.error(403, "AccessDenied"), "permission-denied"),
      // The same page for ever.
      (page, "corrupt"),
      (HTTPServer.Response(body: "<html><body>Log in</body></html>"), "corrupt"),
      (HTTPServer.Response(body: "<ListBucketResult><Contents>"), "corrupt"),
    ]
    for (second, reason) in seconds {
      let stand = try S3Stand(["a": "1"])
      defer { stand.stop() }
      stand.answer("*", page, second)
      let walked = try walk("s3://bucket", stand.options())
      #expect(text(walked, "a") == "1")
      #expect(walked.notExamined.map(\.reason.rawValue) == [reason])
      #expect(walked.notExamined.first?.place == "s3://bucket")
      #expect(walked.notExamined.first?.detail?.contains("after 1 object;") == true)
    }
  }

  @Test(arguments: [
    (403, "AccessDenied", "permission-denied", "s3:ListBucket"),
    (403, "InvalidAccessKeyId", "authentication-failed", "AWS_ACCESS_KEY_ID"),
    (404, "NoSuchBucket", "missing", "bucket"),
  ])
  func `a bucket that cannot be listed is told with the cure`(
    status: Int, code: String, reason: String, word: String
  ) throws {
    let stand = try S3Stand([:])
    defer { stand.stop() }
    stand.answer("*", S3Stand.error(status, code))
    let walked = try walk("s3://bucket/x", stand.options())
    #expect(walked.notExamined.map(\.place) == ["s3://bucket/x"])
    #expect(walked.notExamined.first?.reason.rawValue == reason)
    #expect(walked.notExamined.first?.detail?.contains(word) == true)
  }

  @Test func `versions are read one by one`() throws {
    let stand = try S3Stand(["a": "now"])
    defer { stand.stop() }
    func page(_ isTruncated: Bool, _ version: String) -> HTTPServer.Response {
      HTTPServer.Response(
        body: """
          <ListVersionsResult><IsTruncated>\(isTruncated)</IsTruncated>
          <NextKeyMarker>a</NextKeyMarker><NextVersionIdMarker>\(version)</NextVersionIdMarker>
          <DeleteMarker><Key>a</Key><VersionId>gone</VersionId></DeleteMarker>
          <Version><Key>a</Key><VersionId>\(version)</VersionId><Size>3</Size></Version>
          </ListVersionsResult>
          """)
    }
    stand.answer("*", page(true, "v2"), page(false, "v1"))
    let walked = try walk("s3://bucket", stand.options { $0.network.readsVersions = true })
    #expect(
      walked.readings.map { $0.location.path } == [
        "s3://bucket/a?versionId=v2", "s3://bucket/a?versionId=v1",
      ])
    #expect(
      stand.requests.map(\.query) == [
        "encoding-type=url&max-keys=1000&versions=", "versionId=v2",
        "encoding-type=url&key-marker=a&max-keys=1000&version-id-marker=v2&versions=",
        "versionId=v1",
      ])
    #expect(stand.badSignatures == [])
  }

  @Test func `keys come from a profile as well, and without any the cure is told`() throws {
    let stand = try S3Stand(["a": "1"])
    defer { stand.stop() }
    let scratch = try Scratch()
    try scratch.makeDirectory(".aws")
    try scratch.write(
      ".aws/credentials",
      "[other]\naws_access_key_id = no\n\n[shop]\naws_access_key_id = \(S3Stand.keyID)\n"
        + "aws_secret_access_key=\(S3Stand.secret)\n")
    try scratch.write(
      ".aws/config",
      "[profile shop]\nregion = eu-central-1\nendpoint_url = \(stand.url)\n"
        + "s3 =\n  region = wrong\n")
    let home = scratch.path
    func options(_ profile: String) -> InputOptions {
      stand.options {
        $0.network.variable = { ["HOME": home, "AWS_PROFILE": profile][$0] }
      }
    }
    let walked = try walk("s3://bucket", options("shop"))
    #expect(text(walked, "a") == "1")
    #expect(stand.badSignatures == [])
    #expect(
      stand.requests.last?.headers["authorization"]?.contains("/eu-central-1/s3/") == true)
    let without = try walk("s3://bucket", options("none"))
    #expect(without.notExamined.map(\.reason) == [.authenticationFailed])
    #expect(without.notExamined.first?.detail?.contains("AWS_ACCESS_KEY_ID") == true)
  }

  @Test(arguments: ["http://minio.example:9000", "http://10.0.0.1", "ftp://127.0.0.1", "x"])
  func `an endpoint that others can read along is refused`(endpoint: String) throws {
    let stand = try S3Stand([:])
    defer { stand.stop() }
    let walked = try walk("s3://bucket", stand.options { $0.network.endpoint = endpoint })
    #expect(walked.notExamined.map(\.reason) == [.unreachable])
    #expect(walked.notExamined.first?.detail?.contains("https") == true)
    #expect(stand.requests.isEmpty)
  }

  @Test func `an endpoint without TLS is told as that, not as one to distrust`() throws {
    let stand = try S3Stand([:])
    defer { stand.stop() }
    let endpoint = stand.url.replacingOccurrences(of: "http:", with: "https:")
    let walked = try walk("s3://bucket", stand.options { $0.network.endpoint = endpoint })
    #expect(walked.notExamined.map(\.reason) == [.unreachable])
    #expect(walked.notExamined.first?.detail?.hasPrefix("No TLS was agreed on: plain http") == true)
  }

  @Test(arguments: ["s3://", "s3:///x", "s3://AK:s3cret@bucket/x", "s3://a", "s3://..bad"])
  func `a target without a bucket is refused and not shown`(target: String) throws {
    let error = #expect(throws: RunError.self) { try makeSource(target: target, options: .init()) }
    #expect(error?.code == .usage)
    #expect(error?.subject == "s3://")
    #expect(error?.message.contains("3 characters") == (target == "s3://a"))
  }

  @Test func `a server that is not there is told`() throws {
    let stand = try S3Stand([:])
    stand.stop()
    usleep(50_000)
    let walked = try walk("s3://bucket", stand.options())
    #expect(walked.notExamined.map(\.reason) == [.unreachable])
  }
}

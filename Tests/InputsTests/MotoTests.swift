import Core
import Foundation
import Inputs
import TestSupport
import Testing

/// Against moto, an independent server of S3: listings, versions, archives, storage classes. What
/// it does otherwise than S3, such as checking signatures, is tested against our own server.
@Suite(
  .serialized,
  .enabled(if: MotoServer.isUsable, "Python has no moto[server]; make test installs it"))
struct MotoTests {
  private static let seed = """
    s3.create_bucket(Bucket='shop')
    def put(key, body, **more): s3.put_object(Bucket='shop', Key=key, Body=body, **more)
    put('logs/app.log.gz', gzip.compress(b'number=4242424242424242\\n' * 1000))
    put('logs/plain.log', b'x' * 1500000 + b' number=4111111111111111')
    z = io.BytesIO()
    with zipfile.ZipFile(z, 'w', zipfile.ZIP_DEFLATED) as f:
      f.writestr('big.bin', os.urandom(3000000))
      f.writestr('in/cards.csv', 'number\\n5555555555554444\\n')
    put('backup/old.zip', z.getvalue())
    put('odd/ü +%&?#=.txt', b'odd')
    put('cold/tape.bin', b'frozen', StorageClass='GLACIER')
    put('empty/', b'')
    s3.create_bucket(Bucket='kept')
    s3.put_bucket_versioning(Bucket='kept', VersioningConfiguration={'Status': 'Enabled'})
    for text in (b'first', b'second', b'third'): s3.put_object(Bucket='kept', Key='a', Body=text)
    s3.delete_object(Bucket='kept', Key='a')
    """

  private func options(
    _ moto: MotoServer, _ change: (inout InputOptions) -> Void = { _ in }
  ) -> InputOptions {
    var options = InputOptions()
    let url = moto.url
    options.network.variable = {
      ["AWS_ACCESS_KEY_ID": "AKTEST", "AWS_SECRET_ACCESS_KEY": "x", "AWS_ENDPOINT_URL": url][$0]
    }
    change(&options)
    return options
  }

  private func text(_ walked: Walked, _ path: String) -> String? {
    walked.readings.first { $0.location.path == path }
      .map { String(decoding: $0.ownedBytes, as: UTF8.self) }
  }

  @Test func `objects, archives and storage classes work against another server`() throws {
    let moto = try MotoServer(seed: Self.seed)
    defer { moto.stop() }
    for pageObjects in [1000, 2] {
      let walked = try walk(
        "s3://shop", options(moto) { $0.network.pageObjects = pageObjects })
      #expect(walked.readings.count == 6)
      #expect(walked.notExamined.isEmpty)
      let trouble = walked.readings.flatMap(\.outcome.notExamined)
      #expect(trouble.map(\.place) == ["s3://shop/cold/tape.bin"])
      #expect(trouble.map(\.reason) == [.archived])
      #expect(
        text(walked, "s3://shop/logs/app.log.gz")
          == String(repeating: "number=4242424242424242\n", count: 1000))
      #expect(text(walked, "s3://shop/logs/plain.log")?.utf8.count == 1_500_024)
      let archive = try #require(text(walked, "s3://shop/backup/old.zip"))
      #expect(archive.hasSuffix("5555555555554444\n"))
      #expect(text(walked, "s3://shop/odd/ü +%&?#=.txt") == "odd")
    }
    let one = try walk("s3://shop/logs/plain.log", options(moto))
    #expect(one.readings.count == 1)
    let missing = try walk("s3://no-such-bucket", options(moto))
    #expect(missing.notExamined.map(\.reason) == [.missing])
  }

  @Test func `a deleted object's versions are read when asked for`() throws {
    let moto = try MotoServer(seed: Self.seed)
    defer { moto.stop() }
    #expect(try walk("s3://kept", options(moto)).readings.isEmpty)
    for pageObjects in [1000, 2] {
      let walked = try walk(
        "s3://kept",
        options(moto) { options in
          options.network.readsVersions = true
          options.network.pageObjects = pageObjects
        })
      let texts = walked.readings.map { String(decoding: $0.ownedBytes, as: UTF8.self) }
      #expect(texts.sorted() == ["first", "second", "third"])
      #expect(Set(walked.readings.map { $0.location.path }).count == 3)
      #expect(walked.readings.flatMap(\.outcome.notExamined).isEmpty)
    }
  }
}

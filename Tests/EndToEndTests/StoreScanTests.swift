import Foundation
import TestSupport
import Testing

/// The real binary against object stores and search servers.
@Suite struct StoreScanTests {
  private func expectNoSecret(_ outcome: Tool.Outcome) {
    for text in [outcome.out, outcome.err] {
      for secret in ["s3cret-aws", "4242424242424242", "5555555555554444", "YWJjOmRlZg"] {
        #expect(!text.contains(secret))
      }
    }
  }

  @Test(.enabled(if: MotoServer.isUsable, "Python has no moto[server]; make test installs it"))
  func `a number in an archive in a bucket is found, and what was not read is listed`() throws {
    let moto = try MotoServer(
      seed: """
        s3.create_bucket(Bucket='shop')
        z = io.BytesIO()
        with zipfile.ZipFile(z, 'w') as f:
          f.writestr('in/cards.csv', 'id,card_number\\n7,5555555555554444\\n')
        s3.put_object(Bucket='shop', Key='backup/old.zip', Body=z.getvalue())
        s3.put_object(Bucket='shop', Key='logs/app.log.gz',
          Body=gzip.compress(b'start\\ncard_number=4242424242424242\\n'))
        s3.put_object(Bucket='shop', Key='tape', Body=b'x', StorageClass='DEEP_ARCHIVE')
        """)
    defer { moto.stop() }
    let keys = ["AWS_ACCESS_KEY_ID": "AKTEST", "AWS_SECRET_ACCESS_KEY": "s3cret-aws"]
    let outcome = try Tool().run(
      ["scan", "s3://shop", "--endpoint", moto.url, "--format", "jsonl"], environment: keys)
    #expect(outcome.exit == 1, "\(outcome.err)")
    expectNoSecret(outcome)
    let lines = outcome.out.split(separator: "\n")
    let findings = lines.filter { $0.contains(#""type":"finding""#) }
    #expect(findings.count == 2, "\(outcome.out)")
    for piece in [
      #""target":"s3://shop""#, #""path":"s3://shop/backup/old.zip""#,
      #""member":"in/cards.csv""#, #""line":2"#,
    ] { #expect(findings.first?.contains(piece) == true, "\(findings)") }
    for piece in [
      #""path":"s3://shop/logs/app.log.gz""#, #""encoding":["gzip"]"#, #""line":2"#,
    ] { #expect(findings.last?.contains(piece) == true, "\(findings)") }
    #expect(lines.contains { $0.contains(#""place":"s3://shop/tape","reason":"archived""#) })
    let tape = try Tool().run(
      ["scan", "s3://shop/tape"], environment: keys.merging(["AWS_ENDPOINT_URL": moto.url]) { $1 })
    #expect(tape.exit == 2)
    let without = try Tool().run(
      ["scan", "s3://shop", "--endpoint", moto.url],
      environment: [
        "AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_PROFILE": "", "HOME": "/none",
      ])
    #expect(without.exit == 2)
    #expect(without.out.contains("AWS_ACCESS_KEY_ID"))
  }

  @Test(.enabled(if: MotoServer.isUsable, "Python has no moto[server]; make test installs it"))
  func `with a state only what changed in a bucket is read again`() throws {
    let moto = try MotoServer(
      seed: """
        s3.create_bucket(Bucket='shop')
        for n in range(5):
          s3.put_object(Bucket='shop', Key='log%d' % n, Body=b'card_number=4242424242424242\\n')
        """)
    defer { moto.stop() }
    let environment = [
      "AWS_ACCESS_KEY_ID": "AKTEST", "AWS_SECRET_ACCESS_KEY": "s3cret-aws",
      "AWS_ENDPOINT_URL": moto.url,
    ]
    let tool = try Tool()
    func scan() throws -> (findings: [String], carried: String) {
      let outcome = try tool.run(
        ["scan", "s3://shop", "--state", "s", "--format", "jsonl"], environment: environment)
      #expect(outcome.exit == 1, "\(outcome.err)")
      let lines = outcome.out.split(separator: "\n").map(String.init)
      let coverage = lines.first { $0.contains(#""carriedOver""#) } ?? ""
      return (
        lines.filter { $0.contains(#""type":"finding""#) },
        coverage.firstRange(of: #""carriedOver":{"items":"#).map {
          String(coverage[$0.upperBound...].prefix { $0 != "," })
        } ?? "-"
      )
    }
    let first = try scan()
    #expect(first.findings.count == 5 && first.carried == "0")
    let second = try scan()
    #expect(second.findings == first.findings && second.carried == "5")
    let verdict = try tool.run(["verify", "s3://shop/nosuch/"], environment: environment)
    #expect(verdict.exit == 2)
    #expect(verdict.out.contains("No object lies under this prefix"))
  }

  /// An index of two documents, one of whose ids is a card number.
  private func search() throws -> HTTPServer {
    try HTTPServer { request in
      guard request.headers["authorization"] == "ApiKey YWJjOmRlZg==" else {
        return HTTPServer.Response(status: 401, body: #"{"error":{"type":"security_exception"}}"#)
      }
      switch (request.method, request.path) {
      case ("GET", "/_cat/indices/shop"):
        return HTTPServer.Response(
          body: #"[{"index":"shop","status":"open","docs.count":"2","store.size":"99"}]"#)
      case ("GET", "/shop/_mapping"):
        return HTTPServer.Response(
          body: """
            {"shop":{"mappings":{"properties":{"customer":{"properties":{
              "card_number":{"type":"keyword"},"stripe_id":{"type":"keyword"}}}}}}}
            """)
      case ("GET", "/shop/_stats/docs"):
        return HTTPServer.Response(
          body: """
            {"indices":{"shop":{"uuid":"u","shards":{"0":[{"routing":{"primary":true},
              "commit":{"user_data":{"history_uuid":"h"}},
              "seq_no":{"max_seq_no":1,"local_checkpoint":1,"global_checkpoint":1}}]}}}}
            """)
      case ("POST", "/shop/_refresh"):
        return HTTPServer.Response(body: #"{"_shards":{"failed":0}}"#)
      case ("POST", "/shop/_pit"): return HTTPServer.Response(body: #"{"id":"p"}"#)
      case ("POST", "/_search") where request.body.contains("search_after"):
        return HTTPServer.Response(body: #"{"hits":{"hits":[]}}"#)
      case ("POST", "/_search"):
        return HTTPServer.Response(
          body: """
            {"pit_id":"p","_shards":{"total":1,"successful":1,"failed":0},
             "hits":{"total":{"value":2,"relation":"eq"},"hits":[
              {"_id":"a7","_source":{"customer":{"card_number":4242424242424242,
                "stripe_id":"cus_NffrFeUfNV2Hib"}},"sort":[1]},
              {"_id":"5555555555554444","_source":{"customer":{"note":"none"}},"sort":[2]}]}}
            """)
      default: return HTTPServer.Response(body: "{}")
      }
    }
  }

  @Test func `a number in a search index is found with index, path and id`() throws {
    let server = try search()
    defer { server.stop() }
    let target = "elasticsearch+http://127.0.0.1:\(server.port)/shop"
    let key = ["ELASTICSEARCH_API_KEY": "YWJjOmRlZg=="]
    let outcome = try Tool().run(
      ["scan", target, "--format", "jsonl", "--min-confidence", "low"], environment: key)
    #expect(outcome.exit == 1, "\(outcome.err)")
    expectNoSecret(outcome)
    let findings = outcome.out.split(separator: "\n").filter {
      $0.contains(#""type":"finding""#)
    }
    #expect(findings.count == 2, "\(outcome.out)")
    #expect(
      findings.contains {
        $0.contains(#""table":"shop","field":"customer.card_number","row":"_id=a7""#)
      }, "\(findings)")
    #expect(findings.contains { $0.contains(#""field":"_id","row":"_id=************4444""#) })
    let verdict = try Tool().run(["verify", target], environment: key)
    #expect(verdict.exit == 1)
    #expect(verdict.out.contains("customer.card_number"))
    expectNoSecret(verdict)
    let tool = try Tool()
    let first = try tool.run(["scan", target, "--state", "s"], environment: key)
    #expect(first.out.contains("nothing carried over"))
    let second = try tool.run(["scan", target, "--state", "s"], environment: key)
    #expect(second.out.contains("1 item (") && second.out.contains("not read again"))
    #expect(second.exit == first.exit)
    let wrong = try Tool().run(["scan", target], environment: ["ELASTICSEARCH_API_KEY": "x"])
    #expect(wrong.exit == 2)
    #expect(wrong.out.contains("ELASTICSEARCH_API_KEY"))
  }

  @Test func `flags for stores ask for the target they are for`() throws {
    for arguments in [["--versions"], ["--endpoint", "https://minio.example"]] {
      let outcome = try Tool().run(["scan", "/dev/null"] + arguments)
      #expect(outcome.exit == 64)
      #expect(outcome.err.contains(arguments[0]))
    }
    let password = try Tool().run(["scan", "elasticsearch+https://me:s3cret-aws@host/x"])
    #expect(password.exit == 64)
    #expect(password.err.contains("ELASTICSEARCH_PASSWORD"))
    expectNoSecret(password)
  }
}

import Core
import Foundation
import Inputs
import Synchronization
import TestSupport
import Testing

/// Against a stand-in that answers in the shapes Elasticsearch's and OpenSearch's manuals show.
@Suite struct SearchTests {
  /// One index, `shop`, whose documents come two a page.
  final class Stand: Sendable {
    private struct State: Sendable {
      var requests: [HTTPServer.Request] = []
      var answers: [String: [HTTPServer.Response]] = [:]
      var scrolled = 0
    }

    private let state = Mutex(State())
    private let server: HTTPServer
    private let documents: [String]
    private let hasPointInTime: Bool
    private let total: Int

    init(_ documents: [String], hasPointInTime: Bool = true, total: Int? = nil) throws {
      let box = Mutex<Stand?>(nil)
      let cell = Cell(box)
      self.documents = documents
      self.hasPointInTime = hasPointInTime
      self.total = total ?? documents.count
      server = try HTTPServer { request in
        cell.box.withLock { $0 }?.answer(request) ?? HTTPServer.Response(status: 500)
      }
      cell.box.withLock { $0 = self }
    }

    private final class Cell: Sendable {
      let box: Mutex<Stand?>
      init(_ box: consuming sending Mutex<Stand?>) { self.box = box }
    }

    var port: UInt16 { server.port }
    var requests: [HTTPServer.Request] { state.withLock { $0.requests } }
    func stop() { server.stop() }

    func answer(_ path: String, _ answers: HTTPServer.Response...) {
      state.withLock { $0.answers[path] = answers }
    }

    static let mapping = """
      {"shop":{"mappings":{"properties":{
        "customer":{"properties":{"name":{"type":"text","fields":{"raw":{"type":"keyword"}}},
          "card":{"properties":{"number":{"type":"keyword"},"paid":{"type":"double"}}}}},
        "tags":{"type":"keyword"},"labels":{"type":"flattened"},"copy":{"type":"alias","path":"tags"}}}}}
      """
    static let indexes = """
      [{"index":"shop","status":"open","docs.count":"3","store.size":"4096"},
       {"index":".security-7","status":"open","docs.count":"9","store.size":"1"},
       {"index":".ds-logs-app-2026.11.21-000001","status":"open","docs.count":"0","store.size":"1"},
       {"index":"ice","status":"open","docs.count":"4","store.size":"9","sth":"true"},
       {"index":"old","status":"close","docs.count":null,"store.size":null}]
      """

    private func answer(_ request: HTTPServer.Request) -> HTTPServer.Response {
      state.withLock { state in
        state.requests.append(request)
        if state.answers[request.path]?.isEmpty == false {
          return state.answers[request.path]?.removeFirst() ?? HTTPServer.Response(status: 500)
        }
        switch (request.method, request.path) {
        case ("GET", "/_cat/indices/shop"):
          return HTTPServer.Response(
            body: #"[{"index":"shop","status":"open","docs.count":"3","store.size":"9"}]"#)
        case ("GET", "/_cat/indices/*"): return HTTPServer.Response(body: Self.indexes)
        case ("GET", "/shop/_settings/index.replication.type"):
          return HTTPServer.Response(body: "{}")
        case ("GET", "/shop/_mapping"): return HTTPServer.Response(body: Self.mapping)
        case ("GET", _) where request.path.hasSuffix("/_mapping"):
          return HTTPServer.Response(body: #"{"x":{"mappings":{}}}"#)
        case ("POST", _) where request.path.hasSuffix("/_pit") && hasPointInTime:
          return HTTPServer.Response(body: #"{"id":"\#(request.path)"}"#)
        case ("POST", "/_search") where hasPointInTime:
          if !request.body.contains("\"/shop/_pit\"") { return page([], from: 0, "", total: 0) }
          let after = request.body.firstRange(of: "search_after\":[").map {
            Int(request.body[$0.upperBound...].prefix { $0 != "]" }) ?? 0
          }
          return page(documents, from: after.map { $0 - 4_294_967_296 } ?? 0, "")
        case ("POST", "/shop/_search") where !hasPointInTime:
          state.scrolled = 2
          return page(documents, from: 0, #""_scroll_id":"s1","#)
        case ("POST", "/_search/scroll"):
          state.scrolled += 2
          return page(documents, from: state.scrolled - 2, #""_scroll_id":"s2","#)
        case ("DELETE", _): return HTTPServer.Response(body: #"{"succeeded":true}"#)
        default:
          return HTTPServer.Response(
            status: 400,
            body: #"{"error":{"type":"illegal_argument_exception","reason":"x"},"status":400}"#)
        }
      }
    }

    private func page(
      _ documents: [String], from start: Int, _ more: String, total: Int? = nil
    ) -> HTTPServer.Response {
      let total = total ?? self.total
      let end = min(documents.count, start + 2)
      let hits = (min(start, end)..<end).map { index in
        """
        {"_index":"shop","_id":"id\(index)","_score":null,"_source":\(documents[index]),
         "sort":[\(4_294_967_297 + index)]}
        """
      }
      return HTTPServer.Response(
        body: """
          {\(more)"took":1,"timed_out":false,
           "_shards":{"total":2,"successful":2,"skipped":0,"failed":0},
           "hits":{"total":{"value":\(total),"relation":"eq"},"max_score":null,
                   "hits":[\(hits.joined(separator: ","))]}}
          """)
    }
  }

  private static let documents = [
    #"{"customer":{"name":"Zoë","card":{"number":"4242424242424242","paid":4.111111111111111E15}}}"#,
    #"{"customer.card.number":["a","b"],"tags":null,"labels":{"pan":"x","n":[1]}}"#,
    #"{"later":{"card":"5555"},"tags":["x",["y"]],"customer":[{"name":"A"},{"name":"B\n\u00e9"}]}"#,
  ]

  private func options(_ variables: [String: String] = [:]) -> InputOptions {
    var options = InputOptions()
    options.network.retrySeconds = 0.001
    options.network.variable = { variables[$0] }
    return options
  }

  private func target(_ stand: Stand, _ pattern: String = "shop") -> String {
    "elasticsearch+http://127.0.0.1:\(stand.port)/\(pattern)"
  }

  private func trouble(_ walked: Walked) -> [Coverage.Entry] {
    walked.notExamined + walked.readings.flatMap(\.outcome.notExamined)
  }

  private func values(_ walked: Walked) -> [String] {
    walked.readings.flatMap(\.pieces).map { "\($0.rowKey ?? "-") \($0.column ?? "-") \($0.text)" }
  }

  private static let expected = [
    "_id=id0 _id id0", "_id=id0 customer.name Zoë", "_id=id0 customer.card.number 4242424242424242",
    "_id=id0 customer.card.paid 4111111111111111", "_id=id1 _id id1",
    "_id=id1 customer.card.number a\nb", #"_id=id1 labels {"pan":"x","n":[1]}"#, "_id=id2 _id id2",
    "_id=id2 customer.name A\nB\né", "_id=id2 tags x\ny", #"_id=id2 _source "later.card":"5555""#,
  ]

  @Test(arguments: [true, false])
  func `every document is read by its fields, by a point in time or a scroll`(
    hasPointInTime: Bool
  ) throws {
    let stand = try Stand(Self.documents, hasPointInTime: hasPointInTime)
    defer { stand.stop() }
    let walked = try walk(target(stand), options())
    #expect(values(walked) == Self.expected)
    #expect(trouble(walked).isEmpty)
    let outcome = try #require(walked.readings.first?.outcome)
    #expect(outcome.examined.rows == 3)
    #expect(outcome.tables.map(\.name) == ["shop"])
    #expect(outcome.tables.map(\.rowsInTable) == [3])
    #expect(walked.readings.first?.pieces.map(\.rowNumber).last == 2)
    let last = try #require(stand.requests.last)
    #expect(last.method == "DELETE")
    #expect(last.path == (hasPointInTime ? "/_pit" : "/_search/scroll"))
  }

  @Test func `indexes of the server itself are left out, closed ones are told`() throws {
    let stand = try Stand(Self.documents)
    defer { stand.stop() }
    let walked = try walk(target(stand, ""), options())
    #expect(walked.reason(": .security-7") == "system-data")
    #expect(walked.reason(": old") == "unsupported")
    #expect(walked.reason(": ice") == "unsupported")
    #expect(
      walked.readings.flatMap(\.outcome.tables).map(\.name)
        == [".ds-logs-app-2026.11.21-000001", "shop"])
  }

  private func stats(
    uuid: String = "u1", last: Int = 7, settled: Int? = nil, history: String = "h1"
  ) -> HTTPServer.Response {
    let shard = """
      [{"routing":{"state":"STARTED","primary":true},
        "commit":{"id":"c","user_data":{"history_uuid":"\(history)"},"num_docs":3},
        "seq_no":{"max_seq_no":\(last),"local_checkpoint":\(last),"global_checkpoint":\(settled ?? last)}},
       {"routing":{"state":"STARTED","primary":false},
        "seq_no":{"max_seq_no":0,"local_checkpoint":0,"global_checkpoint":0}}]
      """
    return HTTPServer.Response(
      body: #"{"indices":{"shop":{"uuid":"\#(uuid)","shards":{"0":\#(shard)}}}}"#)
  }

  @Test func `a marker differs after every write, and there is none while one is under way`()
    throws
  {
    let stand = try Stand(Self.documents)
    defer { stand.stop() }
    func stamp(
      _ stats: HTTPServer.Response, refresh: String = #"{"_shards":{"failed":0}}"#
    ) throws -> String? {
      stand.answer("/shop/_stats/docs", stats)
      stand.answer("/shop/_refresh", HTTPServer.Response(body: refresh))
      return try stamps(target(stand), options())["shop"]
    }
    let first = try #require(try stamp(stats()))
    #expect(stand.requests.suffix(1).map(\.path) == ["/shop/_refresh"])
    #expect(try stamp(stats()) == first)
    for other in [stats(uuid: "u2"), stats(last: 8), stats(history: "h2")] {
      let stamp = try #require(try stamp(other))
      #expect(stamp != first)
    }
    #expect(try stamp(stats(settled: 6)) == nil)
    #expect(try stamp(stats(), refresh: #"{"_shards":{"failed":1}}"#) == nil)
    #expect(try stamp(HTTPServer.Response(body: "{}")) == nil)
    #expect(try stamp(HTTPServer.Response(status: 403, body: "{}")) == nil)
    stand.answer("/shop/_mapping", HTTPServer.Response(body: #"{"shop":{"mappings":{}}}"#))
    #expect(try stamp(stats()) != first)
    let settings = "/shop/_settings/index.replication.type"
    for (type, isTold) in [("DOCUMENT", true), ("SEGMENT", false)] {
      stand.answer(
        settings,
        HTTPServer.Response(
          body: #"{"shop":{"settings":{"index.replication.type":"\#(type)"}}}"#))
      let told = try stamp(stats())
      #expect(told == (isTold ? first : nil))
    }
  }

  @Test func `shards that fail and documents that do not come make it incomplete`() throws {
    let stand = try Stand(Self.documents, total: 5)
    defer { stand.stop() }
    let fewer = try walk(target(stand), options())
    #expect(trouble(fewer).map(\.reason) == [.changed])
    #expect(trouble(fewer).first?.detail?.contains("3 of 5") == true)
    stand.answer(
      "/_search",
      HTTPServer.Response(
        body: """
          {"pit_id":"p","_shards":{"total":3,"successful":2,"failed":1,"failures":[{"shard":0}]},
           "hits":{"total":{"value":1},"hits":[{"_id":"1","_source":{"tags":"a"},"sort":[9]}]}}
          """), HTTPServer.Response(body: #"{"hits":{"hits":[]}}"#))
    let partial = try walk(target(stand), options())
    #expect(trouble(partial).map(\.reason) == [.readError])
    #expect(trouble(partial).first?.detail?.contains("1 of 3 shards") == true)
    #expect(partial.readings.first?.outcome.tables.first?.rowsInTable == nil)
  }

  @Test(arguments: ["timed_out", "terminated_early"])
  func `a search that the server ended is told as that, not as documents that are missing`(
    _ sign: String
  ) throws {
    let stand = try Stand([])
    defer { stand.stop() }
    stand.answer(
      "/_search",
      HTTPServer.Response(
        body: """
          {"\(sign)":true,"pit_id":"p","_shards":{"total":1,"successful":1,"failed":0},
           "hits":{"total":{"value":1},"hits":[{"_id":"1","_source":{"tags":"a"},"sort":[9]}]}}
          """), HTTPServer.Response(body: #"{"hits":{"hits":[]}}"#))
    let walked = try walk(target(stand), options())
    let entry = try #require(trouble(walked).first)
    #expect(entry.reason == .timeLimit)
    #expect(entry.detail?.contains("1 document came, and more may be there") == true)
    #expect(entry.detail?.contains("1 of 1") == false)
    #expect(walked.readings.first?.outcome.tables.first?.rowsInTable == nil)
  }

  @Test func `documents that are counted and not shown make it incomplete`() throws {
    let stand = try Stand([])
    defer { stand.stop() }
    let walked = try walk(target(stand), options())
    #expect(trouble(walked).map(\.reason) == [.permissionDenied])
    let one = try Stand([Self.documents[0]])
    defer { one.stop() }
    let some = try walk(target(one), options())
    #expect(trouble(some).map(\.reason) == [.permissionDenied])
    #expect(trouble(some).first?.detail?.contains("3 documents and shows 1.") == true)
    // Those in documents are counted as well, and those deleted meanwhile are not missed.
    one.answer(
      "/shop/_mapping",
      HTTPServer.Response(
        body: #"{"shop":{"mappings":{"properties":{"items":{"type":"nested","properties":{}}}}}}"#))
    #expect(trouble(try walk(target(one), options())).isEmpty)
    func count(_ count: Int) -> HTTPServer.Response {
      HTTPServer.Response(body: #"[{"index":"shop","status":"open","docs.count":"\#(count)"}]"#)
    }
    one.answer("/_cat/indices/shop", count(2), count(1))
    #expect(trouble(try walk(target(one), options())).isEmpty)
  }

  @Test(arguments: [
    ("/_cat/indices/shop", "{}"), ("/_cat/indices/shop", #"[{"status":"open"}]"#),
    ("/shop/_mapping", "{}"), ("/_search", "{}"), ("/_search", #"{"hits":{}}"#),
    ("/_search", #"{"hits":{"hits":[]}}"#),
    ("/_search", #"{"hits":{"total":{"value":2},"hits":[{"_id":"1","_source":{}}]}}"#),
  ])
  func `an answer to something else is no clean index`(path: String, body: String) throws {
    let stand = try Stand(Self.documents)
    defer { stand.stop() }
    stand.answer(path, HTTPServer.Response(body: body))
    let walked = try walk(target(stand), options())
    #expect(trouble(walked).map(\.reason) == [.corrupt])
  }

  @Test func `an answer that is no JSON is asked for again, then told as such`() throws {
    let broken = HTTPServer.Response(body: #"{"hits": ["#)
    let stand = try Stand(Self.documents)
    defer { stand.stop() }
    stand.answer("/_search", broken)
    #expect(values(try walk(target(stand), options())) == Self.expected)
    stand.answer("/_cat/indices/shop", broken, broken, broken, broken, broken)
    let told = trouble(try walk(target(stand), options()))
    #expect(told.map(\.reason) == [.corrupt])
    #expect(told.first?.detail?.contains("no JSON, or broken") == true)
  }

  @Test func `a page that comes again and again is no index without end`() throws {
    let stand = try Stand(Self.documents)
    defer { stand.stop() }
    let page = HTTPServer.Response(
      body: #"{"hits":{"total":{"value":3},"hits":[{"_id":"1","_source":{},"sort":[1]}]}}"#)
    stand.answer("/_search", page, page, page, page, page, page)
    let walked = try walk(target(stand), options())
    #expect(trouble(walked).map(\.reason) == [.corrupt])
    #expect(walked.readings.first?.outcome.examined.rows == 3)
  }

  @Test func `a server that shows no index is not read`() throws {
    let stand = try Stand(Self.documents)
    defer { stand.stop() }
    for path in ["", "shop"] {
      stand.answer("/_cat/indices/" + (path.isEmpty ? "*" : path), HTTPServer.Response(body: "[]"))
      #expect(try walk(target(stand, path), options()).notExamined.map(\.reason) == [.missing])
    }
    var options = options()
    options.tables = [Glob("shops")]
    #expect(try walk(target(stand), options).notExamined.map(\.reason) == [.missing])
  }

  @Test func `what the server does not keep is told`() throws {
    let stand = try Stand(Self.documents)
    defer { stand.stop() }
    stand.answer(
      "/_cat/indices/shop",
      HTTPServer.Response(body: #"[{"index":"shop","status":"open","docs.count":"1"}]"#))
    stand.answer(
      "/shop/_mapping",
      HTTPServer.Response(body: #"{"shop":{"mappings":{"_source":{"excludes":["pan"]}}}}"#))
    stand.answer(
      "/_search",
      HTTPServer.Response(
        body: #"{"hits":{"total":{"value":1},"hits":[{"_id":"1","sort":[9]}]}}"#),
      HTTPServer.Response(body: #"{"hits":{"hits":[]}}"#))
    let walked = try walk(target(stand), options())
    #expect(trouble(walked).map(\.reason) == [.unsupported, .unsupported])
  }

  @Test(arguments: [
    (401, "security_exception", "authentication-failed", "ELASTICSEARCH_API_KEY"),
    (404, "index_not_found_exception", "missing", "index"),
    (500, "", "read-error", "500"),
    (429, "es_rejected_execution_exception", "read-error", "busy"),
  ])
  func `a server that refuses is told with the cure`(
    status: Int, type: String, reason: String, word: String
  ) throws {
    let stand = try Stand([])
    defer { stand.stop() }
    let refusal = HTTPServer.Response(
      status: status, body: #"{"error":{"type":"\#(type)","reason":"4242424242424242"}}"#)
    stand.answer("/_cat/indices/shop", refusal, refusal, refusal, refusal, refusal)
    let walked = try walk(target(stand), options())
    #expect(walked.notExamined.map(\.reason.rawValue) == [reason])
    let detail = try #require(walked.notExamined.first?.detail)
    #expect(detail.contains(word) && !detail.contains("4242"))
  }

  @Test func `an account that may not list its indexes may still resolve them`() throws {
    let stand = try Stand(Self.documents)
    defer { stand.stop() }
    stand.answer("/_cat/indices/shop", HTTPServer.Response(status: 403, body: "{}"))
    stand.answer(
      "/_resolve/index/shop",
      HTTPServer.Response(
        body: #"{"indices":[],"aliases":[{"name":"shop","indices":["shop"]}],"data_streams":[]}"#))
    #expect(values(try walk(target(stand), options())) == Self.expected)
  }

  @Test func `a page is asked for again, a scroll is not`() throws {
    var cut = HTTPServer.Response(body: String(repeating: " ", count: 100))
    cut.delivery = .truncated
    let busy = HTTPServer.Response(status: 503, body: "{}")
    let stand = try Stand(Self.documents)
    defer { stand.stop() }
    stand.answer("/_search", cut, busy)
    #expect(values(try walk(target(stand), options())) == Self.expected)
    let scrolling = try Stand(Self.documents, hasPointInTime: false)
    defer { scrolling.stop() }
    scrolling.answer("/_search/scroll", cut)
    let walked = try walk(target(scrolling), options())
    #expect(trouble(walked).map(\.reason) == [.connectionLost])
    #expect(trouble(walked).first?.detail?.contains("after 2 documents") == true)
    #expect(walked.readings.first?.outcome.examined.rows == 2)
  }

  @Test func `a sample reads so many documents and is never complete`() throws {
    let stand = try Stand(Self.documents)
    defer { stand.stop() }
    var options = options()
    options.rowsMax = 1
    let walked = try walk(target(stand), options)
    #expect(walked.readings.first?.outcome.examined.rows == 1)
    #expect(trouble(walked).map(\.reason) == [.sampled])
  }

  @Test func `an account goes along only where nobody can read it`() throws {
    let stand = try Stand(Self.documents)
    defer { stand.stop() }
    _ = try walk(
      "opensearch+http://me@127.0.0.1:\(stand.port)/shop",
      options(["ELASTICSEARCH_PASSWORD": "pw"]))
    #expect(stand.requests.allSatisfy { $0.headers["authorization"] == "Basic bWU6cHc=" })
    _ = try walk(target(stand), options(["ELASTICSEARCH_API_KEY": "a2V5"]))
    #expect(stand.requests.last?.headers["authorization"] == "ApiKey a2V5")
    let far = try walk(
      "elasticsearch+http://search.example/shop", options(["ELASTICSEARCH_API_KEY": "a2V5"]))
    #expect(far.notExamined.map(\.reason) == [.unreachable])
    #expect(far.notExamined.first?.detail?.contains("+https") == true)
  }

  @Test func `a host without an address is told with what to check`() throws {
    let walked = try walk("elasticsearch+http://no-such-host.invalid/shop", options([:]))
    #expect(walked.notExamined.map(\.reason) == [.unreachable])
    #expect(walked.notExamined.first?.detail?.contains("Check its name") == true)
  }

  @Test(arguments: [
    "elasticsearch+http://me:s3cret@127.0.0.1/x", "elasticsearch+https://", "elasticsearch://h/x",
    "elasticsearch+https://h/a/b", "elasticsearch+https://h:0/a",
    "opensearch+https://h/a?password=s3cret",
  ])
  func `a target that is none is refused, secrets not shown`(target: String) throws {
    let error = #expect(throws: RunError.self) { try makeSource(target: target, options: .init()) }
    #expect(error?.code == .usage)
    #expect(error?.subject.contains("s3cret") == false)
  }
}

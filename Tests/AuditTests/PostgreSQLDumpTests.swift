import Core
import Foundation
import Native
import TestSupport
import Testing

@testable import Audit

/// Dumps in the formats of `pg_dump`, read through `pg_restore`.
@Suite(
  .enabled(
    if: ProcessInfo.processInfo.environment["CI"] == "true"
      || LimitedChild.isInstalled("pg_restore") && LibArchive.shared != nil,
    "needs postgresql-client and libarchive13"))
struct PostgreSQLDumpTests {
  private func scan(_ bytes: [UInt8]) throws -> Collector {
    let scratch = try Scratch()
    try scratch.write("x", bytes)
    return try run([try scratch.source("x")])
  }

  private func places(_ result: Collector) -> [String] {
    result.findings.map { finding in
      let place = finding.location
      return "\(finding.last4 ?? finding.rule) \(place.member ?? "-") \(place.table ?? "-")"
        + " \(place.field ?? "-") \(place.row ?? "-")"
    }
  }

  private static let expected = [
    "4242 - public.cards number 1", "cvv - public.cards cvc 1", "1111 - public.cards number 3",
    "cvv - public.cards cvc 3", "4444 - public.notes note 1",
  ]

  @Test func `a custom dump gives tables, columns and rows`() throws {
    let result = try scan(PostgreSQLDumpTests.custom)
    #expect(places(result) == Self.expected)
    #expect(result.summary?.complete == true)
  }

  @Test func `a tar dump gives them too, inside another container as well`() throws {
    let result = try scan(PostgreSQLDumpTests.tar)
    #expect(places(result) == Self.expected)
    #expect(result.findings.allSatisfy { $0.encoding == ["gzip"] })
    #expect(result.summary?.complete == true)
  }

  @Test func `a dump that is cut short is told`() throws {
    for count in [40, 900, 1800, PostgreSQLDumpTests.custom.count - 8] {
      let result = try scan(Array(PostgreSQLDumpTests.custom.prefix(count)))
      let entry = try #require(result.coverages[0].notExamined.first, "\(count)")
      #expect(entry.reason == .corrupt && entry.detail?.contains("pg_restore") == true)
      #expect(result.summary?.complete == false)
    }
  }

  @Test(.timeLimit(.minutes(3)))
  func `a tar dump that is cut short is read as far as it goes, and told`() throws {
    let scratch = try Scratch()
    try scratch.write("dump.tar.gz", PostgreSQLDumpTests.tar)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["gzip", "-d", scratch.path + "/dump.tar.gz"]
    try process.run()
    process.waitUntilExit()
    let whole = [UInt8](try Data(contentsOf: URL(fileURLWithPath: scratch.path + "/dump.tar")))
    #expect(places(try scan(whole)) == Self.expected)
    for share in [3, 6, 9] {
      let result = try scan(Array(whole.prefix(whole.count * share / 10)))
      // The table of contents is told as well: nothing but `pg_restore` reads it.
      let reasons = result.coverages[0].notExamined.map(\.reason)
      #expect(reasons.last == .truncated, "\(share): \(result.coverages[0].notExamined)")
      #expect(result.summary?.complete == false)
    }
  }

  @Test func `a dump of any bytes is read or told`() throws {
    var random = SplitMix(seed: 7)
    for _ in 0..<12 {
      var bytes = PostgreSQLDumpTests.custom
      for _ in 0..<4 {
        bytes[Int.random(in: 5..<bytes.count, using: &random)] = .random(
          in: 0...255, using: &random)
      }
      let result = try scan(bytes)
      #expect(
        result.summary?.complete == false || !result.findings.isEmpty, "seed 7")
    }
  }

  /// Of a table of cards with three rows, one of notes with one, published test numbers.
  private static let custom = bytes(
    """
    UEdETVABDgAECAEBAQAAAAAmAAAAAAAAAAAACAAAAAAVAAAAAAoAAAAAfgAAAAAAAAAAAAgAAABwb3N0Z3JlcwAeAAAA
    MTUuMjAgKERlYmlhbiAxNS4yMC0wK2RlYjEydTEpAB4AAAAxNS4yMCAoRGViaWFuIDE1LjIwLTArZGViMTJ1MSkACgAA
    AAAUDQAAAAAAAAAAAQAAADAAAQAAADAACAAAAEVOQ09ESU5HAAgAAABFTkNPRElORwACAAAAAB4AAABTRVQgY2xpZW50
    X2VuY29kaW5nID0gJ1VURjgnOwoBAQAAAAEBAAAAAQEAAAABAQAAAAEBAAAAAQEAAAAABQAAAGZhbHNlAQEAAAADAAAA
    AAAAAAAAFQ0AAAAAAAAAAAEAAAAwAAEAAAAwAAoAAABTVERTVFJJTkdTAAoAAABTVERTVFJJTkdTAAIAAAAAKAAAAFNF
    VCBzdGFuZGFyZF9jb25mb3JtaW5nX3N0cmluZ3MgPSAnb24nOwoBAQAAAAEBAAAAAQEAAAABAQAAAAEBAAAAAQEAAAAA
    BQAAAGZhbHNlAQEAAAADAAAAAAAAAAAAFg0AAAAAAAAAAAEAAAAwAAEAAAAwAAoAAABTRUFSQ0hQQVRIAAoAAABTRUFS
    Q0hQQVRIAAIAAAAAOAAAAFNFTEVDVCBwZ19jYXRhbG9nLnNldF9jb25maWcoJ3NlYXJjaF9wYXRoJywgJycsIGZhbHNl
    KTsKAQEAAAABAQAAAAEBAAAAAQEAAAABAQAAAAEBAAAAAAUAAABmYWxzZQEBAAAAAwAAAAAAAAAAABcNAAAAAAAAAAAE
    AAAAMTI2MgABAAAANQAIAAAAcG9zdGdyZXMACAAAAERBVEFCQVNFAAIAAAAAagAAAENSRUFURSBEQVRBQkFTRSBwb3N0
    Z3JlcyBXSVRIIFRFTVBMQVRFID0gdGVtcGxhdGUwIEVOQ09ESU5HID0gJ1VURjgnIExPQ0FMRV9QUk9WSURFUiA9IGxp
    YmMgTE9DQUxFID0gJ0MnOwoAGAAAAERST1AgREFUQUJBU0UgcG9zdGdyZXM7CgEBAAAAAQEAAAABAQAAAAEBAAAAAAgA
    AABwb3N0Z3JlcwAFAAAAZmFsc2UBAQAAAAMAAAAAAAAAAAAYDQAAAAAAAAAAAQAAADAAAQAAADAAEQAAAERBVEFCQVNF
    IHBvc3RncmVzAAcAAABDT01NRU5UAAEAAAAATgAAAENPTU1FTlQgT04gREFUQUJBU0UgcG9zdGdyZXMgSVMgJ2RlZmF1
    bHQgYWRtaW5pc3RyYXRpdmUgY29ubmVjdGlvbiBkYXRhYmFzZSc7CgEBAAAAAQEAAAABAQAAAAEBAAAAAQEAAAAACAAA
    AHBvc3RncmVzAAUAAABmYWxzZQAEAAAAMzM1MQEBAAAAAwAAAAAAAAAAANYAAAAAAAAAAAAEAAAAMTI1OQAFAAAAMTYz
    ODQABQAAAGNhcmRzAAUAAABUQUJMRQACAAAAAFYAAABDUkVBVEUgVEFCTEUgcHVibGljLmNhcmRzICgKICAgIGlkIGlu
    dGVnZXIgTk9UIE5VTEwsCiAgICBudW1iZXIgdGV4dCwKICAgIGN2YyB0ZXh0Cik7CgAZAAAARFJPUCBUQUJMRSBwdWJs
    aWMuY2FyZHM7CgEBAAAAAAYAAABwdWJsaWMAAAAAAAAEAAAAaGVhcAAIAAAAcG9zdGdyZXMABQAAAGZhbHNlAQEAAAAD
    AAAAAAAAAAAA1wAAAAAAAAAAAAQAAAAxMjU5AAUAAAAxNjM5MQAFAAAAbm90ZXMABQAAAFRBQkxFAAIAAAAAPQAAAENS
    RUFURSBUQUJMRSBwdWJsaWMubm90ZXMgKAogICAgaWQgaW50ZWdlciwKICAgIG5vdGUgdGV4dAopOwoAGQAAAERST1Ag
    VEFCTEUgcHVibGljLm5vdGVzOwoBAQAAAAAGAAAAcHVibGljAAAAAAAABAAAAGhlYXAACAAAAHBvc3RncmVzAAUAAABm
    YWxzZQEBAAAAAwAAAAAAAAAAABANAAAAAQAAAAABAAAAMAAFAAAAMTYzODQABQAAAGNhcmRzAAoAAABUQUJMRSBEQVRB
    AAMAAAABAQAAAAEBAAAAADAAAABDT1BZIHB1YmxpYy5jYXJkcyAoaWQsIG51bWJlciwgY3ZjKSBGUk9NIHN0ZGluOwoA
    BgAAAHB1YmxpYwEBAAAAAQEAAAAACAAAAHBvc3RncmVzAAUAAABmYWxzZQADAAAAMjE0AQEAAAACiggAAAAAAAAAEQ0A
    AAABAAAAAAEAAAAwAAUAAAAxNjM5MQAFAAAAbm90ZXMACgAAAFRBQkxFIERBVEEAAwAAAAEBAAAAAQEAAAAAKQAAAENP
    UFkgcHVibGljLm5vdGVzIChpZCwgbm90ZSkgRlJPTSBzdGRpbjsKAAYAAABwdWJsaWMBAQAAAAEBAAAAAAgAAABwb3N0
    Z3JlcwAFAAAAZmFsc2UAAwAAADIxNQEBAAAAAsYIAAAAAAAAAIEMAAAAAAAAAAAEAAAAMjYwNgAFAAAAMTYzOTAAEAAA
    AGNhcmRzIGNhcmRzX3BrZXkACgAAAENPTlNUUkFJTlQABAAAAABOAAAAQUxURVIgVEFCTEUgT05MWSBwdWJsaWMuY2Fy
    ZHMKICAgIEFERCBDT05TVFJBSU5UIGNhcmRzX3BrZXkgUFJJTUFSWSBLRVkgKGlkKTsKADoAAABBTFRFUiBUQUJMRSBP
    TkxZIHB1YmxpYy5jYXJkcyBEUk9QIENPTlNUUkFJTlQgY2FyZHNfcGtleTsKAQEAAAAABgAAAHB1YmxpYwAAAAAAAQEA
    AAAACAAAAHBvc3RncmVzAAUAAABmYWxzZQADAAAAMjE0AQEAAAADAAAAAAAAAAABABANAAAALAAAAHicM+Q0MUKFnObG
    5lxGnHn5eamcMX5cxpwmhqiA09DImCtGj4uLCwBwIQtnAAAAAAABABENAAAAIwAAAHicM+QsSMxMUUiqVEhOLEpRMAUC
    JMIECLhi9Li4uADW2wkMAAAAAAA=
    """)
  private static let tar = bytes(
    """
    H4sIAAAAAAACA+1Y72/aRhima7c11jq10rp1X6b3QyQSLWHGPyBNlA8U3IYVMAXaKlIkZOwDvILt2UcT9mHS/snt39l7
    Z5vfBJaydKt4oxjf3Xt3z3Pve2f7oa6Zsgya+DdNRMuIIuCPIoa/UvTLTElnJEirMtYq2YySxfq0oqgSiIlbsEFADR8h
    em5AOz4Jlvmtao/IxKQg8f+w6otCuXrn68S9+3fDiuSo6T67PGYXgV1+n2oYLccPWEirKUmEvQJp2YYDvHQo/miRVloa
    pPfXceEzfPMgnuEOW9DoymbTKnm9UKy8mC58xlzZ4HWtAWbPJg5tEsd0LdvpwCkkXzeeHyVPhDtsnKWXxOf43zZ6AQmL
    3B4vRMJA1huFeqOGs9dnixzNXoQGk8qxDN9qmq7Tdv0+ImoG1MefgCFznZvh+nY5Li1Xy59Vc42z2SLHdcTrSlq+AV6n
    aRrU6LmdVEAoB2h39pIBMXyz2/QM2k0eQBL/+eT7N8L53QjnPRZ7KSNxqOp06rBCIdfIPcvVtRDmL/ifr2m5hgZxA8Tu
    8LbYOIOGVq6WWPspUNL3egYlIsQZMQo6lPR8rqQ1qzX9TbGg1bChZ7fMqJq55TEAiScMQE2vzk+2mPU0/EXEnywM0KMJ
    oqMpEl8ysnq5rFUa3C9RGVeAXlmwAsU6JC3SNgY9CoaFSWVjThnUfk8Aw+gQk9quA3icGy0jINel2BImPFyyrKYnKP2Z
    mI6l+pT7pzPykcLvTMzzcAzEW4oi+WYcSV4L3qDVs80Ud4Y9AdBsC2yHkg7xoaI3oPK6VDrgDc6g38JKSq5oWGG+N3lJ
    wHRMfB9HbX7giHHiC8aO14+Rd4nhrQ7gX0vZPk3zO8elZI7t6RK23HmObUQS21aR4v0/nNTDB1FCRvm4KH5CzIjnXeLu
    dLqIPDWr5zNhtK2DKFgHLEb78Lyml/HwwxMYOY0Br048Np+UVsY+sqwo/M3k0WLwU+G4Hvz+DPgoKhw83n4wanUKtcpR
    //HVZB5JGTEzAi4mHsarDvza9N6RIeeQ1yv4OMkV8US4F58IuVIDD7CQnV4pTYeAZ1KuUIBxz4kxoVorlnO1c3ipnTO+
    LNGOVw0JPA0XjrckE9cP7Nb+azbaZh/v/V8Us+rc+7+USW/f/2/B0juKNP23k5WzgrTjuA7ZuagI8o6SnradtCQLFylB
    ELbb51PY/+pH3/+qOL//VXm7/29l/3sGvpm2hvwxDyraxEVB2271T9kwo6nrk1Twa+9j7X+282f3vypnt/rfbdjhoXB4
    yD6/tWMhvH9u9wgwGSgAhxALqAstAsSyKbFSUOcyEbRdH3Z3mb60uwuGY7GOPvF6hknApnBp0y7QbjgOG4HdW7ZPTEy2
    IRMrqGE7ttNh/Vgbfgb7hokzcPUC2oghSIWAmEs1XPz6q9JI3QBr0PdYs3DBcti3TQrB1cucVHylZEWxMrzSWm1TVM5J
    R5aetdqdrlV++8qlw5JfNL2Opfx8VtHkS/nIPH9q5mW9/uI3gU1VwGERRtt3++O53hM/YNLK9SrmRHc8T71Ok0Fct68Q
    yYaU9JmOSe0+cQcUTkE84U0913w3X2tbPdK0nSaunhMYXP9pBiRgE847L5dIV0uWrsO8biYg8rm7BPG3B06IsYUICBuX
    +4QuV/2e63EF65RnCGKdwo2Imn3kZnR4z0vDZxkUuvjuJfI2B75Nhwxtu30iCMukvSjnjT45HtdCY+hhOXY/gTpC7hvH
    cHgC+qVD/LEvz7rbkykFIfxen59Kf1th3/H6BDfhYuBsbD9cRKrimPkG99o23zed75N5PZ/2UYJHAvPq/N6oEB2GO+rS
    xGo83z32sMCYsOa51qZhmsgdF4B2XQvdmNI5wzGUfCNeXM0aswrlqWu37oZ16XibLhh20T6dJBLKvJshsrbkvBBv2Hs5
    3gJ/OuPDf1kEeLKsif4f6sn4HbJ2l2T8cvJTLHAll3GYX/wbcrhWVp4Bv9h3CrU6jXpiwScV2dGujuXa9XBvVlQWVrym
    4aGAz0BCSfi+tsEn1Pa7dGtb29rWbmh/A5UNnVEAJgAA
    """)

  private static func bytes(_ text: String) -> [UInt8] {
    Array(Data(base64Encoded: text, options: .ignoreUnknownCharacters) ?? Data())
  }
}

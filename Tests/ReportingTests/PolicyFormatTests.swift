import Core
import Foundation
import Reporting
import TestSupport
import Testing

/// What keeps a target-state policy from passing, where the users of each format look for it.
@Suite struct PolicyFormatTests {
  private static var formats: [String] {
    Formats.all.map(\.id).filter { !["json", "jsonl"].contains($0) }
  }

  @Test(arguments: formats)
  func `every format names the columns that do not pass`(format: String) throws {
    let text = try rendered(.full, format)
    // As the policy names them: column `payments team` of table `card`, and one nobody can read.
    #expect(text.contains("payments team"))
    let lines = text.split(whereSeparator: \.isNewline).map { $0.lowercased() }
    #expect(lines.contains { $0.contains("9 card numbers found") }, "\(format)")
    #expect(lines.contains { $0.contains("nobody can tell what they hold") }, "\(format)")
  }

  @Test(arguments: formats)
  func `a passing policy leaves no offender anywhere`(format: String) throws {
    let text = try rendered(.migrated, format).lowercased()
    for word in ["target state: forbidden", "not proven,", "not-proven\"", "nobody can tell"] {
      #expect(!text.contains(word), "\(word)")
    }
  }

  @Test func `a test report fails a test for each column that is forbidden`() throws {
    let xml = try rendered(.full, "junit")
    #expect(
      xml.contains("<testsuite id=\"2\" package=\"unpan\" name=\"target state: logs/app.log\""))
    let failures = xml.components(separatedBy: "<failure type=\"target-state\"").count - 1
    #expect(failures == 2, "the column, and the store that holds it")
    #expect(xml.components(separatedBy: "<error type=\"not-proven\"").count - 1 == 2)
    let passing = try rendered(.migrated, "junit")
    #expect(passing.contains("target state of column stripe_payment_method"))
    #expect(!passing.contains("<failure") && !passing.contains("<error"))
  }

  @Test func `code scanning gets a result with a stable id and a rule with help`() throws {
    let data = Data(try rendered(.full, "sarif").utf8)
    let log = try #require(JSONSerialization.jsonObject(with: data) as? [String: Any])
    let run = try #require((log["runs"] as? [[String: Any]])?.first)
    let results = try #require(run["results"] as? [[String: Any]])
    let offenders = results.filter { $0["ruleId"] as? String == "target-state" }
    #expect(offenders.map { $0["level"] as? String } == ["error", "error", "warning"])
    let ids = offenders.compactMap {
      ($0["partialFingerprints"] as? [String: String])?["unpanFinding/v1"]
    }
    #expect(Set(ids).count == 3)
    let driver = (run["tool"] as? [String: Any])?["driver"] as? [String: Any]
    let rules = try #require(driver?["rules"] as? [[String: Any]])
    #expect(rules.count { $0["id"] as? String == "target-state" && $0["help"] != nil } == 1)
    // The findings still name their own rules by number.
    for result in results {
      guard let index = result["ruleIndex"] as? Int else { continue }
      #expect(rules[index]["id"] as? String == result["ruleId"] as? String)
    }
  }

  @Test func `the page shows each column's verdict only when a policy gave one`() throws {
    let page = try rendered(.full, "html")
    #expect(page.contains("<h2 id=\"target-state-head\">"))
    #expect(page.contains("<td>FORBIDDEN</td>") && page.contains("<td>NOT PROVEN</td>"))
    var unjudged = SampleReport.full
    unjudged.summary.policy = nil
    let plain = try rendered(unjudged, "html")
    #expect(!plain.contains("target-state") && !plain.contains("FORBIDDEN"))
    #expect(plain.contains("9 card numbers"), "the inventory itself is there")
  }

  @Test(arguments: [
    (PolicyResult.Verdict.passed, "Target state reached", "good"),
    (.unproven, "Target state NOT proven", "warn"), (.failed, "Target state NOT reached", "bad"),
  ])
  func `the page's verdict is green only when the target state is reached`(
    verdict: PolicyResult.Verdict, headline: String, style: String
  ) throws {
    var report = SampleReport.migrated
    report.summary.policy?.verdict = verdict
    let page = try rendered(report, "html")
    #expect(page.contains("<h1>\(headline)</h1>"))
    #expect(page.contains("<div class=\"verdict \(style)\">"))
    report.summary.complete = false
    #expect(!(try rendered(report, "html").contains("<div class=\"verdict good\">")))
  }
}

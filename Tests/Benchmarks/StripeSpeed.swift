import Core
import Foundation
import Native
import Stripe
import TestSupport

/// How fast linked records are checked against a server on the loopback address.
enum StripeSpeed {
  /// - Parameters:
  ///   - records: each of a customer of its own.
  ///   - perSecond: the allowed pace; `nil` for as fast as it goes.
  static func run(records: Int, perSecond: Int?) throws(BenchmarkError) {
    do {
      try measure(records: records, perSecond: perSecond)
    } catch let error as BenchmarkError {
      throw error
    } catch {
      throw BenchmarkError("\(error)")
    }
  }

  private static func measure(records count: Int, perSecond: Int?) throws {
    let server = try StripeServer(recordsRequests: perSecond != nil)
    defer { server.stop() }
    for number in 0..<count {
      server.add(customer: "cus_bench\(number)", default: "pm_bench\(number)")
      server.add(StripeServer.Method("pm_bench\(number)", of: "cus_bench\(number)"))
    }
    var settings = StripeClient.Settings(key: try StripeKey(StripeServer.key))
    guard let base = APIBase(server.url) else { throw BenchmarkError("no loopback address") }
    settings.base = base
    settings.perSecond = perSecond
    let client = try StripeClient(LibCurl(), settings)
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "unpan-bench-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let state = try StripeState(folder.path + "/state.db", isDurable: false)
    _ = try state.load(startsAnew: true) { body in
      for number in 0..<count {
        try body(
          LinkedRecord(
            number: number + 1, customer: "cus_bench\(number)",
            paymentMethod: "pm_bench\(number)", brand: "visa", last4: "4242", expiryMonth: 12,
            expiryYear: 2034))
      }
      return "bench"
    }
    let held = try memory("VmRSS")
    try "5".write(toFile: "/proc/self/clear_refs", atomically: false, encoding: .utf8)
    let start = ContinuousClock.now
    let cpu = processorSeconds()
    let month = MappingOptions.Month(year: 2026, month: 1)
    try CheckRun(client, state, month: month).run(now: 4_000_000_000)
    let seconds = (ContinuousClock.now - start) / .seconds(1)
    let checked = try state.customerCount(.checked)
    guard checked == count else { throw BenchmarkError("\(checked) of \(count) were checked") }
    let rate = Double(client.requestCount) / seconds
    var line =
      "\(count) records, \(client.requestCount) requests, \(fixed(seconds, 2)) s, "
      + "\(fixed(rate, 1)) requests/s, processor \(fixed(processorSeconds() - cpu, 2)) s (server "
      + "included), peak \(try memory("VmHWM") - held) MiB beside the \(held) of server and records"
    if let perSecond {
      let (busiest, share) = (busiestSecond(server.requests.map(\.time)), rate / Double(perSecond))
      line += ", \(fixed(share * 100, 1)) % of the pace, busiest second \(busiest)"
      line += share >= 0.95 && busiest <= perSecond ? ", ok" : ", MISSED"
    } else {
      line += rate >= 2000 ? ", ok" : ", MISSED (2000 asked)"
    }
    print(line)
  }

  /// The most requests that arrived within a second, wherever it begins.
  private static func busiestSecond(_ times: [Double]) -> Int {
    let sorted = times.sorted()
    var (first, most) = (0, 0)
    for (index, time) in sorted.enumerated() {
      while time - sorted[first] >= 1 { first += 1 }
      most = max(most, index - first + 1)
    }
    return most
  }

  private static func processorSeconds() -> Double {
    var usage = rusage()
    getrusage(RUSAGE_SELF.rawValue, &usage)
    return Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
      + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
  }

  /// In MiB, by its name in the kernel's status of this process.
  private static func memory(_ name: String) throws -> Int {
    let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
    let line = status.split(separator: "\n").first { $0.hasPrefix(name + ":") }
    guard let kibibytes = line?.split(whereSeparator: { " \t".contains($0) }).dropFirst().first,
      let count = Int(kibibytes)
    else { throw BenchmarkError("the kernel does not tell \(name)") }
    return count >> 10
  }

  private static func fixed(_ value: Double, _ places: Int) -> String {
    String(format: "%.\(places)f", value)
  }
}

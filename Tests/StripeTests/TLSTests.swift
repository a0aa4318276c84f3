import Foundation
import Native
import TestSupport
import Testing

@testable import Stripe

/// A server with a certificate of its own making.
@Suite(
  .enabled(
    if: FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")
      || ProcessInfo.processInfo.environment["CI"] == "true", "openssl is not installed"))
struct TLSTests {
  @Test func `a certificate nobody vouches for is refused, a named authority is taken`() throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "unpan-tls-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let (key, certificate) = (folder.path + "/key.pem", folder.path + "/cert.pem")
    let maker = try openssl([
      "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate,
      "-days", "2", "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
    ])
    maker.waitUntilExit()
    try #require(maker.terminationStatus == 0)
    // A port that was free a moment ago.
    let probe = try HTTPServer { _ in HTTPServer.Response() }
    probe.stop()
    let server = try openssl([
      "s_server", "-accept", "127.0.0.1:\(probe.port)", "-key", key, "-cert", certificate, "-www",
      "-quiet",
    ])
    defer { kill(server.processIdentifier, SIGKILL) }

    func kind(_ authorities: String?) throws -> StripeError.Kind? {
      var settings = StripeClient.Settings(key: try StripeKey(StripeServer.key))
      settings.base = try #require(APIBase("https://127.0.0.1:\(probe.port)"))
      settings.transfers.authoritiesFile = authorities
      let client = try StripeClient(LibCurl(), settings)
      if case .failure(let error) = try client.perform(.get("/v1/account")).result {
        return error.kind
      }
      return nil
    }
    // Tried again until the server listens.
    guard case .network(let failure) = try kind(nil) else {
      Issue.record("expected no answer")
      return
    }
    #expect(failure.kind == .untrusted, "\(failure)")
    // What it answers is not Stripe's, but it was spoken to.
    #expect(try kind(certificate) == .foreign("text/html"))
  }

  private func openssl(_ arguments: [String]) throws -> Process {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/openssl")
    process.arguments = arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    return process
  }
}

import Foundation
import Glibc

/// moto, an independent server of S3, as a process of its own on the loopback address. It ends with
/// this process, whatever becomes of that: its standard input is a pipe that only we hold.
package final class MotoServer: @unchecked Sendable {
  // Unchecked for `Process`, which is touched by `init` and `stop` alone.
  package let url: String
  private let process = Process()
  private let input = Pipe()

  private static let python = ProcessInfo.processInfo.environment["UNPAN_PYTHON"] ?? "python3"

  /// Under CI=true it must be there.
  package static let isUsable: Bool = {
    if ProcessInfo.processInfo.environment["CI"] == "true" { return true }
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [python, "-c", "import moto.server, boto3, flask"]
    process.standardError = FileHandle.nullDevice
    do { try process.run() } catch { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }()

  /// Starts it with what a program in Python puts there.
  /// - Parameter seed: statements that have `s3`, a client of boto3.
  package init(seed: String) throws {
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = [
      Self.python, "-c",
      """
      import io, gzip, os, sys, zipfile, logging
      logging.disable(logging.CRITICAL)
      os.environ.pop('AWS_PROFILE', None)
      import boto3
      from moto.server import ThreadedMotoServer
      server = ThreadedMotoServer(ip_address='127.0.0.1', port=0, verbose=False)
      server.start()
      host, port = server.get_host_and_port()
      url = f'http://127.0.0.1:{port}'
      s3 = boto3.client('s3', endpoint_url=url, region_name='us-east-1',
        aws_access_key_id='AKTEST', aws_secret_access_key='s3cret-aws')
      \(seed)
      print(url, flush=True)
      sys.stdin.read()
      os._exit(0)
      """,
    ]
    let output = Pipe()
    process.standardInput = input
    process.standardOutput = output
    process.standardError = FileHandle.nullDevice
    try process.run()
    var line: [UInt8] = []
    while line.last != 10 {
      let more = output.fileHandleForReading.availableData
      if more.isEmpty { break }
      line += more
    }
    url = String(decoding: line.dropLast(), as: UTF8.self)
    guard url.hasPrefix("http://") else { throw HTTPServerError() }
  }

  /// By the one signal that the mask it inherited from a test's thread does not block.
  package func stop() { kill(process.processIdentifier, SIGKILL) }

  deinit { if process.isRunning { stop() } }
}

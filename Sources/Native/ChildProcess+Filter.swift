import Glibc

extension ChildProcess {
  /// Gives bytes to a child that is a filter and takes what it writes meanwhile, so that neither waits
  /// for the other, however much goes through.
  /// - Parameter received: gets what the child wrote so far, at its end.
  /// - Throws: `.system(.brokenPipe)` when the child went away, `.interrupted`.
  package func exchange(
    _ bytes: UnsafeRawBufferPointer, received: inout [UInt8]
  ) throws(ChildError) {
    let flags = fcntl(input, F_GETFL)
    guard flags >= 0, fcntl(input, F_SETFL, flags | O_NONBLOCK) >= 0 else {
      throw ChildError(.system(.last), program: program)
    }
    var done = 0
    while done < bytes.count {
      var entries = [
        pollfd(fd: input, events: Int16(POLLOUT), revents: 0),
        pollfd(fd: output, events: Int16(POLLIN), revents: 0),
        pollfd(fd: errors, events: Int16(POLLIN), revents: 0),
      ]
      let ready = poll(&entries, 3, CInt(ChildProcess.sliceMilliseconds))
      if Interruption.requested != nil { throw ChildError(.interrupted, program: program) }
      guard ready > 0 else {
        if ready < 0, errno != EINTR { throw ChildError(.system(.last), program: program) }
        continue
      }
      if entries[2].revents != 0 { takeComplaint() }
      if entries[1].revents != 0 { try takeOutput(&received) }
      if entries[0].revents != 0 {
        let count = retryingInterrupts {
          Glibc.write(input, bytes.baseAddress! + done, bytes.count - done)
        }
        if count > 0 {
          done += count
        } else if errno != EAGAIN {
          throw ChildError(.system(.last), program: program)
        }
      }
    }
  }

  private func takeOutput(_ received: inout [UInt8]) throws(ChildError) {
    let before = received.count
    received.append(contentsOf: repeatElement(0, count: 64 << 10))
    let count = received.withUnsafeMutableBytes { all in
      retryingInterrupts { Glibc.read(output, all.baseAddress! + before, all.count - before) }
    }
    received.removeLast(received.count - before - max(0, count))
    if count == 0 { ChildProcess.close(&output) }
    guard count >= 0 else { throw ChildError(.system(.last), program: program) }
  }
}

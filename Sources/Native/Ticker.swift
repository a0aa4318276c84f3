import Glibc

/// Calls something again and again on a thread of its own until it is stopped.
package final class Ticker {
  private let work: Work
  private var stopper: Int32
  private var thread: pthread_t?

  /// - Parameter milliseconds: the pause between two calls; the first call comes after one pause.
  package init(everyMilliseconds milliseconds: Int32, _ body: @escaping @Sendable () -> Void) {
    var ends: [Int32] = [-1, -1]
    // Closing the writing end is what wakes the thread up; without a pipe there is no thread.
    guard pipe(&ends) == 0 else {
      work = Work(wakeUp: -1, milliseconds: milliseconds, body: body)
      stopper = -1
      return
    }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    work = Work(wakeUp: ends[0], milliseconds: milliseconds, body: body)
    stopper = ends[1]
    var thread = pthread_t()
    let started = pthread_create(
      &thread, nil,
      { pointer in
        Unmanaged<Work>.fromOpaque(pointer!).takeRetainedValue().run()
        return nil
      }, Unmanaged.passRetained(work).toOpaque())
    if started == 0 {
      self.thread = thread
    } else {
      Unmanaged.passUnretained(work).release()
    }
  }

  /// Returns when the last call has returned; later calls of `stop` do nothing.
  package func stop() {
    guard let thread else { return }
    close(stopper)
    stopper = -1
    pthread_join(thread, nil)
    self.thread = nil
  }

  deinit {
    stop()
    if stopper >= 0 { close(stopper) }
  }

  private final class Work: Sendable {
    let wakeUp: Int32
    let milliseconds: Int32
    let body: @Sendable () -> Void

    init(wakeUp: Int32, milliseconds: Int32, body: @escaping @Sendable () -> Void) {
      self.wakeUp = wakeUp
      self.milliseconds = milliseconds
      self.body = body
    }

    func run() {
      while true {
        var event = pollfd(fd: wakeUp, events: Int16(POLLIN), revents: 0)
        let result = poll(&event, 1, milliseconds)
        if result > 0 { return }
        if result == 0 { body() }
      }
    }

    deinit { if wakeUp >= 0 { close(wakeUp) } }
  }
}

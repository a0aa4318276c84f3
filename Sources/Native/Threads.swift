import Glibc

/// Stack of a worker. Detection keeps its scratch on the heap; this is for deep calls of C libraries.
private let stackBytes = 8 << 20

/// Runs `body` on `count` threads of their own, each with its number, and returns when all are done.
///
/// A thread the system does not grant has its share run by the caller, after the others were started.
package func runWorkers(_ count: Int, _ body: @escaping @Sendable (Int) -> Void) {
  var threads: [pthread_t] = []
  var refused: [Int] = []
  for index in 0..<count {
    if let thread = startThread({ body(index) }) {
      threads.append(thread)
    } else {
      refused.append(index)
    }
  }
  for index in refused { body(index) }
  for thread in threads { pthread_join(thread, nil) }
}

/// One more thread beside the workers, to be waited for before what it uses goes away.
package final class HelperThread: Sendable {
  private let thread: pthread_t

  /// Starts `body`; `nil` when the system grants no thread.
  package init?(_ body: @escaping @Sendable () -> Void) {
    guard let thread = startThread(body) else { return nil }
    self.thread = thread
  }

  /// Waits for its end. Called exactly once.
  package func join() { pthread_join(thread, nil) }
}

private final class Work {
  let run: @Sendable () -> Void
  init(_ run: @escaping @Sendable () -> Void) { self.run = run }
}

private func startThread(_ run: @escaping @Sendable () -> Void) -> pthread_t? {
  var attributes = pthread_attr_t()
  guard pthread_attr_init(&attributes) == 0 else { return nil }
  defer { pthread_attr_destroy(&attributes) }
  pthread_attr_setstacksize(&attributes, stackBytes)
  let work = Unmanaged.passRetained(Work(run))
  var thread = pthread_t()
  let result = pthread_create(
    &thread, &attributes,
    { pointer in
      Unmanaged<Work>.fromOpaque(pointer!).takeRetainedValue().run()
      return nil
    }, work.toOpaque())
  guard result == 0 else {
    work.release()
    return nil
  }
  return thread
}

/// How many threads can run at once. Since glibc 2.35 this respects the process's own CPU mask.
package var processorCount: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }

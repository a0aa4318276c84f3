import Glibc

/// State that threads share, with a lock and a way to wait for a change of it.
///
/// Example: `let job = queue.wait { $0.popLast() }` sleeps until a job is there.
package final class Monitor<State>: @unchecked Sendable {
  // Unchecked because the compiler cannot see the lock: `state` is only touched between lock and
  // unlock of `mutex`, in the three methods below.
  private var state: State
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let condition: UnsafeMutablePointer<pthread_cond_t>

  package init(_ state: sending State) {
    self.state = state
    mutex = .allocate(capacity: 1)
    condition = .allocate(capacity: 1)
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    // So that a change of the wall clock does not stretch a wait.
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  /// Calls `body` under the lock and wakes every waiter, who then looks at the state again.
  package func withLock<R>(_ body: (inout State) throws -> R) rethrows -> R {
    pthread_mutex_lock(mutex)
    defer {
      pthread_mutex_unlock(mutex)
      pthread_cond_broadcast(condition)
    }
    return try body(&state)
  }

  /// Sleeps until `ready` gives something, and returns it. Does not wake the other waiters; a change
  /// that concerns them is made with `withLock`.
  package func wait<R>(until ready: (inout State) -> R?) -> R {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      if let result = ready(&state) { return result }
      pthread_cond_wait(condition, mutex)
    }
  }

  /// As `wait(until:)`, but gives up after `milliseconds` and returns `nil`.
  package func wait<R>(milliseconds: Int, until ready: (inout State) -> R?) -> R? {
    var deadline = timespec()
    clock_gettime(CLOCK_MONOTONIC, &deadline)
    let nanoseconds = deadline.tv_nsec + (milliseconds % 1000) * 1_000_000
    deadline.tv_sec += milliseconds / 1000 + nanoseconds / 1_000_000_000
    deadline.tv_nsec = nanoseconds % 1_000_000_000
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      if let result = ready(&state) { return result }
      if pthread_cond_timedwait(condition, mutex, &deadline) == ETIMEDOUT { return ready(&state) }
    }
  }
}

import Glibc
import Synchronization

/// Whether the user or the system asked the run to stop.
///
/// The first SIGINT or SIGTERM only sets a flag, so that what was found so far is still reported;
/// the second ends the process at once.
package enum Interruption {
  private static let signalNumber = Atomic<Int32>(0)

  /// The signal that asked to stop, if any came.
  package static var requested: Signal? {
    Signal(rawValue: signalNumber.load(ordering: .relaxed))
  }

  /// What can ask a run to stop.
  package enum Signal: Int32, Sendable {
    case interrupt = 2
    case terminate = 15
  }

  /// Takes SIGINT and SIGTERM over and ignores SIGPIPE and SIGXFSZ, whose writes then fail with an
  /// error that can be handled. Called once, before any thread is started.
  package static func install() {
    // Touched here so that its lazy set-up never happens inside the handler.
    signalNumber.store(0, ordering: .relaxed)
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    var action = sigaction()
    action.__sigaction_handler.sa_handler = { Interruption.note($0) }
    // No SA_RESTART: a read that waits for input returns and sees the flag.
    sigaction(SIGINT, &action, nil)
    sigaction(SIGTERM, &action, nil)
    // Whoever started this may have blocked them, which is inherited: threads of libdispatch do.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, SIGINT)
    sigaddset(&signals, SIGTERM)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
  }

  /// Asks the run to stop as a signal would. Safe inside a signal handler.
  package static func note(_ number: Int32) {
    let old = signalNumber.exchange(number, ordering: .relaxed)
    if old != 0 { _exit(128 + number) }
  }

  /// Forgets a request, for tests.
  package static func reset() { signalNumber.store(0, ordering: .relaxed) }
}

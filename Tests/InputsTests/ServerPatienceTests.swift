import Testing

@testable import Inputs

/// How often a server that was lost is asked again.
@Suite struct ServerPatienceTests {
  private let start = ContinuousClock.now

  @Test func `one that refuses is waited for once, then asked once a table`() {
    var patience = ServerPatience()
    #expect(patience.attempts(at: start) == 4)
    for _ in 0..<4 { patience.noteFailure(since: start, at: start + .milliseconds(3)) }
    patience.giveUp()
    #expect(patience.attempts(at: start + .seconds(3)) == 1)
    patience.noteFailure(since: start + .seconds(3), at: start + .seconds(3))
    patience.giveUp()
    #expect(patience.attempts(at: start + .seconds(3)) == 1)
  }

  @Test func `one that does not even refuse is left alone for a minute`() {
    var patience = ServerPatience()
    patience.noteFailure(since: start, at: start + .seconds(10))
    #expect(patience.attempts(at: start + .seconds(10)) == 0)
    patience.giveUp()
    #expect(patience.attempts(at: start + .seconds(69)) == 0)
    #expect(patience.attempts(at: start + .seconds(70)) == 1)
  }

  @Test func `one that came back is as good as new`() {
    var patience = ServerPatience()
    patience.noteFailure(since: start, at: start + .seconds(10))
    patience.giveUp()
    patience.noteReturn()
    #expect(patience.attempts(at: start) == 4)
  }
}

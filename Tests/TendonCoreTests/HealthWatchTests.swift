// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TendonCore
@testable import TendonModel

@Suite struct HealthWatchTests {
  private let probe = Probe(
    command: ["x"], interval: Span(milliseconds: 100), failures: 2,
    initialDelay: Span(milliseconds: 50))

  private func at(_ milliseconds: Int64) -> MonotonicTime {
    MonotonicTime(nanoseconds: milliseconds * 1_000_000)
  }

  private func attempts(_ effects: [HealthWatch.Effect]) -> [ProbeAttempt] {
    effects.compactMap { if case .attempt(let attempt) = $0 { attempt } else { nil } }
  }

  @Test("Without probes and notify there is nothing to watch, and nothing to wait for.")
  func nothing() {
    var watch = HealthWatch(Supervision())
    #expect(watch.isIdle && watch.isReady == nil)
    #expect(watch.begin(now: at(0)).isEmpty)
  }

  @Test("Startup is asked alone; the others follow when it passes, each after its own delay.")
  func startupGates() throws {
    var watch = HealthWatch(
      Supervision(probes: Probes(startup: probe, readiness: probe, liveness: probe)))
    let first = try #require(attempts(watch.begin(now: at(0))).first)
    #expect(first.kind == .startup && first.delay == .milliseconds(50))
    #expect(watch.isReady == false)
    let again = watch.probed(.startup, number: first.number, .failure("no"), now: at(60))
    let second = try #require(attempts(again).first)
    // The interval counts from the beginning of the attempt before.
    #expect(second.kind == .startup && second.delay == .milliseconds(90))
    let passed = watch.probed(.startup, number: second.number, .success, now: at(150))
    #expect(attempts(passed).map(\.kind) == [.readiness, .liveness])
    #expect(watch.isReady == false)
  }

  @Test(
    "An attempt that outlasts the interval is followed at once, and an answer to an older one is stale."
  )
  func slowAttempts() throws {
    var watch = HealthWatch(Supervision(probes: Probes(readiness: probe)))
    let first = try #require(attempts(watch.begin(now: at(0))).first)
    let next = attempts(
      watch.probed(.readiness, number: first.number, .success, now: at(5000)))
    #expect(next.map(\.delay) == [.zero])
    #expect(watch.expects(next[0]) && !watch.expects(first))
    #expect(watch.probed(.readiness, number: first.number, .failure("x"), now: at(5001)).isEmpty)
  }

  @Test("Readiness comes and goes with its probe, and is told with the reason.")
  func readiness() throws {
    var watch = HealthWatch(Supervision(probes: Probes(readiness: probe)))
    var attempt = try #require(attempts(watch.begin(now: at(0))).first)
    func answer(_ outcome: ProbeOutcome) throws -> [HealthWatch.Effect] {
      let effects = watch.probed(.readiness, number: attempt.number, outcome, now: at(100))
      attempt = try #require(attempts(effects).first)
      return effects.filter { if case .attempt = $0 { false } else { true } }
    }
    #expect(try answer(.success) == [.readyChanged(true, reason: "")])
    #expect(try answer(.failure("refused")).isEmpty)
    #expect(
      try answer(.failure("refused")) == [
        .readyChanged(
          false, reason: "its readiness probe failed 2 times in a row: refused")
      ])
    #expect(try answer(.success) == [.readyChanged(true, reason: "")])
  }

  @Test("A liveness probe that fails is fatal once, and ends all asking.")
  func liveness() throws {
    var watch = HealthWatch(Supervision(probes: Probes(liveness: probe)))
    #expect(watch.isReady == nil)
    let first = try #require(attempts(watch.begin(now: at(0))).first)
    let second = try #require(
      attempts(watch.probed(.liveness, number: first.number, .failure("a"), now: at(50))).first)
    let effects = watch.probed(.liveness, number: second.number, .failure("b"), now: at(150))
    #expect(
      effects == [
        .fatal("its liveness probe failed 2 times in a row: b", isWatchdog: false)
      ])
    #expect(watch.notified(.ready, now: at(151)).isEmpty)
    #expect(watch.watchdogOver(now: at(9000)).isEmpty)
  }

  @Test("READY=1 is waited for where that is asked, and the watchdog counts from it.")
  func notify() {
    var watch = HealthWatch(
      Supervision(notify: NotifySettings(ready: true, watchdog: .seconds(1))))
    #expect(watch.begin(now: at(0)).isEmpty)
    #expect(watch.isReady == false && watch.waitsFor == "it has not sent READY=1 yet")
    #expect(
      watch.notified(.ready, now: at(100)) == [
        .watchdog(after: .seconds(1)), .readyChanged(true, reason: ""),
      ])
    #expect(watch.notified(.alive, now: at(600)).isEmpty)
    // 500 ms of the second are left of the last sign of life.
    #expect(watch.watchdogOver(now: at(1100)) == [.watchdog(after: .milliseconds(500))])
    #expect(
      watch.watchdogOver(now: at(1600))
        == [.fatal("it sent no WATCHDOG=1 for 1s", isWatchdog: true)])
  }

  @Test("An agent that was held up itself does not take the silence for the program's.")
  func heldUp() {
    var watch = HealthWatch(Supervision(notify: NotifySettings(watchdog: .seconds(1))))
    #expect(watch.begin(now: at(0)) == [.watchdog(after: .seconds(1))])
    #expect(watch.watchdogOver(now: at(30_000)) == [.watchdog(after: .seconds(1))])
    #expect(watch.watchdogOver(now: at(31_000)).count == 1)
    #expect(watch.notified(.alive, now: at(31_001)).isEmpty, "it is over")
  }

  @Test("What says nothing of the program counts neither as a success nor as a failure.")
  func unknown() throws {
    var watch = HealthWatch(Supervision(probes: Probes(liveness: probe)))
    var attempt = try #require(attempts(watch.begin(now: at(0))).first)
    for round in Int64(1)...5 {
      let outcome: ProbeOutcome = round == 2 ? .failure("no") : .unknown
      let effects = watch.probed(
        .liveness, number: attempt.number, outcome, now: at(100 * round))
      attempt = try #require(attempts(effects).first)
    }
  }

  @Test("A new agent goes on with what was known of the process: it is not made unready.")
  func takenOver() {
    let supervision = Supervision(probes: Probes(startup: probe, readiness: probe))
    let known = HealthMemory(isStartedUp: true, hasNotified: true, isReady: true)
    var watch = HealthWatch(supervision, memory: known, after: 7)
    #expect(watch.isReady == true)
    let effects = watch.begin(now: at(0))
    #expect(attempts(effects).map(\.kind) == [.readiness] && effects.count == 1)
    #expect(attempts(effects).map(\.number) == [8])
  }
}

// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel
import Testing

@Suite("The failure detector")
struct FailureDetectorTests {
  private let host = try! HostID("host1")
  private let start = MonotonicTime(nanoseconds: 5_000_000_000)

  /// Ticks each 50 ms over a stretch of time; returns every transition with its time.
  private func run(
    _ detector: inout FailureDetector, from: MonotonicTime, for duration: Duration
  ) -> [(at: Duration, to: HostState)] {
    var found: [(at: Duration, to: HostState)] = []
    for tick in 0...(duration.wholeMilliseconds / 50) {
      let now = from + .milliseconds(tick * 50)
      found += detector.tick(now: now).map { (now - from, $0.to) }
    }
    return found
  }

  @Test("Silence makes a host suspect after one second and down after two.")
  func silence() {
    var detector = FailureDetector(settings: DetectionSettings())
    _ = detector.hostHeard(host, now: start)
    let found = run(&detector, from: start, for: .seconds(3))
    #expect(found.map(\.to) == [.suspect, .down])
    #expect(found.map(\.at) == [.seconds(1), .seconds(2)])
  }

  @Test("A heartbeat clears suspicion and brings a host back from down.")
  func recovery() {
    var detector = FailureDetector(settings: DetectionSettings())
    _ = detector.hostHeard(host, now: start)
    _ = run(&detector, from: start, for: .milliseconds(1500))
    #expect(detector.hostHeard(host, now: start + .milliseconds(1500))?.to == .ready)
    _ = run(&detector, from: start + .milliseconds(1500), for: .seconds(3))
    #expect(detector.state(of: host) == .down)
    #expect(detector.hostHeard(host, now: start + .seconds(5))?.from == .down)
    #expect(detector.state(of: host) == .ready)
  }

  @Test("A closed stream means that the agent died and its host lives: it is waited for.")
  func agentDeath() {
    var detector = FailureDetector(settings: DetectionSettings())
    _ = detector.hostHeard(host, now: start)
    detector.streamClosed(host)
    let found = run(&detector, from: start, for: .seconds(20))
    #expect(found.map(\.to) == [.suspect])
    let late = run(&detector, from: start + .seconds(20), for: .seconds(11))
    #expect(late.map(\.to) == [.down])
  }

  @Test("The coordinator's own pause is nobody's silence.")
  func ownPause() {
    var detector = FailureDetector(settings: DetectionSettings())
    _ = detector.hostHeard(host, now: start)
    _ = detector.tick(now: start)
    #expect(detector.tick(now: start + .seconds(60)).isEmpty)
    let found = run(&detector, from: start + .seconds(60), for: .milliseconds(900))
    #expect(found.isEmpty)
  }

  @Test("A host remembered from before a start is given the start grace, then is down.")
  func startGrace() {
    var detector = FailureDetector(settings: DetectionSettings())
    detector.hostRemembered(host, now: start)
    #expect(run(&detector, from: start, for: .milliseconds(4900)).isEmpty)
    #expect(
      run(&detector, from: start + .milliseconds(4950), for: .seconds(1)).map(\.to) == [.down])
  }

  @Test(
    "At a loss of 30 % with heartbeats each 250 ms, eight in a row must be lost before a host is down.",
    arguments: 1...7)
  func survivesLoss(lost: Int) {
    var detector = FailureDetector(settings: DetectionSettings())
    _ = detector.hostHeard(host, now: start)
    let silent = Duration.milliseconds(250 * lost)
    let found = run(&detector, from: start, for: silent)
    #expect(!found.map(\.to).contains(.down))
  }
}

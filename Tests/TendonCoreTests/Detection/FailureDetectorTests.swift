// SPDX-License-Identifier: Apache-2.0

import TendonModel
import Testing

@testable import TendonCore

/// Each reason for silence is told from the others.
@Suite("The failure detector", .timeLimit(.minutes(1)))
struct FailureDetectorTests {
  private let host = try! HostID("host1")
  private let start = MonotonicTime(nanoseconds: 5_000_000_000)
  private static let second = 1000 * DetectorWorld.millisecond

  private func world(hosts: Int = 4, seed: UInt64 = 1) -> DetectorWorld {
    var world = DetectorWorld(hosts: hosts, seed: seed)
    world.run(for: .seconds(20))
    #expect(world.changes.isEmpty)
    return world
  }

  @Test("One lost heartbeat is no event: a ping clears it. Two seconds of silence of an agent are.")
  func lostBeat() {
    var world = world()
    world.hosts[0].nextBeat += 250 * DetectorWorld.millisecond
    world.hosts[0].sequence += 1
    world.run(for: .seconds(5))
    #expect(world.changes.isEmpty, "\(world.changes)")
    world.hosts[0].stoppedUntil = world.now + 2 * Self.second
    world.run(for: .seconds(5))
    #expect(world.changes.map(\.to) == [.suspect, .suspect, .ready], "\(world.changes)")
  }

  @Test("Suspect names the silence, down what was tried, and ready how long it was away.")
  func powerLossAndReturn() {
    var world = world()
    world.hosts[0].isPowered = false
    world.run(for: .seconds(2))
    #expect(world.changes.map(\.to) == [.suspect, .down])
    #expect(world.changes[0].cause.contains("its heartbeats stopped"))
    #expect(world.changes[1].cause.contains("unanswered, nor"), "\(world.changes[1])")
    #expect(world.changes[1].cause.contains("host2"))
    world.hosts[0].isPowered = true
    world.run(for: .seconds(1))
    #expect(world.state(0) == .ready)
    #expect(world.detector.cause(of: world.hosts[0].id)?.hasPrefix("heard again after") == true)
  }

  @Test(
    "Its kernel closed the stream and answers: the agent ended. It is waited for, then given up.")
  func agentEnded() {
    var world = world()
    world.hosts[0].agentRuns = false
    world.detector.streamClosed(world.hosts[0].id, now: world.time(world.now))
    let start = world.now
    world.run(for: .seconds(29))
    #expect(world.downs().isEmpty)
    #expect(world.detector.quietHosts.isEmpty, "it shows life")
    #expect(world.changes.last?.cause.contains("kernel") == true)
    world.run(for: .seconds(3))
    let took = world.downs().first.map { $0.at - start }
    #expect(took.map { (29 * Self.second...31 * Self.second).contains($0) } == true)
  }

  @Test("An agent ended, and soon after it its host: the kernel's silence ends the patience.")
  func agentEndedThenPower() {
    var world = world()
    world.hosts[0].agentRuns = false
    world.detector.streamClosed(world.hosts[0].id, now: world.time(world.now))
    world.run(for: .seconds(5))
    let start = world.now
    world.hosts[0].isPowered = false
    world.run(for: .seconds(5))
    let took = world.downs().first.map { ($0.at - start) / DetectorWorld.millisecond }
    #expect(took.map { $0 < 2500 } == true, "\(world.changes)")
    #expect(world.downs().first?.cause.contains("now its kernel is silent too") == true)
  }

  @Test("An agent hangs, its stream stays open and its kernel answers: patience, then down.")
  func agentHangs() {
    var world = world()
    world.hosts[0].stoppedUntil = world.now + 3600 * Self.second
    world.run(for: .seconds(28))
    #expect(world.downs().isEmpty)
    #expect(world.changes.last?.cause.contains("its kernel answers, its agent does not") == true)
    world.run(for: .seconds(5))
    #expect(world.downs().count == 1)
  }

  @Test(
    "Others reach it and the coordinator does not: its path is broken, and nothing is given up.")
  func pathBroken() {
    var world = world()
    world.hosts[0].isCutFromCoordinator = true
    world.run(for: .seconds(300))
    #expect(world.downs().isEmpty, "\(world.changes)")
    #expect(world.state(0) == .suspect)
    let cause = world.detector.cause(of: world.hosts[0].id) ?? ""
    #expect(cause.contains("reaches it") && cause.contains("path"), "\(cause)")
    // Now it dies: others do not reach it any more.
    let start = world.now
    world.hosts[0].isPowered = false
    world.run(for: .seconds(5))
    #expect(world.downs().first.map { $0.at - start < 3 * Self.second } == true)
  }

  @Test("A path that stays broken for longer than the patience is given up in the end.")
  func pathPatience() {
    var settings = DetectionSettings()
    settings.pathPatience = .seconds(20)
    var world = DetectorWorld(hosts: 3, seed: 5, settings: settings)
    world.run(for: .seconds(5))
    world.hosts[0].isCutFromCoordinator = true
    world.run(for: .seconds(19))
    #expect(world.downs().isEmpty)
    world.run(for: .seconds(3))
    #expect(world.downs().first?.cause.contains("only other hosts have reached it") == true)
  }

  @Test("A goodbye is no alarm; a minute later it is. Its kernel's silence tells a shutdown.")
  func goodbye() {
    var upgrade = world()
    var shutdown = upgrade
    for isShutdown in [false, true] {
      var world = isShutdown ? shutdown : upgrade
      let id = world.hosts[0].id
      let change = world.detector.hostSigned(
        HostSign(.goodbye, host: id), now: world.time(world.now))
      #expect(change?.to == .suspect)
      #expect(change?.cause.contains("said goodbye") == true)
      world.hosts[0].agentRuns = false
      world.detector.streamClosed(id, now: world.time(world.now))
      world.run(for: .seconds(5))
      #expect(world.downs().isEmpty)
      #expect(world.detector.quietHosts.isEmpty)
      if isShutdown { world.hosts[0].isPowered = false }
      world.run(for: .seconds(isShutdown ? 5 : 50))
      if isShutdown { shutdown = world } else { upgrade = world }
    }
    #expect(shutdown.downs().first?.cause.contains("as announced") == true)
    #expect(upgrade.downs().isEmpty)
    upgrade.run(for: .seconds(10))
    #expect(upgrade.downs().first?.cause.contains("said goodbye") == true)
    let back = upgrade.detector.sessionOpened(
      upgrade.hosts[0].id, rebooted: true, answersProbes: true, now: upgrade.time(upgrade.now))
    #expect(back?.to == .ready)
    #expect(back?.cause.hasPrefix("rebooted; heard again after") == true)
  }

  @Test("All hosts go quiet at once: the coordinator doubts itself before it gives them up.")
  func coordinatorCutOff() {
    var world = world(hosts: 5)
    for index in world.hosts.indices { world.hosts[index].isCutFromCoordinator = true }
    world.run(for: .seconds(8))
    #expect(world.downs().isEmpty, "\(world.downs())")
    #expect(world.detector.isDoubtful)
    #expect(world.detector.quietHosts.count == 5)
    for index in world.hosts.indices { world.hosts[index].isCutFromCoordinator = false }
    world.run(for: .seconds(2))
    #expect(!world.detector.isDoubtful)
    #expect(world.hosts.indices.allSatisfy { world.state($0) == .ready })
  }

  @Test("Four of nine lose power at once: the rest confirm it, and all four were quiet by then.")
  func rackPowerLoss() {
    var world = world(hosts: 9)
    let start = world.now
    for index in 0..<4 { world.hosts[index].isPowered = false }
    world.run(until: start + 5 * Self.second) { !$0.downs().isEmpty }
    #expect(world.detector.quietHosts.count == 4)
    #expect(world.now - start <= 1500 * DetectorWorld.millisecond)
    world.run(for: .seconds(1))
    #expect(world.downs().count == 4)
    guard case .manyQuiet(4, of: 9) = world.detector.selfDoubt else {
      Issue.record("\(String(describing: world.detector.selfDoubt))")
      return
    }
    world.run(for: .seconds(12))
    #expect(!world.detector.isDoubtful, "the window is over")
  }

  @Test("While the coordinator is known not to listen, silence is nobody's.")
  func notListening() {
    var detector = FailureDetector(settings: DetectionSettings())
    _ = detector.hostHeard(host, now: start)
    detector.listened(until: start)
    for tick in 1...100 {
      let step = detector.tick(now: start + .milliseconds(50 * tick as Int))
      #expect(step.transitions.isEmpty && step.probes.isEmpty)
    }
    detector.listened(until: start + .seconds(5))
    let step = detector.tick(now: start + .seconds(5))
    #expect(step.pause == .seconds(5))
    #expect(detector.isDoubtful)
    #expect(detector.silence(of: host, now: start + .seconds(5)) == .zero)
  }

  @Test("What was heard at the end of a pause, before the clock was looked at, is excused nothing.")
  func heardAtEndOfPause() {
    var detector = FailureDetector(settings: DetectionSettings())
    _ = detector.hostHeard(host, now: start)
    _ = detector.tick(now: start)
    // The beats of a host that has died meanwhile were waiting in the socket.
    let end = start + .seconds(17)
    _ = detector.hostHeard(host, now: end)
    #expect(detector.tick(now: end + .milliseconds(40)).pause != nil)
    var suspectAt: MonotonicTime?
    for tick in 1...60 where suspectAt == nil {
      let now = end + .milliseconds(40 + 50 * tick)
      if detector.tick(now: now).transitions.contains(where: { $0.to == .suspect }) {
        suspectAt = now
      }
    }
    #expect(suspectAt.map { $0 - end <= .milliseconds(1300) } == true)
  }

  @Test("A host remembered from before a start is given the start grace, then is down.")
  func startGrace() {
    var detector = FailureDetector(settings: DetectionSettings())
    detector.hostRemembered(host, now: start)
    var found: [Duration] = []
    for tick in 0...200 {
      let now = start + .milliseconds(50 * tick as Int)
      found += detector.tick(now: now).transitions.filter { $0.to == .down }.map { _ in now - start
      }
    }
    #expect(found == [.seconds(5)])
  }

  @Test("Agents that know no pings are never asked, and judged by their heartbeats alone.")
  func olderAgents() {
    var detector = FailureDetector(settings: DetectionSettings())
    let other = try! HostID("host2")
    var downAt: Duration?
    for id in [host, other] {
      _ = detector.sessionOpened(id, rebooted: false, answersProbes: false, now: start)
    }
    for tick in 0...120 {
      let now = start + .milliseconds(50 * tick as Int)
      if tick % 5 == 0 {
        for id in tick < 40 ? [host, other] : [other] {
          _ = detector.heartbeatHeard(
            id, sequence: UInt64(tick / 5), sentAt: now, roundTrip: nil, now: now)
        }
      }
      let step = detector.tick(now: now)
      #expect(step.probes.allSatisfy { !$0.pings && $0.via.isEmpty })
      if step.transitions.contains(where: { $0.to == .down }) { downAt = now - start }
    }
    #expect(downAt.map { $0 >= .milliseconds(3750) && $0 <= .milliseconds(4000) } == true)
  }

  @Test(
    "A heartbeat that newer ones have overtaken, as somebody may keep and send it, is no sign of life."
  )
  func overtakenBeats() throws {
    /// When a host is given up whose last heartbeat came at 10 s.
    func downAt(keptBeatAt: Duration?) -> MonotonicTime? {
      var detector = FailureDetector(settings: DetectionSettings())
      _ = detector.sessionOpened(host, rebooted: false, answersProbes: true, now: start)
      for number in 1...40 as ClosedRange<Int> where number != 38 {
        let at = start + .milliseconds(250 * number)
        _ = detector.heartbeatHeard(
          host, sequence: UInt64(number), sentAt: at, roundTrip: nil, now: at)
        _ = detector.tick(now: at)
      }
      for tick in 1...100 as ClosedRange<Int> {
        let now = start + .seconds(10) + .milliseconds(50 * tick)
        if now - start == keptBeatAt {
          #expect(!detector.isNews(host, sequence: 38))
          let transition = detector.heartbeatHeard(
            host, sequence: 38, sentAt: start + .milliseconds(9500), roundTrip: nil, now: now)
          #expect(transition == nil)
        }
        let step = detector.tick(now: now)
        if step.transitions.contains(where: { $0.to == .down }) { return now }
      }
      return nil
    }
    let expected = try #require(downAt(keptBeatAt: nil))
    #expect(downAt(keptBeatAt: .milliseconds(11_200)) == expected)
  }

  @Test("A new session counts its heartbeats from the first.")
  func newSession() {
    var detector = FailureDetector(settings: DetectionSettings())
    for boot in 0..<2 {
      let now = start + .seconds(boot)
      _ = detector.sessionOpened(host, rebooted: boot > 0, answersProbes: true, now: now)
      #expect(detector.isNews(host, sequence: 1))
      _ = detector.heartbeatHeard(host, sequence: 1, sentAt: now, roundTrip: nil, now: now)
      #expect(!detector.isNews(host, sequence: 1))
    }
  }

  @Test("Evidence says what is expected, what was tried, and how likely the silence is.")
  func evidence() throws {
    var world = world()
    let id = world.hosts[0].id
    var view = try #require(world.detector.evidence(of: id, now: world.time(world.now)))
    #expect(view.state == .ready)
    #expect(view.beats == 64)
    #expect(view.lossPercent == 0)
    #expect((150...400).contains(view.marginMilliseconds ?? 0))
    #expect(view.kernelAnsweredMilliseconds != nil)
    #expect(view.probes == nil)
    world.hosts[0].stoppedUntil = world.now + 60 * Self.second
    world.run(for: .seconds(2))
    view = try #require(world.detector.evidence(of: id, now: world.time(world.now)))
    let probes = try #require(view.probes)
    #expect(probes.confirmed > 0 && !probes.by.isEmpty && probes.kernelAnsweredMilliseconds != nil)
    #expect(probes.chanceAgentLives < 1e-6 && probes.chanceKernelLives > 1e-9)
    #expect(view.lines.contains { $0.contains("its kernel answered a try") })
  }
}

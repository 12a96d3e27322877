// SPDX-License-Identifier: Apache-2.0

import TendonModel
import Testing

@testable import TendonCore

/// How soon the dead are found, and how rarely the living are taken for them, over many seeded runs in virtual time.
@Suite("Detection over time", .timeLimit(.minutes(2)))
struct DetectionTimeTests {
  private static let second = 1000 * DetectorWorld.millisecond

  /// Milliseconds from the loss of power to down, one world each; nil where it was not found within 30 s.
  private func times(
    hosts: Int, runs: UInt64, loss: Double = 0, warmUp: Duration = .seconds(20)
  ) -> [Int64?] {
    (1...runs).map { seed in
      var world = DetectorWorld(hosts: hosts, seed: seed)
      for index in world.hosts.indices { world.hosts[index].loss = loss }
      world.run(for: warmUp)
      world.run(for: .milliseconds(Int64.random(in: 0..<1000, using: &world.random)))
      let start = world.now
      world.hosts[0].isPowered = false
      world.run(until: start + 30 * Self.second) { $0.state(0) == .down }
      let found = world.downs(since: start)
      #expect(found.allSatisfy { $0.host == world.hosts[0].id }, "seed \(seed): \(found)")
      return found.first.map { ($0.at - start) / DetectorWorld.millisecond }
    }
  }

  private func summary(_ times: [Int64?]) throws -> (median: Int64, longest: Int64) {
    let found = try times.map { try #require($0) }.sorted()
    return (found[found.count / 2], found[found.count - 1])
  }

  @Test(
    "A host that lost its power is down within a second in the median, and within 1.5 s always.",
    arguments: [2, 3, 5, 9])
  func powerLoss(hosts: Int) throws {
    let (median, longest) = try summary(times(hosts: hosts, runs: 100))
    #expect(median <= 1000)
    #expect(longest <= 1500)
    print("\(hosts) hosts, no loss: median \(median) ms, longest \(longest) ms")
  }

  @Test("Without any other host to ask, two seconds of silence are waited for.")
  func alone() throws {
    let (median, longest) = try summary(times(hosts: 1, runs: 30))
    #expect(median >= 1750)
    #expect(longest <= 2200)
  }

  @Test("Loss delays the verdict, in proportion to what it takes to be as sure.")
  func powerLossAtLoss() throws {
    let tenth = try summary(times(hosts: 5, runs: 50, loss: 0.1))
    let third = try summary(times(hosts: 5, runs: 50, loss: 0.3))
    print("5 hosts, 10 %: \(tenth), 30 %: \(third)")
    #expect(tenth.longest <= 3000)
    #expect(third.longest <= 8000)
  }

  @Test(
    "An hour at 10 % loss on every link, with jitter and drifting clocks: nobody is given up.",
    arguments: [3, 7] as [UInt64])
  func hourOfLoss(seed: UInt64) {
    var world = DetectorWorld(hosts: 3, seed: seed)
    for index in world.hosts.indices { world.hosts[index].loss = 0.1 }
    world.run(for: .seconds(3600))
    #expect(world.downs().isEmpty, "seed \(seed): \(world.downs())")
    print("seed \(seed): \(world.changes.count { $0.to == .suspect }) suspicions in an hour")
  }

  @Test("A minute at 30 % loss that begins at once, forty times over: nobody is given up.")
  func minuteOfHeavyLoss() {
    for seed in 1...40 as ClosedRange<UInt64> {
      var world = DetectorWorld(hosts: 3, seed: seed)
      world.run(for: .seconds(10))
      for index in world.hosts.indices { world.hosts[index].loss = 0.3 }
      world.run(for: .seconds(60))
      #expect(world.downs().isEmpty, "seed \(seed): \(world.downs())")
    }
  }

  @Test(
    "An agent that is stopped for a second is no dead host, whether its kernel can be asked or not.",
    arguments: [true, false])
  func stoppedAgent(kernelAnswers: Bool) {
    for seed in 1...60 as ClosedRange<UInt64> {
      var world = DetectorWorld(hosts: 3, seed: seed)
      world.hosts[1].kernelAnswers = kernelAnswers
      for _ in 0..<5 {
        world.run(for: .milliseconds(Int64.random(in: 3000..<6000, using: &world.random)))
        world.hosts[1].stoppedUntil = world.now + Self.second
      }
      world.run(for: .seconds(5))
      #expect(world.downs().isEmpty, "seed \(seed): \(world.downs())")
      #expect(world.state(1) == .ready)
    }
  }

  @Test("A coordinator that stood still for 30 s gives nobody up, also at 10 % loss.")
  func stoppedCoordinator() {
    for seed in 1...40 as ClosedRange<UInt64> {
      var world = DetectorWorld(hosts: 4, seed: seed)
      for index in world.hosts.indices { world.hosts[index].loss = 0.1 }
      world.run(for: .seconds(20))
      world.pause(.seconds(30))
      world.run(for: .seconds(20))
      #expect(world.downs().isEmpty, "seed \(seed): \(world.downs())")
      #expect(world.hosts.indices.allSatisfy { world.state($0) == .ready })
    }
  }

  @Test("Two busy cores: a coordinator that is late by up to 250 ms again and again errs no more.")
  func lateCoordinator() {
    for seed in 1...20 as ClosedRange<UInt64> {
      var world = DetectorWorld(hosts: 3, seed: seed)
      world.jitter = 60 * DetectorWorld.millisecond
      world.rareJitter = 300 * DetectorWorld.millisecond
      for _ in 0..<200 {
        world.run(for: .milliseconds(Int64.random(in: 50..<1000, using: &world.random)))
        world.pause(.milliseconds(Int64.random(in: 0..<600, using: &world.random)))
      }
      #expect(world.downs().isEmpty, "seed \(seed): \(world.downs())")
    }
  }
}

// SPDX-License-Identifier: Apache-2.0

import TendonModel

@testable import TendonCore

/// Hosts, a network and a coordinator's clock around the real failure detector, in virtual time; the same for the same
/// seed.
struct DetectorWorld {
  struct Host {
    let id: HostID
    var isPowered = true
    /// Whether its kernel answers strangers' TCP connections.
    var kernelAnswers = true
    var agentRuns = true
    /// Stopped by a signal until then: what comes is answered then.
    var stoppedUntil: Int64 = 0
    /// Nothing passes between it and the coordinator.
    var isCutFromCoordinator = false
    /// Nothing passes between it and anyone.
    var isCut = false
    var loss = 0.0
    var nextBeat: Int64
    var sequence: UInt64 = 0
    /// Its boot-time clock against true time.
    var clockOffset: Int64
    var clockDrift: Double
  }

  struct Change: CustomStringConvertible {
    var at: Int64
    var host: HostID
    var from: HostState
    var to: HostState
    var cause: String

    var description: String { "\(at / 1_000_000) ms \(host): \(from) -> \(to), \(cause)" }
  }

  private enum Arrival {
    case beat(Int, sequence: UInt64, sentAt: Int64)
    case sign(HostSign)
  }

  static let millisecond: Int64 = 1_000_000
  private static let tick = 50 * millisecond
  private static let interval = 250 * millisecond

  var random: SeededGenerator
  var detector: FailureDetector
  var hosts: [Host]
  private(set) var now: Int64 = 1_000_000_000_000
  private var nextTick: Int64
  private var pending: [(at: Int64, arrival: Arrival)] = []
  private(set) var changes: [Change] = []
  /// The longest delay that is common, and one that a packet in a hundred may have.
  var jitter: Int64 = 2 * millisecond
  var rareJitter: Int64 = 40 * millisecond

  init(hosts count: Int, seed: UInt64, settings: DetectionSettings = DetectionSettings()) {
    var random = SeededGenerator(seed: seed)
    detector = FailureDetector(settings: settings)
    let start = now
    hosts = (0..<count).map { number in
      Host(
        id: try! HostID("host\(number + 1)"),
        nextBeat: start + Int64.random(in: 0..<Self.interval, using: &random),
        clockOffset: Int64.random(in: -1_000_000_000_000...1_000_000_000_000, using: &random),
        clockDrift: Double.random(in: -0.0002...0.0002, using: &random))
    }
    self.random = random
    nextTick = start
    for host in hosts {
      note(
        detector.sessionOpened(host.id, rebooted: false, answersProbes: true, now: time(now)), now)
    }
  }

  func time(_ nanoseconds: Int64) -> MonotonicTime { MonotonicTime(nanoseconds: nanoseconds) }

  func state(_ index: Int) -> HostState { detector.state(of: hosts[index].id)! }

  func downs(since start: Int64 = 0) -> [Change] {
    changes.filter { $0.to == .down && $0.at >= start }
  }

  // MARK: Time

  mutating func run(for duration: Duration) { run(until: now + duration.wholeNanoseconds) }

  /// - Parameter isDone: looked at after each tick.
  mutating func run(until end: Int64, unless isDone: (DetectorWorld) -> Bool = { _ in false }) {
    while nextTick <= end {
      now = nextTick
      nextTick += Self.tick
      for index in hosts.indices { beat(index, until: now) }
      deliver(until: now, at: nil)
      let step = detector.tick(now: time(now))
      for transition in step.transitions { note(transition, now) }
      for order in step.probes { follow(order) }
      if isDone(self) { return }
    }
    now = end
  }

  /// The coordinator stands still: what comes waits in its socket.
  mutating func pause(_ duration: Duration) {
    now += duration.wholeNanoseconds
    for index in hosts.indices { beat(index, until: now) }
    deliver(until: now, at: now)
    nextTick = now
  }

  private mutating func deliver(until end: Int64, at receipt: Int64?) {
    pending.sort { $0.at < $1.at }
    let due = pending.prefix { $0.at <= end }
    pending.removeFirst(due.count)
    for (at, arrival) in due {
      let at = receipt ?? at
      switch arrival {
      case .beat(let index, let sequence, let sentAt):
        note(
          detector.heartbeatHeard(
            hosts[index].id, sequence: sequence, sentAt: time(sentAt), roundTrip: .milliseconds(1),
            now: time(at)), at)
      case .sign(let sign): note(detector.hostSigned(sign, now: time(at)), at)
      }
    }
  }

  private mutating func note(_ transition: FailureDetector.Transition?, _ at: Int64) {
    guard let transition else { return }
    changes.append(
      Change(
        at: at, host: transition.host, from: transition.from, to: transition.to,
        cause: transition.cause))
  }

  // MARK: Hosts

  private mutating func beat(_ index: Int, until end: Int64) {
    while hosts[index].nextBeat <= end {
      let at = hosts[index].nextBeat
      if at < hosts[index].stoppedUntil {
        // The beats of that time are left out, and the rhythm kept.
        let missed = (hosts[index].stoppedUntil - at) / Self.interval + 1
        hosts[index].nextBeat += missed * Self.interval
        continue
      }
      hosts[index].nextBeat += Self.interval
      guard hosts[index].isPowered, hosts[index].agentRuns else { continue }
      hosts[index].sequence += 1
      let local = Double(at) * (1 + hosts[index].clockDrift)
      guard let delay = passage(index, nil) else { continue }
      pending.append(
        (
          at + delay,
          .beat(
            index, sequence: hosts[index].sequence,
            sentAt: Int64(local) + hosts[index].clockOffset)
        ))
    }
  }

  /// How long a packet takes between a host and another, or the coordinator; nil when it is lost.
  private mutating func passage(_ from: Int, _ to: Int?) -> Int64? {
    for index in [from, to].compactMap({ $0 }) {
      if hosts[index].isCut { return nil }
      if Double.random(in: 0..<1, using: &random) < hosts[index].loss { return nil }
    }
    if to == nil, hosts[from].isCutFromCoordinator { return nil }
    let isRare = Int.random(in: 0..<100, using: &random) == 0
    return 200_000 + Int64.random(in: 0..<(isRare ? rareJitter : jitter), using: &random)
  }

  private func index(of host: HostID) -> Int { hosts.firstIndex { $0.id == host }! }

  private mutating func follow(_ order: ProbeOrder) {
    let suspect = index(of: order.suspect)
    if order.pings, let there = passage(suspect, nil),
      let answered = agentAnswer(suspect, at: now + there), let back = passage(suspect, nil)
    {
      push(answered + back, HostSign(.agent, token: order.token, host: order.suspect))
    }
    if order.asksKernel, let at = kernelAnswer(suspect, nil, at: now) {
      push(at, HostSign(.kernel, token: order.token, host: order.suspect))
    }
    for host in order.via { follow(order, via: index(of: host), suspect) }
  }

  private mutating func follow(_ order: ProbeOrder, via peer: Int, _ suspect: Int) {
    let host = hosts[peer].id
    guard let asked = passage(peer, nil), let sent = agentAnswer(peer, at: now + asked) else {
      return
    }
    if let back = passage(peer, nil) {
      push(sent + back, HostSign(.asked, token: order.token, via: host))
    }
    if order.pings, let there = passage(suspect, peer),
      let answered = agentAnswer(suspect, at: sent + there), let back = passage(suspect, peer),
      let told = passage(peer, nil)
    {
      push(
        answered + back + told,
        HostSign(.agent, token: order.token, host: order.suspect, via: host))
    }
    if order.asksKernel, let at = kernelAnswer(suspect, peer, at: sent),
      let told = passage(peer, nil)
    {
      push(at + told, HostSign(.kernel, token: order.token, via: host))
    }
  }

  private mutating func push(_ at: Int64, _ sign: HostSign) { pending.append((at, .sign(sign))) }

  /// When the agent deals with what comes; nil: never.
  private func agentAnswer(_ index: Int, at: Int64) -> Int64? {
    hosts[index].isPowered && hosts[index].agentRuns ? max(at, hosts[index].stoppedUntil) : nil
  }

  private mutating func kernelAnswer(_ suspect: Int, _ peer: Int?, at: Int64) -> Int64? {
    guard hosts[suspect].isPowered, hosts[suspect].kernelAnswers,
      let there = passage(suspect, peer), let back = passage(suspect, peer)
    else { return nil }
    return at + there + back
  }
}

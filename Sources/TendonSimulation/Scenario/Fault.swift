// SPDX-License-Identifier: Apache-2.0

/// Something that goes wrong in a world, and when it is over.
package struct Fault: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    /// The host loses its power, and what was not synced; it boots again at the end.
    case crash(host: Int)
    /// The host as a whole stands still.
    case freeze(host: Int)
    /// Everything that the host does takes its time.
    case slow(host: Int)
    /// Writes take long.
    case slowDisk(host: Int)
    /// Its wall clock is set by so many seconds, and stays so.
    case clockStep(host: Int, seconds: Int)
    /// Its agent is killed, and started again at the end.
    case agentCrash(host: Int)
    /// Its agent says goodbye and ends, and is started again at the end.
    case agentStop(host: Int)
    /// Nothing comes from it, or nothing to it, or both, whoever it is that sends.
    case cut(host: Int, from: Bool, to: Bool)
    /// The same between it and the coordinator only: other hosts reach it.
    case pathCut(host: Int, from: Bool, to: Bool)
    /// Several hosts are cut off at the same moment, or lose their power.
    case outage(hosts: [Int], isPower: Bool)
    /// So many of a hundred of its datagrams are lost, twice as many delayed, and some come twice.
    case loss(host: Int, percent: Int)
    /// In so many of a hundred of its datagrams a bit is another when they arrive.
    case corruption(host: Int, percent: Int)
    /// Somebody has recorded what came from it, and sends it again.
    case replay(host: Int)
    /// The coordinator is killed, and started at the end.
    case coordinatorCrash(at: CrashPoint)
    /// The coordinator stands still.
    case coordinatorFreeze
    /// The coordinator's wall clock is set by so many seconds, and stays so.
    case coordinatorClockStep(seconds: Int)
  }

  /// Where in its work the coordinator is killed.
  package enum CrashPoint: String, Hashable, Sendable, CaseIterable {
    case atOnce
    /// While it commits: nothing of that is left.
    case beforeCommit
    /// Nobody has heard of the commit yet.
    case afterCommit
    /// Agents have heard of it; who asked for it has not.
    case beforeAnswer
  }

  package var kind: Kind
  /// From the world's begin.
  package var at: Duration
  package var lasts: Duration

  /// The hosts that it concerns; empty where it is the coordinator's.
  var hosts: [Int] {
    switch kind {
    case .crash(let host), .freeze(let host), .slow(let host), .slowDisk(let host),
      .clockStep(let host, _), .agentCrash(let host), .agentStop(let host), .cut(let host, _, _),
      .pathCut(let host, _, _), .loss(let host, _), .corruption(let host, _), .replay(let host):
      [host]
    case .outage(let hosts, _): hosts
    case .coordinatorCrash, .coordinatorFreeze, .coordinatorClockStep: []
    }
  }

  /// The part of it that concerns the first hosts; nil: none.
  func limited(toHosts count: Int) -> Fault? {
    if case .outage(let hosts, let isPower) = kind {
      let left = hosts.filter { $0 <= count }
      var fault = self
      fault.kind = .outage(hosts: left, isPower: isPower)
      return left.isEmpty ? nil : fault
    }
    return hosts.allSatisfy { $0 <= count } ? self : nil
  }
}

extension Fault {
  static let longest: Int64 = 20_000

  static func draw(
    hosts: Int, until end: Int64, using random: inout SimulationRandom
  ) -> [Fault] {
    var faults: [Fault] = []
    for _ in 0..<Int.random(in: 0...8, using: &random) {
      let fault = Fault(
        kind: drawKind(hosts: hosts, using: &random), at: random.milliseconds(5000...end),
        lasts: random.milliseconds(200...longest))
      faults.append(fault)
      // Who sends a dead host's datagrams again does so while it is dead.
      if case .crash(let host) = fault.kind, random.chance(25) {
        faults.append(Fault(kind: .replay(host: host), at: fault.at, lasts: fault.lasts))
      }
      // What comes to a slow host before it is cut off is taken in after that.
      if case .cut(let host, _, _) = fault.kind, random.chance(30) {
        let early = fault.at - .seconds(4)
        faults.append(Fault(kind: .slow(host: host), at: early, lasts: .seconds(6)))
      }
      // An agent that dies while it writes.
      if case .agentCrash(let host) = fault.kind {
        let early = fault.at - .seconds(5)
        faults.append(Fault(kind: .slowDisk(host: host), at: early, lasts: .seconds(6)))
      }
    }
    return faults.sorted { $0.at < $1.at }
  }

  private static func drawKind(
    hosts: Int, using random: inout SimulationRandom
  ) -> Kind {
    let host = Int.random(in: 1...hosts, using: &random)
    let percent = Int.random(in: 5...40, using: &random)
    let (from, to) = [(true, true), (true, false), (false, true)].randomElement(using: &random)!
    let step = [-3600, -30, 30, 3600].randomElement(using: &random)!
    switch Int.random(in: 0..<24, using: &random) {
    case 0..<4: return .crash(host: host)
    case 4, 5: return .freeze(host: host)
    case 6, 7: return .cut(host: host, from: from, to: to)
    case 8, 9: return .pathCut(host: host, from: from, to: to)
    case 10, 11:
      let count = Int.random(in: 2...hosts, using: &random)
      let which = (1...hosts).shuffled(using: &random).prefix(count).sorted()
      return .outage(hosts: which, isPower: Bool.random(using: &random))
    case 12: return .loss(host: host, percent: percent)
    case 13: return .corruption(host: host, percent: percent)
    case 14: return .replay(host: host)
    case 15, 16: return .agentCrash(host: host)
    case 17: return .agentStop(host: host)
    case 18: return .slow(host: host)
    case 19: return .clockStep(host: host, seconds: step)
    case 20, 21:
      return .coordinatorCrash(at: CrashPoint.allCases.randomElement(using: &random)!)
    case 22: return .coordinatorFreeze
    default: return .coordinatorClockStep(seconds: step)
    }
  }
}

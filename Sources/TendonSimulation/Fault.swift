// SPDX-License-Identifier: Apache-2.0

/// Something that goes wrong in a world, and when it is over. All of a world's faults are drawn from its seed before it
/// begins, so that a shorter list can be tried in the same world.
package struct Fault: Hashable, Sendable, CustomStringConvertible {
  package enum Kind: Hashable, Sendable {
    /// The host loses its power, and what was not synced; it boots again at the end.
    case crash(host: Int)
    /// The host as a whole stands still.
    case freeze(host: Int)
    /// Nothing comes from it, or nothing to it, or both.
    case cut(host: Int, from: Bool, to: Bool)
    /// So many of a hundred datagrams are lost, twice as many delayed, and some come twice.
    case loss(host: Int, percent: Int)
    /// Its agent is killed, and started again at the end.
    case agentCrash(host: Int)
    /// The coordinator is killed, right after a commit and before anyone hears of it where so said; started at the end.
    case coordinatorCrash(afterCommit: Bool)
    /// The coordinator stands still.
    case coordinatorFreeze
  }

  package var kind: Kind
  /// From the world's begin.
  package var at: Duration
  package var lasts: Duration

  package var description: String {
    func seconds(_ time: Duration) -> String {
      let milliseconds = time / .milliseconds(1)
      return "\((milliseconds / 100).rounded() / 10) s"
    }
    let what =
      switch kind {
      case .crash(let host): "host\(host) loses power"
      case .freeze(let host): "host\(host) stands still"
      case .cut(let host, true, true): "host\(host) is cut off"
      case .cut(let host, true, false): "nothing comes from host\(host)"
      case .cut(let host, _, _): "nothing comes to host\(host)"
      case .loss(let host, let percent): "host\(host) loses \(percent) %"
      case .agentCrash(let host): "the agent of host\(host) is killed"
      case .coordinatorCrash(true): "the coordinator is killed after a commit"
      case .coordinatorCrash(false): "the coordinator is killed"
      case .coordinatorFreeze: "the coordinator stands still"
      }
    return "at \(seconds(at)) for \(seconds(lasts)): \(what)"
  }

  static func draw(hosts: Int, until end: Duration, using random: inout SimulationRandom) -> [Fault]
  {
    let count = Int.random(in: 0...8, using: &random)
    return (0..<count).map { _ in
      let host = Int.random(in: 1...hosts, using: &random)
      let kind: Kind =
        switch Int.random(in: 0..<12, using: &random) {
        case 0, 1: .crash(host: host)
        case 2: .freeze(host: host)
        case 3, 4: .cut(host: host, from: true, to: true)
        case 5: .cut(host: host, from: true, to: false)
        case 6: .cut(host: host, from: false, to: true)
        case 7: .loss(host: host, percent: Int.random(in: 5...40, using: &random))
        case 8: .agentCrash(host: host)
        case 9: .coordinatorCrash(afterCommit: true)
        case 10: .coordinatorCrash(afterCommit: false)
        default: .coordinatorFreeze
        }
      return Fault(
        kind: kind,
        at: random.milliseconds(5000...(end / .milliseconds(1)).rounded().wholeNumber),
        lasts: random.milliseconds(200...20_000))
    }.sorted { $0.at < $1.at }
  }
}

extension Double {
  fileprivate var wholeNumber: Int64 { Int64(self) }
}

// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// Something that a user, or an operator, asks the coordinator for.
package struct UserAction: Hashable, Sendable {
  package enum Kind: Hashable, Sendable {
    /// Whether it is fenced goes with the name, for all its life.
    case apply(Service, replicas: Int, version: Int, cpu: Int)
    case applyJob(completions: Int, parallelism: Int, version: Int)
    case applyDaemon(version: Int)
    case scale(Service, to: Int)
    /// In thousandths of a CPU; of one instance, or of all.
    case resize(Service, slot: Int?, cpu: Int)
    case delete(name: String)
    case cordon(host: Int)
    case drain(host: Int, pace: Int, deadline: Int?)
    case uncordon(host: Int)
    /// Nothing is held against it any more.
    case release(Service)
    /// For one service; on so many hosts, each with the same, or on as few as it fits on.
    case reserve(cpu: Int, hosts: Int?)
    case unreserve
    /// Operators confirm only what is true.
    case confirmDown(host: Int)

    var host: Int? {
      switch self {
      case .cordon(let host), .drain(let host, _, _), .uncordon(let host), .confirmDown(let host):
        host
      default: nil
      }
    }
  }

  package enum Service: String, Hashable, Sendable, CaseIterable {
    case web, db, queue

    var isFenced: Bool { self == .db }

    /// How many of its instances may be unavailable on purpose.
    var budget: BudgetSettings {
      switch self {
      case .web: BudgetSettings(maxUnavailable: .count(1))
      case .db: BudgetSettings(maxUnavailable: .percent(40))
      case .queue: BudgetSettings(minAvailable: .count(1))
      }
    }
  }

  static let job = "batch"
  static let daemon = "metrics"
  /// Holds room for `reserving`.
  static let reservation = "burst"
  static let reserving = Service.queue

  package var kind: Kind
  /// From the world's begin.
  package var at: Duration
}

extension UserAction {
  /// The largest requests together fit on the fewest hosts with room for roll-outs, however they are spread: what has no
  /// host in the end has none by a mistake.
  static let requests = [100, 150, 200, 250]
  private static let mostReplicas = 5

  static func draw(
    hosts: Int, until end: Int64, using random: inout SimulationRandom
  ) -> [UserAction] {
    var actions: [UserAction] = []
    var time: Int64 = 1000
    while time < end {
      actions.append(
        UserAction(kind: drawKind(hosts: hosts, using: &random), at: .milliseconds(time)))
      time += Int64.random(in: 200...6000, using: &random)
    }
    return actions
  }

  private static func drawKind(hosts: Int, using random: inout SimulationRandom) -> Kind {
    let service = Service.allCases.randomElement(using: &random)!
    let replicas = Int.random(in: 1...mostReplicas, using: &random)
    let version = Int.random(in: 1...3, using: &random)
    let cpu = requests.randomElement(using: &random)!
    let host = Int.random(in: 1...hosts, using: &random)
    switch Int.random(in: 0..<100, using: &random) {
    case 0..<30: return .apply(service, replicas: replicas, version: version, cpu: cpu)
    case 30, 31:
      return .reserve(cpu: 2 * cpu, hosts: Bool.random(using: &random) ? 2 : nil)
    case 32, 33: return .unreserve
    case 34..<40:
      let parallelism = Int.random(in: 1...2, using: &random)
      return .applyJob(
        completions: min(3, replicas), parallelism: parallelism, version: version)
    case 40..<44: return .applyDaemon(version: version)
    case 44..<58: return .scale(service, to: replicas)
    case 58..<68:
      let slot = Bool.random(using: &random) ? replicas - 1 : nil
      return .resize(service, slot: slot, cpu: cpu)
    case 68..<74:
      let names = Service.allCases.map(\.rawValue) + [job, daemon]
      return .delete(name: names.randomElement(using: &random)!)
    case 74..<78: return .cordon(host: host)
    case 78..<86:
      return .drain(host: host, pace: version, deadline: random.chance(30) ? 10 : nil)
    case 86..<95: return .uncordon(host: host)
    default: return .confirmDown(host: host)
    }
  }
}

extension UserAction: CustomStringConvertible {
  package var description: String { "at \(at.inSeconds): \(kind.words)" }
}

extension UserAction.Kind {
  var words: String {
    switch self {
    case .apply(let service, let replicas, let version, let cpu):
      "apply \(service.rawValue) x\(replicas) v\(version), \(cpu)m each"
    case .applyJob(let completions, let parallelism, let version):
      "apply job \(UserAction.job) v\(version), \(completions) completions, \(parallelism) at a time"
    case .applyDaemon(let version): "apply daemon \(UserAction.daemon) v\(version)"
    case .scale(let service, let replicas): "scale \(service.rawValue) to \(replicas)"
    case .resize(let service, let slot, let cpu):
      "resize \(service.rawValue)\(slot.map { ".\($0)" } ?? "") to \(cpu)m"
    case .delete(let name): "delete \(name)"
    case .cordon(let host): "cordon host\(host)"
    case .drain(let host, let pace, let deadline):
      "drain host\(host), \(pace) at a time\(deadline.map { ", within \($0) s" } ?? "")"
    case .uncordon(let host): "uncordon host\(host)"
    case .release(let service): "release \(service.rawValue)"
    case .reserve(let cpu, let hosts):
      "reserve \(cpu)m for \(UserAction.reserving.rawValue)\(hosts.map { " on \($0) hosts" } ?? "")"
    case .unreserve: "delete the reservation"
    case .confirmDown(let host): "confirm that host\(host) is down"
    }
  }
}

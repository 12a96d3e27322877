// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel

/// What users were told is so.
struct UserModel {
  /// The last acknowledged spec of each service; nil once its deletion was acknowledged.
  var specs: [ServiceName: ServiceSpec?] = [:]
  /// Of these an answer was never heard: either may be so.
  var uncertain: Set<ServiceName> = []
  var revision = Revision(0)
}

/// Users who apply, scale, delete, drain and confirm at random.
extension World {
  private static var names: [String] { ["web", "db", "queue"] }

  mutating func useCluster() {
    guard time < calm else { return settleDown() }
    queue.add(.user, at: time + random.milliseconds(200...8000))
    let chance = Int.random(in: 0..<100, using: &random)
    let text = Self.names.randomElement(using: &random)!
    let replicas = Int.random(in: 1...6, using: &random)
    let version = Int.random(in: 1...3, using: &random)
    let host = hosts.indices.randomElement(using: &random)!
    let name: ServiceName
    do { name = try ServiceName(text) } catch { preconditionFailure("\(error)") }
    let known = model.specs[name] ?? nil
    switch chance {
    case 0..<45:
      // db is fenced for all its life.
      var spec = ServiceSpec(
        name: name, command: ["run", "\(version)"], replicas: replicas,
        resources: Resources(
          cpu: CPUResources(request: MilliCPU(100)),
          memory: MemoryResources(request: .mebibytes(64))),
        stopGrace: .seconds(2))
      spec.fence = text == "db"
      ask("apply \(name) x\(replicas) v\(version)", name, spec) { core, now in
        _ = try core.apply([spec], now: now)
      }
    case 45..<70:
      guard var spec = known else { return }
      spec.replicas = replicas
      // What else the spec says is as uncertain as before.
      ask("scale \(name) to \(replicas)", name, spec, isWhole: false) { core, now in
        _ = try core.scale(name, to: replicas, now: now)
      }
    case 70..<76:
      ask("delete \(name)", name, nil) { core, now in _ = try core.delete(name, now: now) }
    case 76..<88:
      let id = hosts[host].id
      ask("drain \(id)", nil, nil) { core, now in
        _ = try core.drain(id, DrainRequest(pace: 2), now: now)
      }
    case 88..<97:
      let id = hosts[host].id
      ask("uncordon \(id)", nil, nil) { core, now in _ = try core.uncordon(id, now: now) }
    default:
      // Operators confirm only what is true.
      guard !hosts[host].isUp else { return }
      let id = hosts[host].id
      ask("confirm-down \(id)", nil, nil) { core, now in _ = try core.confirmDown(id, now: now) }
    }
  }

  /// Everything is to be as it should in the end, so no host stays out of use.
  private mutating func settleDown() {
    for host in hosts.indices {
      let id = hosts[host].id
      ask("uncordon \(id)", nil, nil) { core, now in _ = try core.uncordon(id, now: now) }
    }
    if time < calm + .seconds(20) { queue.add(.user, at: time + .seconds(5)) }
  }

  private mutating func ask(
    _ words: String, _ name: ServiceName?, _ spec: ServiceSpec?, isWhole: Bool = true,
    _ change: (inout CoordinatorCore, Now) throws -> Void
  ) {
    guard coordinator.isRunning(at: time) else { return }
    do {
      try change(&coordinator.core!, coordinatorNow)
    } catch {
      note("user: \(words): refused")
      return
    }
    let isAnswered = settleCore() || sabotage == .commitAfterAnswer
    note("user: \(words)\(isAnswered ? "" : ", not answered")")
    guard isAnswered else {
      if let name { model.uncertain.insert(name) }
      return
    }
    model.revision = max(model.revision, coordinator.core?.revision ?? model.revision)
    guard let name else { return }
    model.specs[name] = .some(spec)
    if isWhole { model.uncertain.remove(name) }
  }
}

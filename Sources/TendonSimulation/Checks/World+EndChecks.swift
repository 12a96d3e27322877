// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonDatagram
import TendonModel

/// Once nothing has gone wrong for a while: nothing acknowledged is lost, and what runs is what is wanted.
extension World {
  mutating func checkAtEnd() {
    let counts = datagrams
    note(
      "datagrams: \(counts.accepted) taken; dropped: \(counts.forged) forged, \(counts.replayed) replayed, "
        + "\(counts.dropped - counts.forged - counts.replayed) others")
    guard let core = coordinator.core else { return violate(.convergence, "no coordinator") }
    if core.revision < model.revision {
      violate(
        .durability,
        "the revision \(model.revision) was acknowledged, and in the end it is \(core.revision)")
    }
    for (name, record) in model.records.sorted(by: { $0.key < $1.key })
    where !model.uncertain.contains(name) {
      checkIsKept(name, record, core.record(of: name))
    }
    checkReservation(core)
    checkInstances(core)
    for host in hosts { checkConvergence(of: host) }
  }

  private mutating func checkIsKept(
    _ name: ServiceName, _ told: ServiceRecord?, _ found: ServiceRecord?
  ) {
    guard told?.spec != found?.spec || told?.overrides != found?.overrides else { return }
    func words(_ record: ServiceRecord?) -> String {
      guard let record else { return "not there" }
      let sizes = record.overrides.sorted { $0.key < $1.key }
        .map { ", .\($0.key) at \($0.value.cpu.request)" }
      return
        "x\(record.spec.replicas) \(record.spec.command) at \(record.spec.resources.cpu.request)"
        + sizes.joined()
    }
    violate(.durability, "\(name) was acknowledged as \(words(told)), and is \(words(found))")
  }

  /// Each instance that is wanted runs once, and nothing else does.
  private mutating func checkInstances(_ core: CoordinatorCore) {
    var running: [InstanceID: [String]] = [:]
    for host in hosts {
      for (epoch, process) in host.processes.sorted(by: { $0.key < $1.key }) {
        running[process.instance, default: []].append("epoch \(epoch) on \(host.id)")
      }
    }
    let names = UserAction.Service.allCases.map(\.rawValue) + [UserAction.daemon, UserAction.job]
    for name in names.map(ServiceName.init(simulated:)) {
      guard let record = core.record(of: name) else { continue }
      for run in record.runs?.runs ?? [] { checkRun(run, of: name) }
      for slot in slots(of: record) {
        let id = InstanceID(service: name, slot: slot)
        let copies = running.removeValue(forKey: id) ?? []
        if copies.count != 1, !isCrowdedOut(slot, of: record, core) {
          violate(
            .convergence,
            "\(id) runs \(copies.count) times in the end (\(copies.joined(separator: ", "))): "
              + (core.instanceView(id)?.message ?? "nothing is known of it"))
        }
      }
    }
    for (id, copies) in running.sorted(by: { $0.key < $1.key }) {
      violate(
        .convergence, "\(id) is wanted by nobody, and runs: \(copies.joined(separator: ", "))")
    }
  }

  private mutating func slots(of record: ServiceRecord) -> [Int] {
    switch record.spec.workload.kind {
    case .service: return Array(0..<record.spec.replicas)
    case .job, .cron: return []
    case .daemon:
      let slots = record.daemonSlots ?? [:]
      if slots.count != hosts.count {
        violate(
          .convergence,
          "\(record.spec.name) is wanted on \(slots.count) hosts, and there are \(hosts.count)")
      }
      return slots.values.sorted()
    }
  }

  /// Whether it is a daemon's instance, whose one host has no room left for it.
  private func isCrowdedOut(
    _ slot: Int, of record: ServiceRecord, _ core: CoordinatorCore
  ) -> Bool {
    guard record.spec.workload.kind == .daemon,
      let name = record.daemonSlots?.first(where: { $0.value == slot })?.key,
      let host = hosts.first(where: { $0.id.rawValue == name })
    else { return false }
    let id = InstanceID(service: record.spec.name, slot: slot)
    return !host.processes.values.contains { $0.instance == id }
      && core.requestedCPU(on: host.id) + record.spec.resources.reservedCPU > Self.hostCPU
  }

  /// A run is over, and if it is said to have succeeded, each of its completions has.
  private mutating func checkRun(_ run: JobRun, of name: ServiceName) {
    guard let outcome = run.outcome else {
      return violate(.convergence, "run \(run.number) of \(name) is not over")
    }
    guard outcome == .succeeded else { return }
    for slot in run.slots {
      let instance = InstanceID(service: name, slot: slot)
      if !model.successes.contains(.init(instance: instance, run: "\(run.number)")) {
        violate(
          .durability, "run \(run.number) of \(name) counts as done, and \(instance) never was")
      }
    }
  }

  /// What the store, the agent, its disk and the kernel of a host know is the same.
  private mutating func checkConvergence(of host: SimulatedHost) {
    guard let agent = host.agent else { return violate(.convergence, "\(host.id) has no agent") }
    var wanted: [Epoch: DesiredPlacement] = [:]
    for record in coordinator.stored.state.placements where record.placement.host == host.id {
      wanted[record.placement.epoch] = record.placement
    }
    let epochs = Set(wanted.keys)
    func list(_ epochs: Set<Epoch>) -> String { "\(epochs.sorted())" }
    if agent.epochs != epochs {
      violate(
        .convergence,
        "\(host.id) should have the placements \(list(epochs)), and has \(list(agent.epochs))")
    }
    let recorded = Set(host.disk.records.keys)
    if recorded != agent.epochs {
      violate(
        .convergence,
        "\(host.id) has records of \(list(recorded)) for the placements \(list(agent.epochs))")
    }
    for (epoch, placement) in wanted.sorted(by: { $0.key < $1.key }) {
      if let memory = agent.memory(of: epoch), memory.desired != placement {
        violate(.convergence, "\(host.id) does not know what is wanted of epoch \(epoch)")
      }
      if let process = host.processes[epoch], process.resources != placement.resources {
        violate(
          .convergence,
          "\(placement.instance) (epoch \(epoch)) should have \(placement.resources.cpu.request) CPU, "
            + "and has \(process.resources.cpu.request)")
      }
    }
    for epoch in host.processes.keys.sorted() where wanted[epoch] == nil {
      violate(.convergence, "epoch \(epoch) runs on \(host.id), and is not in the store")
    }
  }
}

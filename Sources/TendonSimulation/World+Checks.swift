// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel

/// What must always hold, and what must hold in the end.
extension World {
  /// After every step of the coordinator.
  mutating func check(_ step: CoordinatorStep, brakeWasOn: Bool) {
    for event in step.events where event.reason == "moved" && brakeWasOn {
      let isConfirmed = coordinator.core?.isBraking == false
      if !isConfirmed { violate("moved while the brake is on: \(event.message)") }
    }
    for name in step.touchedServices.sorted() {
      for (slot, copies) in coordinator.core!.wantedCopies(of: name).sorted(by: { $0.key < $1.key })
      where copies > 2 {
        violate("\(copies) copies of \(name).\(slot) are meant to run")
      }
    }
  }

  /// What is fenced never runs twice at one time, by true time. Checked when a process begins to run, on a host where
  /// one goes on.
  mutating func checkFences(of host: Int) {
    for (epoch, process) in hosts[host].processes.sorted(by: { $0.key < $1.key })
    where process.isFenced && hosts[host].isRunning(at: time) {
      for other in hosts.indices where hosts[other].isRunning(at: time) {
        for (another, twin) in hosts[other].processes.sorted(by: { $0.key < $1.key })
        where twin.instance == process.instance && another != epoch {
          violate(
            "\(process.instance) is fenced and runs twice: epoch \(epoch) on \(hosts[host].id), epoch \(another) on "
              + "\(hosts[other].id)")
          return
        }
      }
    }
  }

  /// What is not fenced is killed only when it was asked to end.
  mutating func checkKill(of epoch: Epoch, _ process: SimulatedHost.Process, on host: Int) {
    guard let memory = hosts[host].agent?.memory(of: epoch), !memory.isStopAsked,
      !process.isFenced, memory.process == process.key
    else { return }
    violate(
      "\(process.instance) (epoch \(epoch)) is killed on \(hosts[host].id), though nobody asked for its end"
    )
  }

  /// Once nothing has gone wrong for a while: nothing acknowledged is lost, and what runs is what is wanted.
  mutating func checkAtEnd() {
    guard let core = coordinator.core else { return violate("no coordinator in the end") }
    if core.revision < model.revision {
      violate(
        "the revision \(model.revision) was acknowledged, and in the end it is \(core.revision)")
    }
    var running: [InstanceID: [String]] = [:]
    for host in hosts {
      for (epoch, process) in host.processes.sorted(by: { $0.key < $1.key }) {
        running[process.instance, default: []].append("epoch \(epoch) on \(host.id)")
      }
    }
    // What was never answered may be there as well.
    for name in Set(model.specs.keys).union(model.uncertain).sorted() {
      let spec = model.specs[name] ?? nil
      let view = core.serviceView(name)
      if !model.uncertain.contains(name), view?.spec != spec {
        violate(
          "\(name) was acknowledged as \(spec.map { "x\($0.replicas) \($0.command)" } ?? "deleted"), and is "
            + (view.map { "x\($0.spec.replicas) \($0.spec.command)" } ?? "not there"))
      }
      for slot in 0..<(view?.spec.replicas ?? 0) {
        let id = InstanceID(service: name, slot: slot)
        let copies = running.removeValue(forKey: id) ?? []
        if copies.count != 1 {
          violate(
            "\(id) runs \(copies.count) times in the end (\(copies.joined(separator: ", "))): "
              + (core.instanceView(id)?.message ?? ""))
        }
      }
    }
    for (id, copies) in running.sorted(by: { $0.key < $1.key }) {
      violate("\(id) is wanted by nobody, and runs: \(copies.joined(separator: ", "))")
    }
    for host in hosts where host.records.count != host.processes.count {
      violate("\(host.id) has \(host.records.count) records for \(host.processes.count) processes")
    }
  }
}

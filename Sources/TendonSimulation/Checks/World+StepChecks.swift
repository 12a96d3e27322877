// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel

/// What must hold after every step of the coordinator, whatever goes wrong.
extension World {
  mutating func check(_ step: CoordinatorStep, brakeWasOn: Bool) {
    for event in step.events {
      switch event.reason {
      case "moved": checkMove(event, brakeWasOn: brakeWasOn)
      case "host-down": checkVerdict(event)
      case "placed": checkBalance(event)
      default: break
      }
    }
    checkBudgets(step.commit)
    for name in step.touchedServices.sorted() { checkCopies(of: name) }
    for id in step.touchedHosts.sorted() {
      checkCapacity(of: id)
      checkHolds(on: id)
    }
    for case .removePlacement(let epoch) in step.commit?.changes ?? [] { checkIsGone(epoch) }
  }

  /// One copy, and one more while it is replaced.
  private mutating func checkCopies(of name: ServiceName) {
    for (slot, copies) in coordinator.core!.wantedCopies(of: name).sorted(by: { $0.key < $1.key })
    where copies > 2 {
      violate(.copies, "\(copies) copies of \(name).\(slot) are meant to run")
    }
  }

  /// No host is given more than it has.
  private mutating func checkCapacity(of host: HostID) {
    let requested = coordinator.core!.requestedCPU(on: host)
    guard requested > Self.hostCPU else { return }
    violate(
      .capacity, "\(host) has \(Self.hostCPU) CPU, and what is placed on it asks for \(requested)")
  }

  /// What the coordinator takes for gone runs nowhere any more.
  private mutating func checkIsGone(_ epoch: Epoch) {
    for host in hosts {
      guard let process = host.processes[epoch] else { continue }
      violate(
        .stopping,
        "\(process.instance) (epoch \(epoch)) is taken for gone, and runs on \(host.id)")
    }
  }

  /// What is not fenced is ended only when the coordinator asked for it.
  mutating func checkKill(of epoch: Epoch, _ process: SimulatedHost.Process, on host: Int) {
    guard let memory = hosts[host].agent?.memory(of: epoch), !memory.isStopAsked,
      !process.isFenced, memory.process == process.key
    else { return }
    violate(
      .stopping,
      "\(process.instance) (epoch \(epoch)) is ended on \(hosts[host].id), though nobody asked for it"
    )
  }
}

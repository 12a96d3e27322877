// SPDX-License-Identifier: Apache-2.0

import Glibc
import Logging
import TendonCore
import TendonLinux
import TendonModel

/// What runs on the host without a record, because the records were damaged or lost. It goes on until the coordinator
/// says what is wanted: then it is taken over as if there had been a record, or ended.
extension HostAgent {
  static var damageCondition: String { "state-damaged" }

  func noteUnclaimed(_ children: [Epoch: [InitChild]]) {
    for (epoch, children) in children.sorted(by: { $0.key < $1.key }) {
      guard let first = children.first else { continue }
      log.warning(
        "\(first.name) (epoch \(epoch)) has no record: kept until the coordinator is heard")
      unclaimed[epoch] = children
    }
  }

  func noteUnclaimed(_ exit: ExitRecord) {
    unclaimed[exit.epoch]?.removeAll { $0.identity == exit.identity }
    unclaimed[exit.epoch]?.append(.exited(exit))
  }

  /// The coordinator has said what is wanted.
  func settleUnclaimed(_ wanted: [DesiredPlacement]) async {
    for placement in wanted {
      guard let children = unclaimed.removeValue(forKey: placement.epoch),
        core.memory(of: placement.epoch) == nil
      else { continue }
      log.about(placement.instance).notice(
        "\(placement.instance) (epoch \(placement.epoch)) is wanted: taken over")
      var memory = PlacementMemory(desired: placement)
      complete(&memory, by: children)
      core.restore(memory)
      adoptUser(of: memory)
      heldPorts[placement.epoch] = memory.ports
      for port in memory.ports.values { ports.adopt(port) }
      samples.changed(placement.epoch)
      let record = work.record(of: memory)
      await adoptLimits(of: [record])
      await adopt(record, children)
    }
    let rest = unclaimed
    unclaimed = [:]
    for (epoch, children) in rest { end(epoch, children) }
    await removeCgroups(wanted: Set(wanted.map(\.epoch)))
  }

  private func end(_ epoch: Epoch, _ children: [InitChild]) {
    for child in children {
      switch child {
      case .exited(let exit):
        exits[ProcessKey(exit.identity)] = exit
        acknowledge(ProcessKey(exit.identity))
      case .running(_, let name, let process):
        log.warning("\(name) (epoch \(epoch), \(process.identity)) is not wanted: killed")
        do { try process.pidfd.send(signal: SIGKILL) } catch {
          if error.errno != ESRCH { log.error("\(process.identity): \(error)") }
        }
      }
    }
  }

  /// Empties and removes cgroups that nobody speaks of. Of those that are wanted nothing is known but that they are
  /// there: they are emptied too, before a start makes them anew.
  private func removeCgroups(wanted: Set<Epoch>) async {
    let tree = work.tree
    do {
      let leaves = try await blocking.run { () throws(CgroupError) in try tree.leaves() }
      for leaf in leaves where core.memory(of: leaf.epoch) == nil {
        log.warning("cgroup \(leaf) has no record: emptied and removed")
        try await emptyCgroup(tree.path(of: leaf))
        try await blocking.run { () throws(CgroupError) in try tree.remove(leaf) }
      }
    } catch {
      log.error("cgroups without a record: \(error)")
    }
  }
}

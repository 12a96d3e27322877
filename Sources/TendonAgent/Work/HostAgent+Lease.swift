// SPDX-License-Identifier: Apache-2.0

import Glibc
import Logging
import TendonCore
import TendonLinux
import TendonModel

/// Fenced placements.
extension HostAgent {
  /// Notes that it is about to run by the host's lease.
  func fence(_ placement: DesiredPlacement) throws(StartError) {
    guard placement.spec.fence else { return }
    guard work.lease.holds(at: HostClock.bootTime) else {
      throw StartError(
        "fence",
        "it is fenced, and no coordinator has acknowledged this host lately, or what was fenced here before is not gone"
      )
    }
    do {
      try work.lease.hold(placement.epoch, in: work.path(of: placement))
    } catch {
      throw StartError("fence", "its watchdog can't be told: \(error)")
    }
  }

  /// After a restart of the agent: what runs goes on by the lease as it was.
  func adoptFence(of placement: DesiredPlacement) {
    guard placement.spec.fence else { return }
    do {
      try work.lease.hold(placement.epoch, in: work.path(of: placement))
    } catch {
      log.about(placement.instance).error(
        "\(placement.instance): the watchdog of its fence can't be told: \(error)")
    }
  }

  func unfence(_ epoch: Epoch) {
    do { try work.lease.release(epoch) } catch {
      // Its cgroup is gone; the watchdog finds nothing there to kill.
      log.warning("the watchdog of fenced instances can't be told that one is gone: \(error)")
    }
  }

  /// Kills every fenced placement, before anything else is done about it.
  func leaseEnded() async {
    let held = work.lease.held
    let faults = await blocking.run(slowly: true) { () -> [String] in
      // Those that are not there have nothing to kill.
      held.values.filter { access($0, F_OK) == 0 }.compactMap { path in
        do throws(CgroupError) {
          try CgroupProcesses.kill(path)
          return nil
        } catch {
          return "\(error)"
        }
      }
    }
    for fault in faults { log.error("fenced, and not killed: \(fault)") }
    for (epoch, path) in held.sorted(by: { $0.key < $1.key }) {
      tell(.leaseEnded, of: epoch)
      // Over for good before this agent took over: nobody removes its cgroup, for there is none.
      let isOver = core.memory(of: epoch)?.phase.isFinal ?? true
      if isOver, access(path, F_OK) != 0 { unfence(epoch) }
    }
  }
}

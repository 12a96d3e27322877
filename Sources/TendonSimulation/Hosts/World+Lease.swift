// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel

/// The lease that fenced instances live by.
extension World {
  /// How long a kill takes, in milliseconds: less than the margin that the coordinator leaves for it.
  private static var killTime: ClosedRange<Int64> { 0...200 }

  mutating func lookAtLease(_ host: Int) {
    queue.add(.leaseLook(host: host), at: time + .milliseconds(50))
    watchLease(host)
    let isOver = !hosts[host].lease.holds(at: hosts[host].clock(time))
    guard hosts[host].agent != nil, isOver || !hosts[host].lapsed.isEmpty else { return }
    for memory in hosts[host].agent!.memories {
      let epoch = memory.desired.epoch
      let isEnded = memory.desired.spec.fence && (isOver || hosts[host].lapsed.contains(epoch))
      if isEnded || sabotage == .fencesAll && isOver { tell(.leaseEnded, of: epoch, on: host) }
    }
  }

  /// What tendon-init does by itself.
  mutating func watchLease(_ host: Int, atOnce: Bool = false) {
    guard hosts[host].isUp else { return }
    let isOver = !hosts[host].lease.holds(at: hosts[host].clock(time))
    guard isOver || !hosts[host].lapsed.isEmpty else { return }
    for (epoch, process) in hosts[host].processes.sorted(by: { $0.key < $1.key })
    where process.isFenced && (isOver || hosts[host].lapsed.contains(epoch)) {
      let status = ExitStatus.signaled(signal: 9, coreDumped: false)
      if atOnce {
        processEnds(epoch, process.key, on: host, status)
      } else {
        queue.add(
          .processEnds(host: host, epoch, process.key, status),
          at: time + hosts[host].random.milliseconds(Self.killTime))
      }
    }
  }
}

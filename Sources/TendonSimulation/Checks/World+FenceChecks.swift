// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// What is fenced never runs twice at one time, by true time.
extension World {
  /// Checked when a process begins to run, and on a host that goes on after it stood still.
  mutating func checkFences(of host: Int) {
    guard hosts[host].isRunning(at: time) else { return }
    for (epoch, process) in hosts[host].processes.sorted(by: { $0.key < $1.key })
    where process.isFenced {
      for other in hosts.indices where hosts[other].isRunning(at: time) {
        for (another, twin) in hosts[other].processes.sorted(by: { $0.key < $1.key })
        where twin.instance == process.instance && another != epoch {
          return violate(
            .fencing,
            "\(process.instance) is fenced and runs twice: epoch \(epoch) on \(hosts[host].id), "
              + "epoch \(another) on \(hosts[other].id)")
        }
      }
    }
  }
}

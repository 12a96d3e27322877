// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel

/// Records of placements on a host's disk.
extension World {
  mutating func write(
    _ epoch: Epoch, isRemoval: Bool = false, then: SimulatedDisk.Then? = nil, on host: Int
  ) {
    let request = SimulatedDisk.Request(epoch: epoch, isRemoval: isRemoval, then: then)
    if hosts[host].disk.ask(request) { beginWrite(on: host) }
  }

  private mutating func beginWrite(on host: Int) {
    let (agent, boot) = (hosts[host].agent, hosts[host].boot)
    let isBegun = hosts[host].disk.begin { epoch in
      agent?.memory(of: epoch).map { SimulatedDisk.Record(boot: boot, memory: $0) }
    }
    guard isBegun else { return }
    let time = hosts[host].random.milliseconds(hosts[host].weather.isDiskSlow ? 20...3000 : 0...4)
    queue.add(.diskDone(host: host, life: hosts[host].life), at: self.time + time)
  }

  mutating func diskIsDone(_ host: Int) {
    for then in hosts[host].disk.finish() {
      switch then {
      case .goOn(let epoch): goOn(epoch, on: host)
      case .acknowledge(let epoch, let key): acknowledgeExit(key, of: epoch, on: host)
      }
    }
    beginWrite(on: host)
  }
}

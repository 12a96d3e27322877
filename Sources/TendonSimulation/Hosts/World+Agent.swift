// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel

/// Begin and end of agents and of the hosts under them.
extension World {
  mutating func startAgent(_ host: Int) {
    hosts[host].life += 1
    note("agent of \(hosts[host].id) starts")
    hosts[host].agent = AgentCore(
      host: hosts[host].id, generator: SimulationRandom(seed: hosts[host].random.next()))
    for (epoch, record) in hosts[host].disk.records.sorted(by: { $0.key < $1.key }) {
      hosts[host].agent!.restore(record.memory)
      if record.boot != hosts[host].boot {
        tell(.hostRebooted, of: epoch, on: host)
      } else if let process = hosts[host].processes[epoch] {
        tell(
          .adopted(process.key, runningSince: hosts[host].clock(time)), of: epoch, on: host)
      } else if let exit = hosts[host].exits[epoch] {
        tell(.exited(exit.key, exit.report), of: epoch, on: host)
      } else {
        tell(.nothingFound, of: epoch, on: host)
      }
    }
  }

  mutating func stopAgent(_ host: Int) {
    guard hosts[host].agent != nil else { return }
    note("agent of \(hosts[host].id) ends")
    hosts[host].loseAgent()
    streamCloses(of: host)
    hosts[host].session = nil
  }

  mutating func losePower(_ host: Int) {
    guard hosts[host].isUp else { return }
    hosts[host].losePower(at: time)
  }

  mutating func boot(_ host: Int) {
    guard !hosts[host].isUp else { return }
    hosts[host].isUp = true
    hosts[host].boot += 1
    startAgent(host)
  }

  func incarnation(of host: Int) -> Incarnation {
    Incarnation(
      bootHigh: UInt64(host + 1), bootLow: hosts[host].boot, agentStartedAt: hosts[host].life)
  }
}

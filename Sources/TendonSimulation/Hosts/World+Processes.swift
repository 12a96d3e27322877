// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel

/// Processes, which tendon-init holds: they outlive agents, and so do their ends until somebody acknowledges them.
extension World {
  mutating func startProcess(_ order: StartOrder, on host: Int) {
    let placement = order.desired
    guard !placement.spec.fence || hosts[host].holdsLease(time) else {
      return answer(
        .startFailed(
          StartFailure(attempt: order.attempt, step: "fence", reason: "the host has no lease")),
        of: placement.epoch, on: host)
    }
    if hosts[host].processes[placement.epoch] != nil {
      violate(
        .copies,
        "\(placement.instance) (epoch \(placement.epoch)) is started on \(hosts[host].id), and runs there"
      )
    }
    hosts[host].lastPID += 1
    let key = ProcessKey(
      pid: hosts[host].lastPID, startTicks: UInt64(time.nanoseconds / 10_000_000))
    hosts[host].processes[placement.epoch] = .init(
      key: key, instance: placement.instance, isFenced: placement.spec.fence, since: time,
      resources: placement.resources,
      run: placement.spec.workload.isFinite ? placement.spec.env["TENDON_RUN"] : nil)
    note("\(placement.instance) (epoch \(placement.epoch)) runs on \(hosts[host].id)")
    checkFences(of: host)
    live(key, of: placement, on: host)
    answer(
      .spawned(
        SpawnOutcome(
          attempt: order.attempt, process: key, ports: [:],
          limits: LimitsOutcome(
            revision: placement.resourcesRevision, microseconds: 80, knobs: []), oomKills: 0)),
      of: placement.epoch, on: host)
  }

  /// When it ends by itself, and how.
  private mutating func live(
    _ key: ProcessKey, of placement: DesiredPlacement, on host: Int
  ) {
    let ends = { (code: Int32) in
      Event.processEnds(host: host, placement.epoch, key, .exited(code: code))
    }
    if placement.spec.workload.isFinite {
      let code: Int32 = hosts[host].random.chance(10) ? 1 : 0
      queue.add(ends(code), at: time + hosts[host].random.milliseconds(300...6000))
    } else if time < calm, hosts[host].random.chance(2) {
      queue.add(ends(1), at: time + hosts[host].random.milliseconds(1...20_000))
    }
  }

  mutating func signal(_ key: ProcessKey, _ number: Int32, of epoch: Epoch, on host: Int) {
    if let process = hosts[host].processes[epoch], process.key == key {
      checkKill(of: epoch, process, on: host)
    }
    // One in ten does not listen.
    guard number == 9 || !hosts[host].random.chance(10) else {
      if sabotage == .endInvented {
        answer(.exited(key, report(.unknown, on: host)), of: epoch, on: host)
      }
      return
    }
    queue.add(
      .processEnds(host: host, epoch, key, .signaled(signal: number, coreDumped: false)),
      at: time + hosts[host].random.milliseconds(1...300))
  }

  mutating func killCgroup(of epoch: Epoch, on host: Int) {
    if sabotage != .endInvented, let process = hosts[host].processes[epoch] {
      checkKill(of: epoch, process, on: host)
      processEnds(epoch, process.key, on: host, .signaled(signal: 9, coreDumped: false))
    }
    answer(.cgroupEmpty, of: epoch, on: host)
  }

  /// A process ends, by itself or by a signal; tendon-init keeps its exit.
  mutating func processEnds(
    _ epoch: Epoch, _ key: ProcessKey, on host: Int, _ status: ExitStatus
  ) {
    guard let process = hosts[host].processes[epoch], process.key == key else { return }
    hosts[host].processes[epoch] = nil
    note("\(process.instance) (epoch \(epoch)) ends on \(hosts[host].id): \(status)")
    if let run = process.run, status.isSuccess {
      model.successes.insert(.init(instance: process.instance, run: run))
    }
    let report = report(status, on: host)
    hosts[host].exits[epoch] = (key, report)
    if hosts[host].agent != nil { answer(.exited(key, report), of: epoch, on: host) }
  }

  private func report(_ status: ExitStatus, on host: Int) -> ExitReport {
    ExitReport(status: status, at: hosts[host].now(time).wall, outOfMemory: false)
  }

  mutating func acknowledgeExit(_ key: ProcessKey, of epoch: Epoch, on host: Int) {
    if hosts[host].exits[epoch]?.key == key { hosts[host].exits[epoch] = nil }
  }
}

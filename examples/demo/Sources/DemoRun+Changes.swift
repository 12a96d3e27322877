// SPDX-License-Identifier: Apache-2.0

import TendonClient
import TendonLab
import TendonLabClient
import TendonModel

/// The steps in which something changes or breaks.
extension DemoRun {
  func resize(
    _ service: ServiceName, on cluster: LabCluster, _ report: inout DemoReport
  ) async throws {
    let old = try await cluster.client.service(service).spec.resources
    guard let cpu = old.cpu.limit.value, let memory = old.memory.limit.value else {
      throw LabClusterError("\(service) has no limits to double")
    }
    var change = ResourcesChange()
    change.cpuLimit = .value(MilliCPU(cpu.rawValue * 2))
    change.memoryLimit = .value(Bytes(memory.rawValue * 2))
    stage.step(
      "tendon resize \(service) --cpu :\(change.cpuLimit!) --memory :\(change.memoryLimit!)"
        + "  (twice as much, live)")
    let before = try await cluster.processes(of: service)
    let files = ["cpu.max", "memory.max"]
    var rows = [["INSTANCE", "PID", "FILE", "BEFORE", "AFTER"]]
    var earlier: [[String]] = []
    for process in before { earlier.append(try await cluster.cgroupFiles(files, of: process)) }
    let start = ContinuousClock.now
    let answer = try await cluster.client.resize(service, ResizeRequest(change: change))
    let took = ContinuousClock.now - start
    let after = try await cluster.processes(of: service)
    for (process, old) in zip(after, earlier) {
      let new = try await cluster.cgroupFiles(files, of: process)
      for (index, file) in files.enumerated() {
        rows.append([process.instance.description, "\(process.pid)", file, old[index], new[index]])
      }
    }
    stage.table(rows)
    report.resizeMilliseconds = Double(took.wholeNanoseconds) / 1e6
    report.pidsUnchanged =
      before == after && answer.instances.allSatisfy { $0.knobs.allSatisfy(\.isInForce) }
    stage.good(
      "\(answer.instances.count) instances resized, read back and answered in \(text(took)); "
        + "pids and start times \(report.pidsUnchanged ? "unchanged" : "CHANGED")")
  }

  func loseHost(on cluster: LabCluster, _ report: inout DemoReport) async throws {
    let victim = cluster.lab.hosts[1]
    let lost = try await cluster.client.instances().filter { $0.host?.rawValue == victim }
    stage.step("Cutting the power of \(victim), with \(lost.count) instances on it")
    let start = ContinuousClock.now
    async let down = downTime(of: victim, on: cluster)
    async let replaced = replacedTime(of: victim, on: cluster)
    try await cluster.lab.kill(victim)
    report.detectMilliseconds = Double((try await down - start).wholeNanoseconds) / 1e6
    report.replaceMilliseconds = Double((try await replaced - start).wholeNanoseconds) / 1e6
    stage.good("found down after \(milliseconds(report.detectMilliseconds))")
    stage.good("all replacements running after \(milliseconds(report.replaceMilliseconds))")
    let moved = Set(lost.map(\.id))
    for view in try await cluster.client.instances() where moved.contains(view.id) {
      let place = view.host?.rawValue ?? "nowhere"
      stage.tell("\(view.id): \(victim) -> \(place) (epoch \(view.epoch?.rawValue ?? 0))")
    }
  }

  private func downTime(
    of host: String, on cluster: LabCluster
  ) async throws -> ContinuousClock.Instant {
    try await cluster.waitForHosts(within: .seconds(30)) { hosts in
      hosts.contains { $0.id.rawValue == host && $0.state == .down }
    }
    return ContinuousClock.now
  }

  private func replacedTime(
    of host: String, on cluster: LabCluster
  ) async throws -> ContinuousClock.Instant {
    try await withThrowingTaskGroup(of: Void.self) { group in
      for spec in services {
        group.addTask {
          try await cluster.waitForInstances(of: spec.name, within: .seconds(60)) { views in
            views.count == spec.replicas
              && views.allSatisfy { $0.state == .running && $0.host?.rawValue != host }
          }
        }
      }
      try await group.waitForAll()
    }
    return ContinuousClock.now
  }

  func killAgent(on cluster: LabCluster, _ report: inout DemoReport) async throws {
    let host = cluster.lab.hosts[0]
    stage.step("Killing the agent of \(host) (SIGKILL)")
    let before = try await allProcesses(on: cluster)
    let pid = try await cluster.lab.killAgent(host)
    try await cluster.waitForHosts { $0.contains { $0.id.rawValue == host && !$0.isConnected } }
    try await cluster.waitForHosts {
      $0.contains { $0.id.rawValue == host && $0.isConnected && $0.state == .ready }
    }
    let after = try await allProcesses(on: cluster)
    report.agentKillPIDsUnchanged = before == after && !before.isEmpty
    stage.good(
      "agent \(pid) is dead, another took over \(after.count { $0.host == host }) instances; "
        + "pids \(report.agentKillPIDsUnchanged ? "unchanged" : "CHANGED")")
  }

  func killCoordinator(on cluster: LabCluster, _ report: inout DemoReport) async throws {
    stage.step("Killing the coordinator (SIGKILL)")
    let before = try await allProcesses(on: cluster)
    try await cluster.lab.killCoordinator()
    for (host, processes) in Dictionary(grouping: before, by: \.host) {
      let tests = processes.map { "test -d /proc/\($0.pid)" }.joined(separator: " && ")
      try await cluster.lab.shell(host, tests)
    }
    stage.good("without a coordinator, all \(before.count) instances run on")
    try await cluster.lab.startCoordinator()
    let living = cluster.lab.hosts.filter { $0 != cluster.lab.hosts[1] }
    try await cluster.waitForHosts { hosts in
      living.allSatisfy { name in
        hosts.contains { $0.id.rawValue == name && $0.isConnected && $0.state == .ready }
      }
    }
    for spec in services {
      try await cluster.waitForInstances(of: spec.name) { views in
        views.count == spec.replicas && views.allSatisfy { $0.state == .running }
      }
    }
    let after = try await allProcesses(on: cluster)
    report.coordinatorKillPIDsUnchanged = before == after && !before.isEmpty
    stage.good(
      "the new coordinator knows all \(after.count); "
        + "pids \(report.coordinatorKillPIDsUnchanged ? "unchanged" : "CHANGED")")
  }

  private func allProcesses(on cluster: LabCluster) async throws -> Set<SeenProcess> {
    let running = try await cluster.client.instances().filter { $0.state == .running }
    return Set(try await cluster.processes(of: running))
  }
}

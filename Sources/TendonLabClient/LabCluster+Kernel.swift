// SPDX-License-Identifier: Apache-2.0

import TendonClient
import TendonLab
package import TendonModel

/// One process as its host's kernel knows it.
package struct SeenProcess: Hashable, Sendable {
  package var instance: InstanceID
  package var host: String
  package var pid: Int32
  /// Field 22 of `/proc/PID/stat`: with the pid it names one process for good.
  package var startTicks: UInt64
}

/// Looks past Tendon, into the hosts' own kernels.
extension LabCluster {
  /// The processes of a service's running instances, each looked up in its host's `/proc`.
  package func processes(of service: ServiceName) async throws -> [SeenProcess] {
    var seen: [SeenProcess] = []
    for view in try await client.instances(of: service) where view.state == .running {
      seen.append(try await process(of: view))
    }
    return seen
  }

  /// A running instance's process; throws where its host has no such process.
  package func process(of view: InstanceView) async throws -> SeenProcess {
    guard let host = view.host?.rawValue, let pid = view.status?.pid else {
      throw LabClusterError("\(view.id) has no process: \(view.message)")
    }
    let stat = try await lab.shell(host, "cat /proc/\(pid)/stat")
    // The name in parentheses may hold anything; the fields after it are plain.
    let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
    guard fields.count > 20, let ticks = UInt64(fields[20]) else {
      throw LabClusterError("/proc/\(pid)/stat on \(host) reads \(stat)")
    }
    return SeenProcess(instance: view.id, host: host, pid: pid, startTicks: ticks)
  }

  /// A file of the cgroup that the instance's process is in, as the kernel shows it.
  package func cgroupFile(_ name: String, of process: SeenProcess) async throws -> String {
    try await lab.shell(
      process.host,
      "cat /sys/fs/cgroup$(sed -n 's/^0:://p' /proc/\(process.pid)/cgroup)/\(name)")
  }
}

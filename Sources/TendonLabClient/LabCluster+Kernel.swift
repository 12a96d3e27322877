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
    try await processes(of: try await client.instances(of: service).filter { $0.state == .running })
  }

  /// The processes of running instances, in the instances' order; throws where a host has no such process.
  package func processes(of views: [InstanceView]) async throws -> [SeenProcess] {
    var seen: [InstanceID: SeenProcess] = [:]
    for (host, views) in Dictionary(grouping: views, by: \.host) {
      guard let host = host?.rawValue else {
        throw LabClusterError("\(views[0].id) has no host: \(views[0].message)")
      }
      let pids = try views.map { view in
        guard let pid = view.status?.pid else {
          throw LabClusterError("\(view.id) has no process: \(view.message)")
        }
        return pid
      }
      let files = pids.map { "/proc/\($0)/stat" }.joined(separator: " ")
      let stats = try await lab.shell(host, "cat \(files)").split(separator: "\n")
      for (view, (pid, stat)) in zip(views, zip(pids, stats)) {
        seen[view.id] = SeenProcess(
          instance: view.id, host: host, pid: pid, startTicks: try Self.startTicks(stat))
      }
    }
    return try views.map { view in
      guard let process = seen[view.id] else {
        throw LabClusterError("\(view.id)'s process was not read")
      }
      return process
    }
  }

  package func process(of view: InstanceView) async throws -> SeenProcess {
    try await processes(of: [view])[0]
  }

  private static func startTicks(_ stat: Substring) throws -> UInt64 {
    // The name in parentheses may hold anything; the fields after it are plain.
    let fields = stat[(stat.lastIndex(of: ")") ?? stat.startIndex)...].split(separator: " ")
    guard fields.count > 20, let ticks = UInt64(fields[20]) else {
      throw LabClusterError("a /proc/PID/stat reads \(stat)")
    }
    return ticks
  }

  /// A file of the cgroup that the instance's process is in, as the kernel shows it.
  package func cgroupFile(_ name: String, of process: SeenProcess) async throws -> String {
    try await cgroupFiles([name], of: process)[0]
  }

  /// Several such files of one line each.
  package func cgroupFiles(_ names: [String], of process: SeenProcess) async throws -> [String] {
    let folder = "/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/\(process.pid)/cgroup)"
    let text = try await lab.shell(
      process.host, "cd \"\(folder)\" && cat \(names.joined(separator: " "))")
    guard names.count > 1 else { return [text] }
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard lines.count == names.count else {
      throw LabClusterError("\(names.joined(separator: ", ")) of \(process.instance) read \(text)")
    }
    return lines
  }
}

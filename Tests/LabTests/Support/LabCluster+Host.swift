// SPDX-License-Identifier: Apache-2.0
import TendonClient
import TendonLab
import TendonLabClient
import TendonModel
import Testing

/// The cgroup in which a host's instances live, as the lab starts its agents.
let cgroupRoot = "/sys/fs/cgroup/tendon"

extension LabCluster {
  /// Runs a test in a lab of its own, which is gone afterwards.
  static func withLab(
    _ configuration: LabConfiguration, _ body: (LabCluster) async throws -> Void
  ) async throws {
    let lab = try await Lab.up(configuration)
    do {
      try await with(lab) { try await body($0) }
    } catch {
      try await lab.down()
      throw error
    }
    try await lab.down()
  }

  /// Waits until another agent than the one with this pid runs on the host.
  func untilAgent(of host: String, isNot old: Int32) async throws {
    try await eventually("another agent runs on \(host)") {
      // Between the two there is none to be asked for.
      do { return try await lab.agentPID(host) != old } catch { return false }
    }
  }

  /// Files of the cgroup of an instance's process, read by one command in its host. A file that is not there is an error.
  func kernelFiles(_ names: [String], of process: SeenProcess) async throws -> [String: String] {
    let text = try await lab.shell(
      process.host,
      """
      cd /sys/fs/cgroup$(sed -n 's/^0:://p' /proc/\(process.pid)/cgroup) || exit 1
      for f in \(names.joined(separator: " ")); do echo "== $f"; cat $f || exit 1; done
      """)
    var files: [String: String] = [:]
    for part in text.split(separator: "== ", omittingEmptySubsequences: true) {
      let lines = part.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
      let value = lines.count > 1 ? lines[1] : ""
      files[String(lines[0])] = String(value.trimmingSuffix("\n"))
    }
    return files
  }

  /// A value of a file of `key value` lines, such as `cpu.stat`.
  func kernelValue(_ key: String, in file: String, of process: SeenProcess) async throws -> Int {
    let text = try await cgroupFile(file, of: process)
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      if words.count == 2, words[0] == key, let value = Int(words[1]) { return value }
    }
    throw LabClusterError("\(file) has no \(key): \(text)")
  }

  /// The instances' cgroups that a host's kernel has, as `web.slice/web.0@7`.
  func leaves(on host: String) async throws -> Set<String> {
    let text = try await lab.shell(
      host, "cd \(cgroupRoot) && find . -mindepth 2 -maxdepth 2 -type d -path './*.slice/*'")
    return Set(text.split(separator: "\n").map { String($0.dropFirst(2)) })
  }

  /// Slices, empty ones too: what is left when a service's last cgroup is gone.
  func slices(on host: String) async throws -> Set<String> {
    let text = try await lab.shell(
      host, "cd \(cgroupRoot) && find . -mindepth 1 -maxdepth 1 -type d -name '*.slice'")
    return Set(text.split(separator: "\n").map { String($0.dropFirst(2)) })
  }

  /// Waits until every host's kernel has exactly the cgroups that the coordinator shows, each with a process.
  func expectKernelsAgree(sourceLocation: SourceLocation = #_sourceLocation) async throws {
    let views = try await client.instances()
    for host in lab.hosts {
      let wanted = views.filter { $0.host?.rawValue == host }.compactMap { view in
        view.epoch.map { "\(view.id.service).slice/\(view.id)@\($0)" }
      }
      var found: Set<String> = []
      do {
        try await eventually("the kernel has what the coordinator shows", within: .seconds(15)) {
          found = try await leaves(on: host)
          return found == Set(wanted)
        }
      } catch is LabClusterError {
        Issue.record(
          "\(host) has the cgroups \(found.sorted()), and should have \(wanted.sorted())",
          sourceLocation: sourceLocation)
      }
    }
    for view in views where view.state == .running {
      let process = try await process(of: view)
      #expect(
        process.startTicks == view.status?.pidStartTicks, "\(view.id)",
        sourceLocation: sourceLocation)
    }
  }

  /// The processes of these that still run, looked up in `/proc` past the cluster's network.
  func alive(_ processes: [SeenProcess]) async throws -> [SeenProcess] {
    var found: [SeenProcess] = []
    for process in processes {
      let result = try await lab.exec(process.host, ["cat", "/proc/\(process.pid)/stat"])
      guard result.status == 0, let end = result.text.lastIndex(of: ")") else { continue }
      let fields = result.text[end...].split(separator: " ")
      if fields.count > 20, fields[1] != "Z", UInt64(fields[20]) == process.startTicks {
        found.append(process)
      }
    }
    return found
  }
}

extension Substring {
  fileprivate func trimmingSuffix(_ character: Character) -> Substring {
    var result = self
    while result.last == character { result.removeLast() }
    return result
  }
}

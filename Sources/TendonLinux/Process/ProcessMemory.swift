// SPDX-License-Identifier: Apache-2.0
package import TendonModel

/// What processes hold in memory.
package enum ProcessMemory {
  /// How many processes of one cgroup are looked at.
  private static let mostRead = 64

  /// The largest processes of a cgroup, without those of cgroups below it, largest first. One that ends meanwhile is
  /// left out.
  package static func largest(
    in path: String, limit: Int
  ) throws(CgroupError) -> [ExitReport.ProcessUse] {
    let pids = try CgroupProcesses.list(path).prefix(mostRead)
    let found = try CgroupError.file { () throws(KernelFileError) in
      var found: [ExitReport.ProcessUse] = []
      for pid in pids {
        // resident is the second number, in pages (proc(5)).
        guard let statm = try KernelFile.read("/proc/\(pid)/statm"),
          let name = try KernelFile.read("/proc/\(pid)/comm"),
          let pages = statm.split(separator: " ").dropFirst().first.flatMap({ Int64($0) })
        else { continue }
        found.append(
          ExitReport.ProcessUse(
            pid: pid, name: String(name.prefix { $0 != "\n" }),
            resident: Bytes(pages * PageSize.bytes)))
      }
      return found
    }
    return Array(found.sorted { $0.resident > $1.resident }.prefix(limit))
  }
}

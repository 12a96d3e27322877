// SPDX-License-Identifier: Apache-2.0

/// Whose a process is.
extension CgroupTree {
  /// The placement in whose cgroup, or one below it, a process runs; nil when it is none of this tree's, or gone.
  ///
  /// What `/proc/PID/cgroup` says names the leaf; that the leaf's own `cgroup.procs` lists the process proves it, since a
  /// stranger's cgroup may have any name.
  package func leaf(of pid: Int32) throws(CgroupError) -> CgroupLeaf? {
    let text = try CgroupError.file { () throws(KernelFileError) in
      try KernelFile.read("/proc/\(pid)/cgroup")
    }
    // `0::` is the line of cgroup v2, wherever it stands.
    let line = (text ?? "").split(separator: "\n").first { $0.hasPrefix("0::") }
    guard let parts = line?.dropFirst(3).split(separator: "/"), parts.count >= 2 else { return nil }
    for index in 1..<parts.count {
      guard let leaf = CgroupLeaf(slice: String(parts[index - 1]), name: String(parts[index]))
      else { continue }
      let below = parts[(index + 1)...].map { "/\($0)" }.joined()
      return try CgroupProcesses.list(path(of: leaf) + below).contains(pid) ? leaf : nil
    }
    return nil
  }
}

// SPDX-License-Identifier: Apache-2.0
import Glibc

/// The processes in a cgroup, without those of cgroups below it.
package enum CgroupProcesses {
  /// Their pids; none when the cgroup is gone.
  package static func list(_ path: String) throws(CgroupError) -> [Int32] {
    let file = path + "/cgroup.procs"
    return try CgroupError.file { () throws(KernelFileError) in
      var pids: [Int32] = []
      for line in (try KernelFile.read(file) ?? "").split(separator: "\n") {
        guard let pid = Int32(line) else { throw .notAsExpected(file, line, "a process id") }
        // 0 stands for a process of another pid namespace, which can't be named here.
        if pid > 0 { pids.append(pid) }
      }
      return pids
    }
  }

  /// Kills everything in the cgroup and below it with SIGKILL: by `cgroup.kill` (kernel 5.14), and where that
  /// is missing by signalling what `cgroup.procs` lists, until it lists nothing new. Does not wait for the end.
  package static func kill(_ path: String) throws(CgroupError) {
    let file = path + "/cgroup.kill"
    do throws(KernelFileError) {
      try KernelFile.write("1", to: file)
      return
    } catch {
      guard case .cannotWrite(_, _, let number) = error, number == ENOENT || number == EOPNOTSUPP
      else { throw .file(error) }
    }
    var signalled: Set<Int32> = []
    while true {
      let new = try everywhere(path).filter { !signalled.contains($0) }
      guard !new.isEmpty else { return }
      for pid in new {
        guard Glibc.kill(pid, SIGKILL) == 0 || errno == ESRCH else {
          throw .cannotSignal(pid: pid, errno: errno)
        }
        signalled.insert(pid)
      }
    }
  }

  private static func everywhere(_ path: String) throws(CgroupError) -> [Int32] {
    var pids = try list(path)
    for name in try Folders.list(path) { pids += try everywhere(path + "/" + name) }
    return pids
  }
}

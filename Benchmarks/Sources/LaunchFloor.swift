// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// The least that starting many programs which stay can cost on this machine: for each its cgroup, folders, log files and
/// clone3 of the same program from C, one after the other on one thread, with nothing written down and nobody told.
enum LaunchFloor {
  static let name = "cgroup, folders, log files, clone3 from C, one thread"

  /// - Returns: starts per second.
  static func run(_ host: NativeHost, count: Int) throws -> Double {
    let (cgroups, files) = (host.cgroupRoot + "/floor", host.folder + "/floor")
    let spawner = SpawnFloor(slice: cgroups, program: host.idle, limits: [])
    for folder in [cgroups, files] { try make(folder) }
    // As the agent does it, where the file system can.
    _ = tendon_spread_subdirectories(files)
    for folder in [files + "/work", files + "/logs"] { try make(folder) }
    var children: [Int32] = []
    let start = ContinuousClock.now
    for number in 0..<count {
      let (cgroup, logs) = ("\(cgroups)/\(number)", "\(files)/logs/\(number)")
      for folder in [cgroup, "\(files)/work/\(number)", logs] { try make(folder) }
      let folder = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      let flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC
      let output = open(logs + "/1.stdout", flags, 0o644)
      let error = open(logs + "/1.stderr", flags, 0o644)
      defer { for file in [folder, output, error] { close(file) } }
      let spawned = try spawner.spawn(in: folder, files: (-1, output, error))
      close(spawned.pidfd)
      children.append(spawned.pid)
    }
    let took = ContinuousClock.now - start
    try end(children, in: cgroups)
    return Double(count) * 1000 / took.milliseconds
  }

  private static func make(_ folder: String) throws {
    guard mkdir(folder, 0o755) == 0 else { throw BenchError("mkdir \(folder): errno \(errno)") }
  }

  private static func end(_ children: [Int32], in cgroups: String) throws {
    for (number, pid) in children.enumerated() {
      // Our own children, not reaped yet: the pids can't be others'.
      kill(pid, SIGKILL)
      guard waitpid(pid, nil, 0) == pid else { throw BenchError("waitpid: errno \(errno)") }
      rmdir("\(cgroups)/\(number)")
    }
    guard rmdir(cgroups) == 0 else { throw BenchError("rmdir \(cgroups): errno \(errno)") }
  }
}

// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc
import TendonAgent
import TendonLinux

/// The least that a run in a cgroup of its own can cost on this machine: the same system calls from C, one after the
/// other on one thread, without anybody to ask or to tell. mkdir, the same limits written and read back,
/// clone3(CLONE_INTO_CGROUP, CLONE_PIDFD, CLONE_VM, CLONE_VFORK) of the same program, waitid, rmdir.
final class SpawnFloor {
  private let slice: String
  private let program: String
  private let limits: [SpawnPath.WrittenLimit]
  private let stack: UnsafeMutableRawPointer
  private static let stackBytes = 64 << 10

  /// - Parameter slice: a cgroup that has the controllers for its children.
  /// - Parameter limits: what the agent wrote for the run that this one is held against.
  init(slice: String, program: String, limits: [SpawnPath.WrittenLimit]) {
    self.slice = slice
    self.program = program
    self.limits = limits
    stack = .allocate(byteCount: Self.stackBytes, alignment: 4096)
  }

  deinit { stack.deallocate() }

  /// - Returns: microseconds from nothing to nothing.
  func run() throws -> Double {
    let cgroup = slice + "/floor"
    let start = ContinuousClock.now
    guard mkdir(cgroup, 0o755) == 0 else { throw BenchError("mkdir \(cgroup): errno \(errno)") }
    let folder = open(cgroup, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    for limit in limits { try write(limit, in: folder) }
    let spawned = try spawn(in: folder)
    var status: Int32 = 0
    guard tendon_pidfd_wait(spawned.pidfd, true, &status) == 1 else {
      throw BenchError("waitid: errno \(errno)")
    }
    close(spawned.pidfd)
    close(folder)
    guard rmdir(cgroup) == 0 else { throw BenchError("rmdir \(cgroup): errno \(errno)") }
    return (ContinuousClock.now - start).microseconds
  }

  private func write(_ limit: SpawnPath.WrittenLimit, in folder: Int32) throws {
    let file = openat(folder, limit.file, O_RDWR | O_CLOEXEC)
    defer { close(file) }
    var readBack: (UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0)
    guard pwrite(file, limit.value, limit.value.utf8.count, 0) == limit.value.utf8.count,
      pread(file, &readBack, MemoryLayout.size(ofValue: readBack), 0) > 0
    else { throw BenchError("\(limit.file): errno \(errno)") }
  }

  /// - Parameter files: standard input, output and error; -1: `/dev/null`.
  func spawn(
    in folder: Int32, files: (Int32, Int32, Int32) = (-1, -1, -1)
  ) throws -> tendon_spawned {
    var spawned = tendon_spawned()
    let answer = program.withCString { name in
      var arguments: [UnsafeMutablePointer<CChar>?] = [UnsafeMutablePointer(mutating: name), nil]
      var environment: [UnsafeMutablePointer<CChar>?] = [nil]
      return arguments.withUnsafeMutableBufferPointer { argv in
        environment.withUnsafeMutableBufferPointer { envp in
          var request = tendon_spawn()
          request.argv = UnsafePointer(argv.baseAddress)
          request.envp = UnsafePointer(envp.baseAddress)
          request.cgroup_fd = folder
          request.fds = files
          // What handlers this process has is of no interest to one that ends at once.
          request.flags = UInt32(TENDON_SPAWN_SIGNALS_ARE_DEFAULT)
          request.stack = stack
          request.stack_size = Self.stackBytes
          return tendon_spawn(&request, &spawned)
        }
      }
    }
    guard answer == 0 else { throw BenchError("spawn: errno \(-answer)") }
    return spawned
  }
}

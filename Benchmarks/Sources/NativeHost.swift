// SPDX-License-Identifier: Apache-2.0
import Glibc
import SystemPackage
import TendonAgent
import TendonClient
import TendonLinux
import TendonModel

/// A place on this very machine for an agent of a benchmark's own: folders, a cgroup, two tiny static programs.
///
/// Where the machine's cgroup v2 tree has no controllers the limit files are absent, and a run costs less than it
/// does elsewhere: `limits` says which it is.
final class NativeHost {
  let folder: String
  let cgroupRoot: String
  /// Ends at once.
  let nothing: String
  /// Never ends by itself.
  let idle: String
  let programs: String

  /// `with limits` or `no controllers here`.
  let limits: String

  private init() throws {
    let mount = try CgroupMount.discover().mountPoint
    var template = Array("/tmp/tendon-bench.XXXXXX".utf8CString)
    guard let made = mkdtemp(&template) else { throw BenchError("mkdtemp: errno \(errno)") }
    folder = String(cString: made)
    cgroupRoot = mount + "/" + (folder.split(separator: "/").last.map { String($0) } ?? "bench")
    guard mkdir(cgroupRoot, 0o755) == 0 else {
      throw BenchError("mkdir \(cgroupRoot): errno \(errno); it takes root and a cgroup2 mount")
    }
    let controllers = try KernelFile.read(mount + "/cgroup.controllers") ?? ""
    limits = controllers.contains("cpu") ? "with limits" : "no controllers here"
    programs = try Self.besideOurselves()
    nothing = try Self.compileTiny("call(SYS_exit_group);", to: folder + "/nothing")
    idle = try Self.compileTiny("for (;;) call(SYS_ppoll);", to: folder + "/idle")
  }

  static func with<Result>(_ body: (NativeHost) async throws -> Result) async throws -> Result {
    let host = try NativeHost()
    do {
      let result = try await body(host)
      try host.remove()
      return result
    } catch {
      // The first error is the one that counts.
      try? host.remove()
      throw error
    }
  }

  private func remove() throws {
    for path in [cgroupRoot + "/holder", cgroupRoot] {
      // A tendon-init that was just told to end may still be in it.
      for _ in 0..<100 where rmdir(path) != 0 && errno == EBUSY { usleep(20_000) }
    }
    _ = try Self.run(["rm", "-rf", folder])
  }

  /// - Parameter name: of a folder of its own, so that one agent finds nothing of another.
  func configuration(_ name: String) throws -> AgentConfiguration {
    let folder = folder + "/" + name
    var configuration = AgentConfiguration(
      coordinator: try ServerAddress("http://127.0.0.1:1"), joinToken: "none",
      host: try HostID("bench"), stateDirectory: folder, runDirectory: folder + "/run",
      initPath: programs + "/tendon-init", instancePath: "/usr/bin:/bin")
    configuration.cgroupRoot = cgroupRoot
    configuration.requiredControllers = []
    return configuration
  }

  func placement(
    epoch: UInt64, slot: Int = 0, command: [String], restart: RestartPolicy = .never
  ) throws -> DesiredPlacement {
    let service = try ServiceName("bench")
    var spec = ServiceSpec(name: service, command: command)
    spec.restart = restart
    let resources = Resources(
      cpu: CPUResources(request: MilliCPU(10), limit: .value(MilliCPU(500))),
      memory: MemoryResources(request: .mebibytes(1), limit: .value(.mebibytes(64))))
    return DesiredPlacement(
      epoch: Epoch(epoch), instance: InstanceID(service: service, slot: slot),
      host: try HostID("bench"), spec: spec, resources: resources, resourcesRevision: Revision(1),
      placedAt: Timestamp(millisecondsSinceEpoch: 0))
  }

  /// A static program of a few instructions. It has no C library: to start and end one takes three times as long, which
  /// would hide what is measured here.
  /// - Parameter body: what it does, in C; `call` does a system call without arguments.
  private static func compileTiny(_ body: String, to path: String) throws -> String {
    let source = """
      #include <sys/syscall.h>
      static void call(long number) {
      #if defined(__x86_64__)
        register long result __asm__("rax") = number;
        __asm__ volatile("xor %%edi, %%edi; xor %%esi, %%esi; xor %%edx, %%edx; xor %%r10d, %%r10d; syscall"
          : "+r"(result) : : "rdi", "rsi", "rdx", "rcx", "r10", "r11", "memory");
      #elif defined(__aarch64__)
        register long result __asm__("x8") = number;
        __asm__ volatile("mov x0, xzr; mov x1, xzr; mov x2, xzr; mov x3, xzr; svc 0"
          : : "r"(result) : "x0", "x1", "x2", "x3", "memory");
      #else
      #error "no system calls of this machine are known here"
      #endif
      }
      void _start(void) { \(body) }

      """
    return try compile(source, to: path, ["-nostdlib"])
  }

  /// A static program, with the C compiler that tendon-init is built with.
  static func compile(
    _ source: String, to path: String, _ options: [String] = []
  ) throws -> String {
    guard let file = fopen(path + ".c", "w") else { throw BenchError("\(path).c: errno \(errno)") }
    let isWritten = fputs(source, file) >= 0
    guard fclose(file) == 0, isWritten else { throw BenchError("\(path).c can't be written") }
    let status = try run(["cc", "-Os", "-static", "-s"] + options + ["-o", path, path + ".c"])
    guard status.isSuccess else { throw BenchError("cc: \(status)") }
    return path
  }

  /// Runs a program to its end, with our standard error.
  static func run(_ arguments: [String], output: FileDescriptor? = nil) throws -> ExitStatus {
    var command = ChildProcess.Command(
      arguments: arguments, environment: ["PATH=/usr/local/bin:/usr/bin:/usr/sbin:/bin"])
    command.output = output
    command.error = .standardError
    return try ChildProcess(command).wait()
  }

  private static func besideOurselves() throws -> String {
    var path = [CChar](repeating: 0, count: 4096)
    let length = readlink("/proc/self/exe", &path, path.count - 1)
    guard length > 0 else { throw BenchError("/proc/self/exe: errno \(errno)") }
    let text = String(decoding: path[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    return text.split(separator: "/").dropLast().reduce("") { $0 + "/" + $1 }
  }
}

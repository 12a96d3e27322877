// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import Glibc
import SystemPackage
import TendonLinux
import TendonModel

/// The same tiny program, run by others that are installed on this machine.
enum SpawnPeers {
  static func run(_ host: NativeHost) throws -> [BenchResult] {
    let program = try forkAndExecProgram(host)
    var rows = [
      try forkAndExec(program, host, name: "spawn_p50_us", rounds: 2000, pauseMicroseconds: 0),
      try forkAndExec(
        program, host, name: "spawn_sporadic_p50_us", rounds: 60, pauseMicroseconds: 100_000),
    ]
    for runtime in ["crun", "crun --cgroup-manager=disabled", "runc"] {
      if let row = try container(runtime, host) { rows.append(row) }
    }
    if let row = try scope(host) { rows.append(row) }
    return rows
  }

  /// fork(2), execve(2), waitpid(2) from a C program of a few pages, without a cgroup.
  private static func forkAndExecProgram(_ host: NativeHost) throws -> String {
    let source = """
      #include <stdio.h>
      #include <stdlib.h>
      #include <sys/wait.h>
      #include <time.h>
      #include <unistd.h>
      static int order(const void *a, const void *b) {
        return (*(double *)a > *(double *)b) - (*(double *)a < *(double *)b);
      }
      int main(int argc, char **argv) {
        static double times[2000];
        int rounds = atoi(argv[2]), pause = atoi(argv[3]);
        for (int i = 0; i < rounds; i++) {
          struct timespec a, b;
          char *child[] = {argv[1], NULL};
          if (pause) usleep(pause);
          clock_gettime(CLOCK_MONOTONIC, &a);
          pid_t pid = fork();
          if (pid == 0) { execv(argv[1], child); _exit(127); }
          waitpid(pid, NULL, 0);
          clock_gettime(CLOCK_MONOTONIC, &b);
          times[i] = (b.tv_sec - a.tv_sec) * 1e6 + (b.tv_nsec - a.tv_nsec) / 1e3;
        }
        qsort(times, rounds, sizeof *times, order);
        printf("%f", times[(rounds - 1) / 2]);
        return argc == 4 ? 0 : 1;
      }
      """
    return try NativeHost.compile(source, to: host.folder + "/forkexec")
  }

  private static func forkAndExec(
    _ program: String, _ host: NativeHost, name: String, rounds: Int, pauseMicroseconds: Int
  ) throws -> BenchResult {
    let out = host.folder + "/forkexec.out"
    let file = try FileDescriptor.open(
      FilePath(out), .readWrite, options: [.create, .truncate], permissions: .ownerReadWrite)
    let text = try file.closeAfter {
      guard
        try NativeHost.run(
          [program, host.nothing, "\(rounds)", "\(pauseMicroseconds)"], output: file
        ).isSuccess
      else {
        throw BenchError("\(program) failed")
      }
      var buffer = [UInt8](repeating: 0, count: 64)
      let count = try buffer.withUnsafeMutableBytes {
        try file.read(fromAbsoluteOffset: 0, into: $0)
      }
      return String(decoding: buffer[..<count], as: UTF8.self)
    }
    guard let median = Double(text) else { throw BenchError("\(program) said \(text)") }
    return BenchResult(
      group: "spawn", name: name, value: median, unit: "us", n: rounds,
      peer: "fork+exec, no cgroup")
  }

  /// `crun run`, `runc run`: a container with the program as its root's only file.
  /// - Parameter runtime: with its global options.
  private static func container(_ text: String, _ host: NativeHost) throws -> BenchResult? {
    let words = text.split(separator: " ").map(String.init)
    let runtime = words[0]
    guard isInstalled(runtime) else { return nil }
    let bundle = "\(host.folder)/\(runtime)"
    let prepare = """
      mkdir -p \(bundle)/rootfs && cp \(host.nothing) \(bundle)/rootfs/nothing && cd \(bundle) \
      && rm -f config.json && \(runtime) spec && sed -i -e 's/"terminal": true/"terminal": false/' \
      -e 's/"sh"/"\\/nothing"/' config.json
      """
    guard try NativeHost.run(["sh", "-c", prepare]).isSuccess else { return nil }
    return try times(peer: "\(text) run") { index in
      words + ["--root", "\(bundle)/state", "run", "--bundle", bundle, "tendon-bench-\(index)"]
    }
  }

  /// `systemd-run --scope`, where systemd is the machine's init.
  private static func scope(_ host: NativeHost) throws -> BenchResult? {
    guard isInstalled("systemd-run"), access("/run/systemd/system", F_OK) == 0 else { return nil }
    return try times(peer: "systemd-run --scope") { _ in
      ["systemd-run", "--quiet", "--scope", host.nothing]
    }
  }

  private static func times(
    peer: String, _ arguments: (Int) -> [String]
  ) throws -> BenchResult? {
    var times: [Double] = []
    for index in 0..<30 {
      let start = ContinuousClock.now
      // One that can't work on this machine has said why on stderr.
      guard try NativeHost.run(arguments(index)).isSuccess else { return nil }
      times.append((ContinuousClock.now - start).microseconds)
    }
    return SpawnBenchmark.row("spawn_p50_us", times, nil, peer: peer)
  }

  private static func isInstalled(_ program: String) -> Bool {
    ["/usr/bin", "/usr/sbin", "/usr/local/bin"].contains { access("\($0)/\(program)", X_OK) == 0 }
  }
}

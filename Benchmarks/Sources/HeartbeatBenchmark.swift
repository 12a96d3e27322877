// SPDX-License-Identifier: Apache-2.0
import NIOPosix
import Synchronization
import TendonCoordinator
import TendonDatagram
import TendonLinux
import TendonModel

/// How many sealed heartbeats one core of the coordinator receives, opens, checks and acknowledges.
///
/// The server is the coordinator's own; the load comes from another thread over loopback UDP. The figure
/// divides what was acknowledged, and authentic on the other end, by the CPU time of the server's thread: system
/// calls are in it, the load's side is not.
enum HeartbeatBenchmark {
  private static let rounds = 5
  private static let beatsPerRound = 200_000
  private static let sessions = 1000

  private struct Round {
    var acknowledged: Int
    var lost: Int
    var cpuSeconds: Double
    var wallSeconds: Double
  }

  /// The load, on its way to the thread that sends it.
  private final class Shared: Sendable {
    let load: Mutex<HeartbeatLoad>

    init(load: sending HeartbeatLoad) { self.load = Mutex(load) }
  }

  static func run() async throws -> [BenchResult] {
    let pool = NIOThreadPool(numberOfThreads: 1)
    pool.start()
    let delivered = Atomic<Int>(0)
    let server = try HealthServer(
      HealthServer.Configuration(host: "127.0.0.1", port: 0),
      sessions: SessionTable(coordinatorEpoch: 1, lease: .seconds(10))
    ) { delivered.add($0.count, ordering: .relaxed) }
    let load = Shared(load: try HeartbeatLoad(sessions: sessions, server: server))
    let (measured, sealedBytes) = try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await server.run() }
      var measured: [Round] = []
      for index in 0...rounds {
        let round = try await measure(load, server, pool)
        // The first only warms up.
        if index > 0 { measured.append(round) }
      }
      tasks.cancelAll()
      return (measured, load.load.withLock { $0.datagramBytes })
    }
    try await pool.shutdownGracefully()
    let acknowledged = measured.reduce(0) { $0 + $1.acknowledged }
    guard server.counters.datagrams.accepted >= acknowledged, acknowledged > 0,
      delivered.load(ordering: .relaxed) >= acknowledged
    else { throw LoadError.unexpected("the server counts fewer heartbeats than were acknowledged") }
    return results(measured, acknowledged: acknowledged, sealedBytes: sealedBytes)
  }

  private static func results(
    _ measured: [Round], acknowledged: Int, sealedBytes: Int
  ) -> [BenchResult] {
    func result(
      _ name: String, _ value: Double, _ unit: String, _ target: BenchTarget? = nil
    ) -> BenchResult {
      BenchResult(
        group: "heartbeat", name: name, value: value, unit: unit, n: acknowledged, target: target)
    }
    return [
      result(
        "heartbeat_per_core_s",
        measured.map { Double($0.acknowledged) / $0.cpuSeconds }.median, "1/s",
        .atLeast(100_000)),
      result(
        "heartbeat_wall_per_s",
        measured.map { Double($0.acknowledged) / $0.wallSeconds }.median, "1/s"),
      result("heartbeat_lost", Double(measured.reduce(0) { $0 + $1.lost }), "datagrams"),
      result("heartbeat_sealed_bytes", Double(sealedBytes), "bytes"),
    ]
  }

  private static func measure(
    _ shared: Shared, _ server: HealthServer, _ pool: NIOThreadPool
  ) async throws -> Round {
    try await pool.runIfActive {
      try shared.load.withLock { try $0.prepare(beats: beatsPerRound) }
    }
    let cpuBefore = try cpuSeconds(of: server)
    let start = ContinuousClock.now
    let (acknowledged, lost) = try await pool.runIfActive {
      try shared.load.withLock { try $0.send() }
    }
    let wall = ContinuousClock.now - start
    let cpu = try cpuSeconds(of: server) - cpuBefore
    return Round(
      acknowledged: acknowledged, lost: lost, cpuSeconds: cpu,
      wallSeconds: Double(wall.wholeNanoseconds) / 1e9)
  }

  /// CPU time the server's thread has used so far: the first number of schedstat, nanoseconds on a CPU
  /// (Documentation/scheduler/sched-stats.rst).
  private static func cpuSeconds(of server: HealthServer) throws -> Double {
    guard let thread = server.thread else { throw LoadError.unexpected("the server does not run") }
    let path = "/proc/self/task/\(thread)/schedstat"
    guard let text = try KernelFile.read(path),
      let nanoseconds = text.split(separator: " ").first.flatMap({ Double($0) })
    else { throw LoadError.unexpected("\(path) does not tell the thread's CPU time") }
    return nanoseconds / 1e9
  }
}

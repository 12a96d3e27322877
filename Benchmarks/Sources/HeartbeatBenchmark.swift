// SPDX-License-Identifier: Apache-2.0
import Glibc
import Logging
import NIOCore
import NIOPosix
import Synchronization
import TendonCoordinator
import TendonDatagram
import TendonModel

/// How many sealed heartbeats one core of the coordinator receives, opens, checks and acknowledges.
///
/// The server is the coordinator's own, on an event loop of its own; the load comes from another thread over
/// loopback UDP. The figure divides what was acknowledged, and authentic on the other end, by the CPU time of
/// the loop's thread: system calls are in it, the load's side is not.
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
    let loop = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let pool = NIOThreadPool(numberOfThreads: 1)
    pool.start()
    let delivered = Atomic<Int>(0)
    let server = try await HealthServer.bind(
      HealthServer.Configuration(host: "127.0.0.1", port: 0),
      sessions: SessionTable(coordinatorEpoch: 1, lease: .seconds(10)), on: loop,
      logger: Logger(label: "bench")
    ) { delivered.add($0.count, ordering: .relaxed) }
    let load = Shared(load: try HeartbeatLoad(sessions: sessions, server: server))
    let (measured, sealedBytes) = try await withThrowingTaskGroup(of: Void.self) { tasks in
      tasks.addTask { try await server.run() }
      var measured: [Round] = []
      for index in 0...rounds {
        let round = try await measure(load, on: loop.next(), pool)
        // The first only warms up.
        if index > 0 { measured.append(round) }
      }
      tasks.cancelAll()
      return (measured, load.load.withLock { $0.datagramBytes })
    }
    try await loop.shutdownGracefully()
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
    _ shared: Shared, on loop: any EventLoop, _ pool: NIOThreadPool
  ) async throws -> Round {
    try await pool.runIfActive {
      try shared.load.withLock { try $0.prepare(beats: beatsPerRound) }
    }
    let cpuBefore = try await loop.submit { threadSeconds() }.get()
    let start = ContinuousClock.now
    let (acknowledged, lost) = try await pool.runIfActive {
      try shared.load.withLock { try $0.send() }
    }
    let wall = ContinuousClock.now - start
    let cpu = try await loop.submit { threadSeconds() }.get() - cpuBefore
    return Round(
      acknowledged: acknowledged, lost: lost, cpuSeconds: cpu,
      wallSeconds: Double(wall.wholeNanoseconds) / 1e9)
  }

  /// CPU time of the calling thread.
  private static func threadSeconds() -> Double {
    // A timespec, whose members the compiler takes for another C module's where several are linked in.
    var time = (seconds: 0, nanoseconds: 0)
    withUnsafeMutablePointer(to: &time) {
      $0.withMemoryRebound(to: timespec.self, capacity: 1) {
        _ = clock_gettime(CLOCK_THREAD_CPUTIME_ID, $0)
      }
    }
    return Double(time.seconds) + Double(time.nanoseconds) / 1e9
  }
}

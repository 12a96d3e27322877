// SPDX-License-Identifier: Apache-2.0

import Dispatch
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import TendonAgent

@Suite(
  "The watchdog",
  .enabled(if: AgentHarness.mount != nil, "needs root and a cgroup v2 mount"))
struct WatchdogTests {
  @Test("A third of the limit passes between two signs of life.")
  func interval() async throws {
    try await withWatchdog { watchdog, _ in
      #expect(watchdog.interval == .seconds(3))
      let status = await watchdog.proveAlive()
      #expect(status == "host host1: 0 instances")
    }
  }

  @Test("No sign of life while the threads for blocking work hang; once they go on, it comes.")
  func hungThreads() async throws {
    try await withWatchdog { watchdog, blocking in
      let seen = Seen()
      await withDiscardingTaskGroup { group in
        for _ in 0..<Self.threads { group.addTask { await blocking.run { seen.hang() } } }
        while seen.hung < Self.threads { await Task.yield() }
        group.addTask {
          _ = await watchdog.proveAlive()
          seen.proved()
        }
        // Many times what a proof takes that does not wait for the threads.
        for _ in 1...1_000 { _ = await watchdog.agent.statusLine }
        #expect(!seen.isProved)
        for _ in 0..<Self.threads { seen.gate.signal() }
      }
      #expect(seen.isProved)
    }
  }

  /// As many as the harness has.
  private static let threads = 2

  private final class Seen: Sendable {
    let gate = DispatchSemaphore(value: 0)
    private let state = Mutex((hung: 0, isProved: false))

    var hung: Int { state.withLock { $0.hung } }
    var isProved: Bool { state.withLock { $0.isProved } }

    func hang() {
      state.withLock { $0.hung += 1 }
      gate.wait()
    }

    func proved() { state.withLock { $0.isProved = true } }
  }

  private func withWatchdog(_ body: (Watchdog, Blocking) async throws -> Void) async throws {
    try await AgentHarness.with { harness in
      let blocking = harness.blocking
      try await harness.life { life in
        let watchdog = Watchdog(
          agent: life.agent, blocking: blocking,
          eventLoop: MultiThreadedEventLoopGroup.singleton.next(), limit: .seconds(9))
        try await body(watchdog, blocking)
      }
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
import Logging
import NIOCore
import NIOPosix
import Synchronization
import TendonDatagram
import TendonModel
import Testing

@testable import TendonAgent

@Suite("The heartbeat sender", .timeLimit(.minutes(1)))
struct HeartbeatSenderTests {
  @Test("Beats come on time; acknowledged, they renew the lease from their send time.")
  func beatsAndAcks() async throws {
    try await withSender { sender, coordinator, acks in
      await sender.use(coordinator.session)
      let first = try await coordinator.heartbeat()
      let before = BootClock.now()
      #expect(first.sequence == 1)
      #expect(first.usage == HostUsage(cpuMilli: 250, memoryUsedBytes: 1 << 20))
      #expect(first.appliedRevision == Revision(3))
      #expect(first.instances.map(\.epoch) == [Epoch(9)])
      #expect(sender.link.leaseRenewedFrom == nil)

      try await coordinator.acknowledge(first, newestRevision: 5)
      #expect(await acks.element()?.newestRevision == Revision(5))
      let link = sender.link
      #expect(link.leaseRenewedFrom == first.sentAt)
      #expect(first.sentAt < before)
      #expect(link.newestRevision == Revision(5))
      #expect(link.leaseEnds == first.sentAt + .seconds(10))
      #expect(try #require(link.roundTrip) > .zero)

      let second = try await coordinator.heartbeat()
      let third = try await coordinator.heartbeat()
      #expect(third.sequence == second.sequence + 1)
      #expect(third.sentAt - second.sentAt > .milliseconds(10))
    }
  }

  @Test("Forged, replayed and misdirected acknowledgements renew nothing and are counted.")
  func badAcks() async throws {
    try await withSender { sender, coordinator, acks in
      await sender.use(coordinator.session)
      let first = try await coordinator.heartbeat()
      var forged = try await coordinator.sealed(first, newestRevision: 5)
      forged[forged.count - 1] ^= 1
      try await coordinator.send(forged)
      try await coordinator.send([1, 2, 3])
      var strange = first
      strange.sequence = 999
      try await coordinator.acknowledge(strange, newestRevision: 6)
      let good = try await coordinator.sealed(first, newestRevision: 7)
      try await coordinator.send(good)
      try await coordinator.send(good)
      #expect(await acks.element()?.newestRevision == Revision(7))
      let second = try await coordinator.heartbeat(after: first.sequence)
      try await coordinator.acknowledge(second, newestRevision: 8)
      #expect(await acks.element()?.newestRevision == Revision(8))
      let counters = sender.link.datagrams
      #expect(counters.forged == 1)
      #expect(counters.tooShort == 1)
      #expect(counters.malformed == 1)
      #expect(counters.replayed == 1)
      #expect(counters.accepted == 2)
    }
  }

  @Test("A new session takes over at once; what was acknowledged stays.")
  func newSession() async throws {
    try await withSender { sender, coordinator, acks in
      await sender.use(coordinator.session)
      let first = try await coordinator.heartbeat()
      try await coordinator.acknowledge(first, newestRevision: 5)
      #expect(await acks.element() != nil)
      let next = try await coordinator.replaceSession()
      await sender.use(next)
      let beat = try await coordinator.heartbeat()
      #expect(beat.sequence > first.sequence)
      #expect(sender.link.leaseRenewedFrom == first.sentAt)
      try await coordinator.acknowledge(beat, newestRevision: 6)
      #expect(await acks.element()?.newestRevision == Revision(6))
      #expect(sender.link.leaseRenewedFrom == beat.sentAt)
    }
  }

  @Test("A send that the system refuses is counted, and beats go on once it can be sent again.")
  func refused() async throws {
    try await withSender { sender, coordinator, _ in
      // No route: TEST-NET of class E, which Linux does not send to.
      let nowhere = try SocketAddress(ipAddress: "255.255.255.255", port: 9)
      await sender.use(
        HealthSession(
          keys: coordinator.session.keys, coordinator: nowhere, interval: .milliseconds(20)))
      while sender.link.sendErrors < 3 { await Task.yield() }
      #expect(sender.link.sent == 0)
      await sender.use(coordinator.session)
      let beat = try await coordinator.heartbeat()
      #expect(beat.sequence > 3)
      #expect(sender.link.sendErrors >= 3)
    }
  }

  private func withSender(
    _ body: (
      HeartbeatSender, FakeCoordinator, AsyncStream<HeartbeatAck>
    ) async throws -> Void
  ) async throws {
    let coordinator = try await FakeCoordinator()
    let (acks, entry) = AsyncStream.makeStream(of: HeartbeatAck.self)
    let sender = HeartbeatSender(
      incarnation: Incarnation(bootHigh: 1, bootLow: 2, agentStartedAt: 3),
      group: MultiThreadedEventLoopGroup.singleton, logger: Logger(label: "test"),
      provide: {
        HeartbeatInput(
          usage: HostUsage(cpuMilli: 250, memoryUsedBytes: 1 << 20),
          instances: [
            InstanceReading(
              health: InstanceHealth(
                epoch: Epoch(9), phase: .running, restarts: 0, cpuMilli: 1, memoryBytes: 2),
              isChanged: false)
          ], appliedRevision: Revision(3))
      }, onAck: { entry.yield($0) })
    let running = Task { try await sender.run() }
    defer { running.cancel() }
    try await body(sender, coordinator, acks)
    running.cancel()
    try await running.value
    try await coordinator.close()
  }
}

extension AsyncStream where Element: Sendable {
  /// The next element; nil at the end.
  fileprivate func element() async -> Element? {
    for await element in self { return element }
    return nil
  }
}

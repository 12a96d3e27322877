// SPDX-License-Identifier: Apache-2.0
import Logging
import NIOCore
import NIOPosix
import TendonDatagram
import TendonModel
import Testing

@testable import TendonAgent

/// A coordinator, a suspect and a host that is asked, on real sockets of the loopback.
@Suite("Probes between agents", .timeLimit(.minutes(1)))
struct IndirectProbeTests {
  @Test("A ping is answered to where it came from; its copy, a forgery and a stranger's are not.")
  func direct() async throws {
    try await withSender { sender, coordinator in
      await sender.use(coordinator.session)
      _ = try await coordinator.heartbeat()
      let ping = try await coordinator.sealedPing(41)
      var forged = try await coordinator.sealedPing(42)
      forged[forged.count - 1] ^= 1
      for datagram in [ping, ping, forged] { try await coordinator.send(datagram) }
      try await coordinator.send(try await coordinator.sealedPing(43))
      #expect(try await coordinator.pong() == 41)
      #expect(try await coordinator.pong() == 43)
      #expect(sender.link.datagrams.replayed == 1)
      #expect(sender.link.datagrams.forged == 1)
    }
  }

  @Test("A host that is asked says so, sends the ping on, and its answer back; its kernel's too.")
  func indirect() async throws {
    try await withSender { suspect, ofSuspect in
      await suspect.use(ofSuspect.session)
      _ = try await ofSuspect.heartbeat()
      let port = try await #require(ofSuspect.agentPort)
      try await withSender { peer, ofPeer in
        await peer.use(ofPeer.session)
        _ = try await ofPeer.heartbeat()
        let request = ProbeRequest(
          token: 7, asksKernel: true, address: [127, 0, 0, 1], port: port,
          ping: try await ofSuspect.sealedPing(7))
        try await ofPeer.send(try await ofPeer.sealed(request))
        var (wasAsked, answer, kernelAnswered) = (false, [UInt8](), false)
        while !wasAsked || answer.isEmpty || !kernelAnswered {
          let report = try await ofPeer.report()
          #expect(report.token == 7)
          switch report.result {
          case .asked: wasAsked = true
          case .agent(let bytes): answer = bytes
          case .kernel: kernelAnswered = true
          }
        }
        #expect(try await ofSuspect.openPong(answer) == 7)
      }
    }
  }

  @Test("An agent that is told to end says goodbye.")
  func goodbye() async throws {
    try await withSender { sender, coordinator in
      await sender.use(coordinator.session)
      _ = try await coordinator.heartbeat()
      await sender.sayGoodbye()
      #expect(try await coordinator.next(.goodbye).count == 9)
    }
  }

  private func withSender(
    _ body: (HeartbeatSender, FakeCoordinator) async throws -> Void
  ) async throws {
    let coordinator = try await FakeCoordinator()
    let sender = HeartbeatSender(
      incarnation: Incarnation(bootHigh: 1, bootLow: 2, agentStartedAt: 3),
      group: MultiThreadedEventLoopGroup.singleton, logger: Logger(label: "test"),
      provide: {
        HeartbeatInput(
          usage: HostUsage(cpuMilli: 0, memoryUsedBytes: 0), instances: [],
          appliedRevision: Revision(1))
      }, onAck: { _ in })
    let running = Task { try await sender.run() }
    defer { running.cancel() }
    try await body(sender, coordinator)
    running.cancel()
    try await running.value
    try await coordinator.close()
  }
}

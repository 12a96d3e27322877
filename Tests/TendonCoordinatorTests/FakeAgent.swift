// SPDX-License-Identifier: Apache-2.0
import AsyncHTTPClient
import Foundation
import NIOCore
import TendonModel
import Testing

@testable import TendonCoordinator

/// An agent as far as the coordinator can tell.
struct FakeAgent {
  let cluster: TestCluster
  let host: HostID
  let grant: SessionGrant
  var stream: LineReader
  private var sequence: UInt64 = 0

  /// Opens a session and the stream; the snapshot is not read yet.
  static func join(_ cluster: TestCluster, _ name: String = "h1") async throws -> FakeAgent {
    let host = try HostID(name)
    let grant = try await session(cluster, name)
    let stream = try await cluster.lines(
      "/v1/agents/\(name)/stream?session=\(grant.sessionID)", token: TestCluster.joinToken)
    return FakeAgent(cluster: cluster, host: host, grant: grant, stream: stream)
  }

  static func session(_ cluster: TestCluster, _ name: String) async throws -> SessionGrant {
    let request = SessionRequest(
      facts: HostFacts(
        capacity: HostCapacity(cpu: MilliCPU(8000), memory: .mebibytes(8192)), labels: [:],
        address: "127.0.0.1", kernel: "6.1.0", controllers: ["cpu", "memory", "io", "pids"],
        version: tendonVersion),
      incarnation: Incarnation(bootHigh: 1, bootLow: 2, agentStartedAt: 3),
      nonce: String(repeating: "ab", count: 16))
    let answer = try await cluster.call(
      "POST", "/v1/agents/\(name)/session", String(buffer: JSON.encode(request)),
      token: TestCluster.joinToken)
    try #require(answer.status == 200, "\(answer.text)")
    return try answer.json()
  }

  /// The next line that is not a keep-alive.
  mutating func next() async throws -> AgentStreamLine {
    while true {
      let line = try #require(try await stream.next(AgentStreamLine.self))
      if line != .keepAlive { return line }
    }
  }

  /// Reads lines until `count` placements are wanted, and returns them.
  mutating func placements(_ count: Int) async throws -> [DesiredPlacement] {
    var wanted: [Epoch: DesiredPlacement] = [:]
    while wanted.count != count {
      switch try await next() {
      case .snapshot(_, let placements):
        wanted = Dictionary(uniqueKeysWithValues: placements.map { ($0.epoch, $0) })
      case .delta(_, let upserts, let removals):
        for placement in upserts { wanted[placement.epoch] = placement }
        for epoch in removals { wanted[epoch] = nil }
      case .query, .keepAlive: continue
      }
    }
    return wanted.values.sorted { $0.epoch < $1.epoch }
  }

  /// The next question.
  mutating func question() async throws -> (id: UInt64, query: AgentQuery) {
    while true { if case .query(let id, let query) = try await next() { return (id, query) } }
  }

  mutating func report(
    _ placements: [DesiredPlacement], phase: PlacementPhase = .running, removed: [Epoch] = [],
    exit: TendonModel.ExitStatus? = nil
  ) async throws -> TestCluster.Answer {
    sequence += 1
    let statuses = placements.map { placement in
      PlacementStatus(
        epoch: placement.epoch, instance: placement.instance, phase: phase, pid: 4242,
        lastExit: exit.map {
          ExitReport(
            status: $0, at: Timestamp(millisecondsSinceEpoch: 1), outOfMemory: false)
        },
        resourcesRevision: placement.resourcesRevision, resizeMicroseconds: 77,
        knobs: [
          KnobReport(
            knob: "cpu.max", requested: "limit 2", written: "200000 100000",
            readBack: "200000 100000", isInForce: true)
        ])
    }
    let report = AgentReport(
      sessionID: grant.sessionID, sequence: sequence, appliedRevision: Revision(0),
      isComplete: false, statuses: statuses, removed: removed)
    return try await cluster.call(
      "POST", "/v1/agents/\(host)/reports", String(buffer: JSON.encode(report)),
      token: TestCluster.joinToken)
  }

  func reply(_ id: UInt64, _ body: String, failed: Bool = false) async throws -> TestCluster.Answer
  {
    try await cluster.call(
      "POST", "/v1/agents/\(host)/replies/\(id)\(failed ? "?failed=true" : "")", body,
      token: TestCluster.joinToken)
  }
}

extension TestCluster {
  /// Answers a question to `host` with bytes as they come.
  func reply(
    to id: UInt64, of host: HostID, stream: AsyncStream<ByteBuffer>
  ) async throws -> Answer {
    var request = request(
      "POST", "/v1/agents/\(host)/replies/\(id)", token: TestCluster.joinToken)
    request.body = .stream(stream, length: .unknown)
    return try await answer(to: request)
  }
}

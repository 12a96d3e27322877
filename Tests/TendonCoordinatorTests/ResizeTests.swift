// SPDX-License-Identifier: Apache-2.0
import TendonModel
import Testing

@testable import TendonCoordinator

@Suite("Resize")
struct ResizeTests {
  static let change = #"{"change": {"cpu_limit": "2"}, "timeout": "5s"}"#

  @Test("It is answered when every instance has reported the kernel's values, and no earlier.")
  func confirmed() async throws {
    try await TestCluster.run { cluster in
      var agent = try await FakeAgent.join(cluster)
      _ = try await cluster.applyWeb(replicas: 2)
      _ = try await agent.report(try await agent.placements(2))
      async let answer = cluster.call("POST", "/v1/services/web/resize", Self.change)
      guard case .delta(_, let resized, _) = try await agent.next() else {
        Issue.record("a resize must reach the agent as a delta")
        return
      }
      #expect(resized.count == 2)
      _ = try await agent.report([resized[0]])
      _ = try await agent.report([resized[1]])
      let response = try await answer
      #expect(response.status == 200, "\(response.text)")
      let body = try response.json(ResizeResponse.self)
      #expect(body.instances.map(\.id) == resized.map(\.instance))
      #expect(body.instances.allSatisfy { $0.pid == 4242 && $0.microseconds == 77 })
      #expect(body.instances.allSatisfy { $0.knobs.map(\.knob) == ["cpu.max"] })
      #expect(body.microseconds > 0)
      #expect(body.revision == resized[0].resourcesRevision)
    }
  }

  @Test("Without a report it times out with 504 and names who did not answer.")
  func timeOut() async throws {
    try await TestCluster.run { cluster in
      var agent = try await FakeAgent.join(cluster)
      _ = try await cluster.applyWeb(replicas: 2)
      _ = try await agent.report(try await agent.placements(2))
      async let answer = cluster.call(
        "POST", "/v1/services/web/resize",
        #"{"change": {"cpu_limit": "2"}, "timeout": "3s"}"#)
      guard case .delta(_, let resized, _) = try await agent.next() else { return }
      _ = try await agent.report([resized[0]])
      let response = try await answer
      #expect(response.status == 504)
      let error = try response.error()
      #expect(error.code == .timedOut)
      #expect(error.details.map(\.subject) == [resized[1].instance.description])
      #expect(error.message.contains("1 of 2"))
    }
  }

  @Test("An instance that goes away meanwhile is not waited for.")
  func gone() async throws {
    try await TestCluster.run { cluster in
      var agent = try await FakeAgent.join(cluster)
      _ = try await cluster.applyWeb(replicas: 1)
      _ = try await agent.report(try await agent.placements(1))
      async let answer = cluster.call("POST", "/v1/services/web/resize", Self.change)
      guard case .delta(_, let resized, _) = try await agent.next() else { return }
      _ = try await cluster.call("DELETE", "/v1/services/web")
      _ = try await agent.report([], removed: resized.map(\.epoch))
      let response = try await answer
      #expect(response.status == 200)
      #expect(try response.json(ResizeResponse.self).instances.isEmpty)
    }
  }

  @Test("An empty change and an impossible time-out are 400.")
  func malformed() async throws {
    try await TestCluster.run { cluster in
      _ = try await cluster.applyWeb()
      for body in [#"{"change": {}}"#, #"{"change": {"cpu_limit": "1"}, "timeout": "2h"}"#] {
        #expect(try await cluster.call("POST", "/v1/services/web/resize", body).status == 400)
      }
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
import Foundation
import Synchronization
import TendonCore
import TendonModel
import TendonStore
import Testing

@testable import TendonCoordinator

@Suite("Jobs and crons over the API")
struct WorkTests {
  private static let job =
    "name: sums\ncommand: [work]\nkind: job\njob: {completions: 3, parallelism: 2, backoff_limit: 1}\n"

  private func service(_ cluster: TestCluster, _ name: String) async throws -> ServiceView {
    try await cluster.call("GET", "/v1/services/\(name)").json(ServiceView.self)
  }

  private func until(
    _ cluster: TestCluster, _ name: String, _ isReached: (ServiceView) -> Bool
  ) async throws -> ServiceView {
    for _ in 0..<400 {
      let view = try await service(cluster, name)
      if isReached(view) { return view }
      try await Task.sleep(for: .milliseconds(25))
    }
    return try await service(cluster, name)
  }

  @Test(
    "What a job has done is in the store when the report is answered, and another coordinator goes on."
  )
  func survives() async throws {
    let store = MemoryStore()
    try await TestCluster.run(store: store) { cluster in
      var agent = try await FakeAgent.join(cluster)
      #expect(try await cluster.apply(Self.job).status == 200)
      let first = try await agent.placements(2)
      #expect(first.map(\.instance.slot) == [0, 1])
      let answer = try await agent.report(
        [first[0]], phase: .ended, exit: .exited(code: 0))
      #expect(answer.status == 204)
      let view = try await service(cluster, "sums")
      #expect(view.work?.runs.last?.succeeded == 1)
    }
    let record = try #require(try await store.load().services.first)
    #expect(record.runs?.runs.last?.done.contains(0) == true)
    try await TestCluster.run(store: store) { cluster in
      var agent = try await FakeAgent.join(cluster)
      // The one that ended is kept to be looked at; slot 2 took its place among the two.
      let wanted = try await agent.placements(3)
      #expect(wanted.map(\.instance.slot) == [0, 1, 2])
      _ = try await agent.report(
        Array(wanted.dropFirst()), phase: .ended, exit: .exited(code: 0))
      let view = try await service(cluster, "sums")
      #expect(view.work?.state == .succeeded)
      #expect(view.work?.runs.last?.number == 1)
    }
  }

  @Test("A job is run again by hand; running it twice, or running a service, is refused.")
  func byHand() async throws {
    try await TestCluster.run { cluster in
      #expect(try await cluster.apply(Self.job).status == 200)
      let busy = try await cluster.call("POST", "/v1/services/sums/run")
      #expect(busy.status == 409)
      #expect(try busy.error().message.contains("still under way"))
      #expect(try await cluster.applyWeb().status == 200)
      #expect(try await cluster.call("POST", "/v1/services/web/run").status == 409)
      #expect(try await cluster.call("POST", "/v1/services/nope/run").status == 404)
      let scaled = try await cluster.call("POST", "/v1/services/sums/scale", #"{"replicas": 3}"#)
      #expect(scaled.status == 409)
    }
  }

  @Test("A cron runs when its time comes by the coordinator's clock, in its time zone.")
  func cron() async throws {
    let start = CivilTime(year: 2026, month: 3, day: 28, hour: 23).seconds
    let wall = Mutex(start * 1000)
    let clock: @Sendable () -> Now = {
      Now(
        monotonic: SystemTime.now().monotonic,
        wall: Timestamp(millisecondsSinceEpoch: wall.withLock { $0 }))
    }
    try await TestCluster.run(clock: clock) { cluster in
      let applied = try await cluster.apply(
        """
        name: nightly
        command: [work]
        kind: cron
        cron: {schedule: "30 2 * * *", time_zone: Europe/Berlin}
        """)
      #expect(applied.status == 200, "\(applied.text)")
      let view = try await service(cluster, "nightly")
      // The clocks skip half past two that night: it comes at three, which is 01:00 in UTC.
      #expect(view.work?.nextRun?.description == "2026-03-29T01:00:00.000Z")
      #expect(view.work?.runs.isEmpty == true)
      wall.withLock { $0 += 2 * 3_600_000 }
      let due = try await until(cluster, "nightly") { $0.work?.runs.isEmpty == false }
      #expect(due.work?.runs.last?.trigger == .scheduled)
      #expect(due.work?.nextRun?.description == "2026-03-30T00:30:00.000Z")
    }
  }

  @Test("A cron in a time zone that there is not is refused with file position and key.")
  func unknownTimeZone() async throws {
    try await TestCluster.run { cluster in
      let answer = try await cluster.apply(
        "name: a\ncommand: [x]\nkind: cron\ncron: {schedule: '@daily', time_zone: Mars/Base}\n")
      #expect(answer.status == 400)
      let detail = try #require(try answer.error().details.first)
      #expect(detail.subject == "cron.time_zone" && detail.line == 4)
    }
  }

  @Test("After a start the zones of the stored crons are known before the first is due.")
  func zonesAfterStart() async throws {
    let store = MemoryStore()
    let spec =
      "name: a\ncommand: [x]\nkind: cron\ncron: {schedule: '@daily', time_zone: Asia/Tokyo}\n"
    try await TestCluster.run(store: store) { cluster in
      let answer = try await cluster.apply(spec)
      #expect(answer.status == 200)
    }
    try await TestCluster.run(store: store) { cluster in
      let view = try await until(cluster, "a") { $0.work?.nextRun != nil }
      #expect(view.work?.nextRun?.description.hasSuffix("T15:00:00.000Z") == true)
    }
  }

  @Test("A daemon's instances come with the hosts.")
  func daemon() async throws {
    try await TestCluster.run { cluster in
      #expect(
        try await cluster.apply("name: watch\ncommand: [x]\nkind: daemon\n").status == 200)
      var first = try await FakeAgent.join(cluster, "h1")
      #expect(try await first.placements(1).map(\.instance.slot) == [0])
      var second = try await FakeAgent.join(cluster, "h2")
      #expect(try await second.placements(1).map(\.instance.slot) == [1])
      #expect(try await service(cluster, "watch").wanted == 2)
    }
  }
}

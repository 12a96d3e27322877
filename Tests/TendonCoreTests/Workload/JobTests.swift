// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel
import Testing

@Suite("Jobs")
struct JobTests {
  private func cluster(_ hosts: Int = 3) throws -> ClusterFixture {
    var cluster = ClusterFixture()
    for number in 1...hosts { try cluster.join("host\(number)") }
    return cluster
  }

  @Test("A job runs as many at a time as it may, and succeeds with the last completion.")
  func succeeds() throws {
    var cluster = try cluster()
    try cluster.apply(ClusterFixture.job("sums", completions: 5, parallelism: 2))
    #expect(cluster.running("sums") == [0, 1])
    try cluster.end("sums", 1)
    #expect(cluster.running("sums") == [0, 2])
    #expect(try cluster.lastRun("sums").succeeded == 1)
    for slot in [0, 2, 3, 4] {
      #expect(cluster.running("sums").count <= 2)
      try cluster.end("sums", slot)
    }
    let work = try cluster.work("sums")
    #expect(work.state == .succeeded)
    #expect(work.wanted == 0)
    #expect(try cluster.lastRun("sums").succeeded == 5)
    #expect(try cluster.event("run-succeeded").contains("5 of 5 completions"))
    #expect(try cluster.core.why("sums", now: cluster.now).summary.contains("succeeded"))
    #expect(cluster.core.instanceViews().allSatisfy { $0.state == .ended && $0.run == 1 })
  }

  @Test("What ended holds no reservation, and goes when it has been kept for its time.")
  func keeps() throws {
    var cluster = try cluster(1)
    try cluster.apply(ClusterFixture.job("sums", keep: .seconds(120)))
    #expect(cluster.core.hostViews(now: cluster.now)[0].reservedCPU == MilliCPU(100))
    try cluster.end("sums", 0)
    #expect(cluster.core.hostViews(now: cluster.now)[0].reservedCPU == .zero)
    try cluster.passWall(.seconds(60))
    #expect(cluster.core.instanceViews().count == 1)
    try cluster.passWall(.seconds(120))
    #expect(cluster.core.instanceViews().isEmpty)
    #expect(cluster.stored().placements.isEmpty)
    #expect(try cluster.work("sums").state == .succeeded)
    #expect(cluster.core.hostViews(now: cluster.now)[0].reservedCPU == .zero)
  }

  @Test("A failed try is made again after a while, and told with its exit.")
  func retries() throws {
    var cluster = try cluster()
    try cluster.apply(ClusterFixture.job("sums", backoffLimit: 1))
    try cluster.end("sums", 0, code: 3)
    #expect(cluster.running("sums").isEmpty)
    let id = try InstanceID("sums.0")
    #expect(cluster.core.instanceView(id)?.message.contains("placed again in") == true)
    try cluster.pass(.milliseconds(1200))
    #expect(cluster.running("sums") == [0])
    #expect(cluster.core.instanceViews().first?.placements == 1, "the failed try is left")
    try cluster.end("sums", 0)
    let run = try cluster.lastRun("sums")
    #expect(run.outcome == .succeeded)
    #expect(run.failedTries == 1)
    #expect(try cluster.event("run-succeeded").contains("after 1 failed try"))
  }

  @Test("A job fails with one failed try more than its limit, says which, and ends the rest.")
  func fails() throws {
    var cluster = try cluster()
    try cluster.apply(
      ClusterFixture.job("sums", completions: 3, parallelism: 3, backoffLimit: 2))
    for _ in 0..<3 {
      try cluster.end("sums", 0, code: 7)
      try cluster.pass(.seconds(6))
    }
    let run = try cluster.lastRun("sums")
    #expect(run.outcome == .failed)
    #expect(run.failedTries == 3)
    let message = try cluster.event("run-failed")
    #expect(message.contains("3 failed tries, and backoff_limit is 2"))
    #expect(message.contains("sums.0 on host"))
    #expect(message.contains("exited with status 7"))
    #expect(cluster.running("sums").isEmpty)
    // The last failed try is there to be looked at; the others are not.
    #expect(cluster.core.instanceViews().map(\.id.slot) == [0])
  }

  @Test("A report that is told again is not another failure.")
  func countsOnce() throws {
    var cluster = try cluster(1)
    try cluster.apply(ClusterFixture.job("sums", backoffLimit: 3))
    try cluster.end("sums", 0, code: 1)
    for _ in 0..<5 { try cluster.report(ClusterFixture.host("host1"), isComplete: true) }
    try cluster.join("host1")
    #expect(try cluster.lastRun("sums").failedTries == 1)
  }

  @Test("Restarts that the agent makes by itself count as failed tries.")
  func countsRestarts() throws {
    var cluster = try cluster(1)
    try cluster.apply(ClusterFixture.job("sums", backoffLimit: 2, restart: .onFailure))
    let epoch = try #require(cluster.core.instanceViews().first?.epoch)
    var status = PlacementStatus(
      epoch: epoch, instance: try InstanceID("sums.0"), phase: .waiting,
      startedAt: cluster.now.wall, restarts: 1,
      lastExit: ExitReport(
        status: .exited(code: 9), at: cluster.now.wall, outOfMemory: false))
    try cluster.send(ClusterFixture.host("host1"), statuses: [status])
    #expect(try cluster.lastRun("sums").failedTries == 2)
    status.phase = .running
    status.restarts = 2
    try cluster.send(ClusterFixture.host("host1"), statuses: [status])
    #expect(try cluster.lastRun("sums").failedTries == 2)
    status.phase = .waiting
    try cluster.send(ClusterFixture.host("host1"), statuses: [status])
    #expect(try cluster.lastRun("sums").outcome == .failed)
  }

  @Test("A deadline ends the run, whatever is under way.")
  func deadline() throws {
    var cluster = try cluster()
    try cluster.apply(
      ClusterFixture.job("sums", completions: 2, deadline: .seconds(300)))
    try cluster.end("sums", 0)
    try cluster.passWall(.seconds(240))
    #expect(cluster.running("sums") == [1])
    try cluster.passWall(.seconds(120))
    #expect(cluster.running("sums").isEmpty)
    #expect(try cluster.lastRun("sums").outcome == .failed)
    #expect(
      try cluster.event("deadline-exceeded").contains(
        "deadline of 5m is over, with 1 of 2 completions done"))
  }

  @Test(
    "What a lost host had is done elsewhere, and counts once; the host's own copy ends on its return."
  )
  func hostDown() throws {
    var cluster = try cluster(2)
    try cluster.apply(ClusterFixture.job("sums", completions: 2, parallelism: 2))
    let lost = ClusterFixture.host("host1")
    cluster.living.remove(lost)
    try cluster.pass(.milliseconds(2600))
    #expect(Set(cluster.hosts(of: "sums").values) == ["host2"])
    #expect(cluster.running("sums") == [0, 1])
    #expect(try cluster.lastRun("sums").failedTries == 0)
    try cluster.end("sums", 0)
    try cluster.end("sums", 1)
    #expect(try cluster.lastRun("sums").succeeded == 2)
    cluster.living.insert(lost)
    try cluster.pass(.milliseconds(600))
    #expect(cluster.desired[lost]?.isEmpty == true)
    #expect(try cluster.lastRun("sums").outcome == .succeeded)
  }

  @Test("What is done is shown as ended, also when its host is lost or was not heard of yet.")
  func endedForGood() throws {
    var cluster = try cluster(1)
    try cluster.apply(ClusterFixture.job("sums", completions: 2))
    try cluster.end("sums", 0)
    let second = try cluster.restarted()
    #expect(second.core.instanceViews().map(\.state) == [.ended, .unknown])
    cluster.living = []
    try cluster.pass(.seconds(3))
    #expect(cluster.core.instanceViews().map(\.state) == [.ended, .lost])
  }

  @Test("What is done survives the coordinator, also where the instance is gone.")
  func survives() throws {
    var cluster = try cluster(2)
    try cluster.apply(ClusterFixture.job("sums", completions: 4, parallelism: 2))
    try cluster.end("sums", 0)
    try cluster.end("sums", 1, code: 5)
    var second = try cluster.restarted()
    #expect(try second.lastRun("sums").succeeded == 1)
    #expect(try second.lastRun("sums").failedTries == 1)
    for number in 1...2 { try second.join("host\(number)") }
    try second.pass(.seconds(2))
    // While slot 1 waited after its failure, slot 3 took its place among the two.
    #expect(second.running("sums") == [2, 3])
    #expect(try second.lastRun("sums").succeeded == 1)
    for slot in [2, 3, 1] { try second.end("sums", slot) }
    #expect(try second.lastRun("sums").outcome == .succeeded)
    #expect(try second.lastRun("sums").failedTries == 1)
  }

  @Test("A finished job runs anew when its spec changed, and only then.")
  func applyAgain() throws {
    var cluster = try cluster()
    try cluster.apply(ClusterFixture.job("sums"))
    try cluster.end("sums", 0)
    let again = try cluster.core.apply([ClusterFixture.job("sums")], now: cluster.now)
    #expect(again.first?.outcome == .unchanged)
    try cluster.apply(ClusterFixture.job("sums", keep: .seconds(60)))
    #expect(cluster.running("sums").isEmpty)
    #expect(try cluster.event("applied").contains("not run again"))
    let changed = try cluster.core.apply(
      [ClusterFixture.job("sums", keep: .seconds(60), command: ["other"])], now: cluster.now)
    #expect(
      changed.first?.message
        == "It had ended, and is run anew. Now run 2 has 0 of 1 completion done")
    try cluster.obey()
    #expect(cluster.running("sums") == [0])
    #expect(try cluster.lastRun("sums").number == 2)
    #expect(try cluster.event("applied").contains("run anew"))
    try cluster.end("sums", 0)
    #expect(try cluster.lastRun("sums").outcome == .succeeded)
  }

  @Test("A running job with a new command is replaced, and nothing runs beside its successor.")
  func replaced() throws {
    var cluster = try cluster()
    try cluster.apply(ClusterFixture.job("sums"))
    let old = try #require(cluster.core.instanceViews().first?.epoch)
    _ = try cluster.core.apply(
      [ClusterFixture.job("sums", command: ["other"])], now: cluster.now)
    cluster.drain()
    #expect(cluster.desired.values.allSatisfy { $0.isEmpty }, "both would run")
    try cluster.obey()
    let view = try #require(cluster.core.instanceViews().first)
    #expect(view.state == .running)
    #expect(try #require(view.epoch) > old)
    #expect(try cluster.work("sums").runs.map(\.outcome) == [.replaced, nil])
  }

  @Test("More parallelism reaches a run that is under way; nothing is restarted.")
  func moreParallelism() throws {
    var cluster = try cluster()
    try cluster.apply(ClusterFixture.job("sums", completions: 4))
    let before = cluster.core.instanceViews().map(\.epoch)
    try cluster.apply(ClusterFixture.job("sums", completions: 4, parallelism: 3))
    #expect(cluster.running("sums") == [0, 1, 2])
    #expect(cluster.core.instanceViews().first?.epoch == before.first)
    #expect(try cluster.lastRun("sums").number == 1)
  }

  @Test("A job runs again by hand once it has ended; scaling it is refused.")
  func byHand() throws {
    var cluster = try cluster()
    try cluster.apply(ClusterFixture.job("sums"))
    let name = ClusterFixture.service("sums")
    #expect(throws: APIError.self) { _ = try cluster.core.run(name, now: cluster.now) }
    try cluster.end("sums", 0)
    _ = try cluster.core.run(name, now: cluster.now)
    try cluster.obey()
    #expect(cluster.running("sums") == [0])
    #expect(try cluster.lastRun("sums").trigger == .manual)
    let error = #expect(throws: APIError.self) {
      _ = try cluster.core.scale(name, to: 3, now: cluster.now)
    }
    #expect(error?.message.contains("is a job") == true)
  }

  @Test("A job that fits nowhere says so, and asks for no more room than it may use.")
  func pending() throws {
    var cluster = try cluster(1)
    try cluster.apply(ClusterFixture.job("big", completions: 500, parallelism: 2, cpu: 4000))
    let views = cluster.core.instanceViews()
    #expect(views.map(\.state) == [.pending, .pending])
    #expect(views[0].message.contains("host1: needs 4 CPU"))
    try cluster.join("host2", cpu: 8000)
    try cluster.obey()
    #expect(cluster.running("big") == [0, 1])
  }

  @Test("A deleted job leaves nothing.")
  func deleted() throws {
    var cluster = try cluster()
    try cluster.apply(ClusterFixture.job("sums", completions: 3, parallelism: 2))
    try cluster.end("sums", 0)
    _ = try cluster.core.delete(ClusterFixture.service("sums"), now: cluster.now)
    try cluster.obey()
    #expect(cluster.core.instanceViews().isEmpty)
    #expect(cluster.stored().services.isEmpty)
    #expect(cluster.stored().placements.isEmpty)
  }

  @Test("A large job keeps the newest of its ended instances only.")
  func large() throws {
    var cluster = ClusterFixture()
    try cluster.join("host1", cpu: 100_000, memory: 1 << 20)
    try cluster.apply(ClusterFixture.job("sums", completions: 300, parallelism: 50))
    var rounds = 0
    while try cluster.lastRun("sums").outcome == nil {
      for slot in cluster.running("sums") {
        let view = try #require(
          cluster.core.instanceView(InstanceID(service: ClusterFixture.service("sums"), slot: slot))
        )
        cluster.ended[try #require(view.epoch)] = .exited(code: 0)
      }
      try cluster.obey()
      rounds += 1
      try #require(rounds <= 10)
    }
    #expect(try cluster.lastRun("sums").succeeded == 300)
    #expect(cluster.core.instanceViews().count == 100)
  }
}

// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel
import Testing

@Suite("Crons")
struct CronTests {
  /// A cluster of one host at a time, with Berlin's clocks.
  private func cluster(at time: CivilTime) throws -> ClusterFixture {
    var cluster = ClusterFixture()
    cluster.now.wall = Timestamp(seconds: time.seconds)
    cluster.core.learn(try Self.berlin(), of: "Europe/Berlin")
    try cluster.join("host1")
    return cluster
  }

  /// Without a file: what the footer of Europe/Berlin says.
  private static func berlin() throws -> TimeZoneRules {
    TimeZoneRules(footer: try #require(PosixTimeZone("CET-1CEST,M3.5.0,M10.5.0/3")))
  }

  private func nightly(
    _ concurrency: CronSettings.Concurrency = .forbid, missed: CronSettings.Missed = .skip
  ) -> CronSettings {
    CronSettings(
      schedule: "30 2 * * *", timeZone: "Europe/Berlin", concurrency: concurrency, missed: missed)
  }

  /// Ends with 0 whatever runs.
  private func endAll(_ cluster: inout ClusterFixture, _ name: String) throws {
    for slot in cluster.running(name) { try cluster.end(name, slot) }
  }

  @Test(
    "Each night of a week with a change of the clocks and of the coordinator has one run.",
    arguments: [
      // The clocks go from 02:00 to 03:00 on the 29th: the run of 02:30 comes at 03:00, which is 01:00 UTC.
      (
        CivilTime(year: 2026, month: 3, day: 27),
        ["27T01:30", "28T01:30", "29T01:00", "30T00:30", "31T00:30", "01T00:30", "02T00:30"]
      ),
      // The clocks go from 03:00 to 02:00 on the 25th: 02:30 is there twice, and runs the first time.
      (
        CivilTime(year: 2026, month: 10, day: 23),
        ["23T00:30", "24T00:30", "25T00:30", "26T01:30", "27T01:30", "28T01:30", "29T01:30"]
      ),
    ])
  func week(start: CivilTime, expected: [String]) throws {
    var cluster = try cluster(at: start)
    var spec = ClusterFixture.cron("nightly", nightly())
    spec.workload.cron?.keepRuns = 10
    try cluster.apply(spec)
    #expect(cluster.running("nightly").isEmpty)
    try cluster.passWall(.seconds(2 * 86_400 + 12 * 3600)) { try endAll(&$0, "nightly") }
    // Another coordinator takes over at noon, with the same host.
    cluster = try cluster.restarted(after: .seconds(3600))
    cluster.core.learn(try Self.berlin(), of: "Europe/Berlin")
    try cluster.join("host1")
    try cluster.passWall(.seconds(4 * 86_400 + 11 * 3600)) { try endAll(&$0, "nightly") }
    #expect(!cluster.reasons("nightly").contains("run-missed"))
    let runs = try cluster.work("nightly").runs
    #expect(runs.map(\.number) == Array(1...7))
    #expect(runs.allSatisfy { $0.outcome == .succeeded && $0.trigger == .scheduled })
    #expect(
      runs.map { String(try! #require($0.scheduledAt).description.dropFirst(8).prefix(8)) }
        == expected)
  }

  @Test("A run is a set of instances of its own: run 2 of a cron with one completion is in slot 2.")
  func slots() throws {
    var cluster = try cluster(at: CivilTime(year: 2026, month: 6, day: 1, hour: 10))
    try cluster.apply(ClusterFixture.cron("often", CronSettings(schedule: "* * * * *")))
    try cluster.passWall(.seconds(60))
    #expect(cluster.running("often") == [1])
    try cluster.end("often", 1)
    try cluster.passWall(.seconds(60))
    #expect(cluster.running("often") == [2])
    let view = try cluster.view("often")
    #expect(
      view.work?.nextRun
        == Timestamp(seconds: CivilTime(year: 2026, month: 6, day: 1, hour: 10, minute: 3).seconds))
    #expect(cluster.core.instanceView(try InstanceID("often.2"))?.run == 2)
    #expect(
      try cluster.core.why("often", now: cluster.now).evidence.contains { $0.hasPrefix("next run") }
    )
  }

  @Test("Only so many ended runs are remembered, and what is left of the others goes.")
  func forgets() throws {
    var cluster = try cluster(at: CivilTime(year: 2026, month: 6, day: 1, hour: 10))
    var spec = ClusterFixture.cron("often", CronSettings(schedule: "* * * * *"))
    spec.workload.cron?.keepRuns = 2
    try cluster.apply(spec)
    try cluster.passWall(.seconds(600)) { try endAll(&$0, "often") }
    #expect(try cluster.work("often").runs.map(\.number) == [9, 10])
    #expect(cluster.core.instanceViews().map(\.id.slot) == [9, 10])
    #expect(cluster.stored().placements.count == 2)
  }

  @Test("A run that is due while another is under way is skipped, runs beside it, or replaces it.")
  func concurrency() throws {
    for policy in CronSettings.Concurrency.allCases {
      var cluster = try cluster(at: CivilTime(year: 2026, month: 6, day: 1, hour: 10))
      try cluster.apply(
        ClusterFixture.cron(
          "often", CronSettings(schedule: "* * * * *", concurrency: policy)))
      try cluster.passWall(.seconds(120))
      switch policy {
      case .forbid:
        #expect(cluster.running("often") == [1])
        #expect(try cluster.event("run-skipped").contains("concurrency is forbid"))
      case .allow: #expect(cluster.running("often") == [1, 2])
      case .replace:
        #expect(cluster.running("often") == [2])
        #expect(try cluster.work("often").runs.map(\.outcome) == [.replaced, nil])
      }
    }
  }

  @Test("The run that replaces another waits until that has ended.")
  func replacesInOrder() throws {
    var cluster = try cluster(at: CivilTime(year: 2026, month: 6, day: 1, hour: 10))
    try cluster.apply(
      ClusterFixture.cron("often", CronSettings(schedule: "* * * * *", concurrency: .replace)))
    try cluster.passWall(.seconds(60))
    cluster.now.wall.millisecondsSinceEpoch += 60_000
    cluster.core.tick(now: cluster.now)
    cluster.drain()
    #expect(cluster.desired.values.allSatisfy { $0.isEmpty })
    let waiting = try #require(cluster.core.instanceView(InstanceID("often.2")))
    #expect(waiting.message == "waits for often.1 to end")
    try cluster.obey()
    #expect(cluster.running("often") == [2])
  }

  @Test("That holds for a cron that remembers no run, too.")
  func replacesWithoutMemory() throws {
    var cluster = try cluster(at: CivilTime(year: 2026, month: 6, day: 1, hour: 10))
    try cluster.apply(
      ClusterFixture.cron(
        "often", CronSettings(schedule: "* * * * *", concurrency: .replace, keepRuns: 0)))
    try cluster.passWall(.seconds(60))
    cluster.now.wall.millisecondsSinceEpoch += 60_000
    cluster.core.tick(now: cluster.now)
    cluster.drain()
    #expect(cluster.desired.values.allSatisfy { $0.isEmpty })
    try cluster.obey()
    #expect(cluster.running("often") == [2])
  }

  @Test(
    "Times that passed without a coordinator are told, and made up for once where that is asked.")
  func missed() throws {
    for policy in CronSettings.Missed.allCases {
      var cluster = try cluster(at: CivilTime(year: 2026, month: 6, day: 1))
      try cluster.apply(ClusterFixture.cron("nightly", nightly(missed: policy)))
      try cluster.passWall(.seconds(86_400)) { try endAll(&$0, "nightly") }
      #expect(try cluster.lastRun("nightly").number == 1)
      var second = try cluster.restarted(after: .seconds(3 * 86_400))
      second.core.learn(try Self.berlin(), of: "Europe/Berlin")
      try second.join("host1")
      try second.passWall(.seconds(60))
      let message = try second.event("run-missed")
      #expect(message.hasPrefix("3 runs could not begin within 1m of the time"))
      switch policy {
      case .skip:
        #expect(message.hasSuffix("none is made up for (missed: skip)."))
        #expect(second.running("nightly").isEmpty)
      case .runOnce:
        #expect(message.hasSuffix("one run makes up for all."))
        #expect(second.running("nightly") == [2])
        #expect(try second.lastRun("nightly").trigger == .missed)
      }
      // From then on all is as before.
      try second.passWall(.seconds(86_400)) { try endAll(&$0, "nightly") }
      #expect(try second.lastRun("nightly").trigger == .scheduled)
      #expect(second.reasons("nightly").count { $0 == "run-missed" } == 1)
    }
  }

  @Test(
    "A coordinator that was away for less than the starting deadline runs what came meanwhile, once."
  )
  func shortOutage() throws {
    var cluster = try cluster(at: CivilTime(year: 2026, month: 6, day: 1, hour: 10))
    try cluster.apply(ClusterFixture.cron("often", CronSettings(schedule: "*/5 * * * *")))
    try cluster.passWall(.seconds(4 * 60))
    #expect(cluster.running("often").isEmpty)
    var second = try cluster.restarted(after: .seconds(90))
    try second.join("host1")
    try second.passWall(.seconds(1), step: .seconds(1))
    #expect(second.running("often") == [1])
    let third = try second.restarted(after: .seconds(10), epoch: 3)
    var restarted = third
    try restarted.join("host1")
    try restarted.passWall(.seconds(2), step: .seconds(1))
    #expect(restarted.running("often") == [1])
    #expect(try restarted.lastRun("often").number == 1)
  }

  @Test("A wall clock that was set back does not stop a schedule.")
  func clockSetBack() throws {
    var cluster = try cluster(at: CivilTime(year: 2027, month: 6, day: 1, hour: 10))
    try cluster.apply(ClusterFixture.cron("often", CronSettings(schedule: "* * * * *")))
    try cluster.passWall(.seconds(60)) { try endAll(&$0, "often") }
    cluster.now.wall = Timestamp(
      seconds: CivilTime(year: 2026, month: 6, day: 1, hour: 10).seconds)
    try cluster.passWall(.seconds(180)) { try endAll(&$0, "often") }
    #expect(try cluster.lastRun("often").number >= 3)
    #expect(cluster.reasons("often").contains("clock-set-back"))
  }

  @Test("A cron can be run by hand; an unknown time zone and a second run are refused.")
  func byHand() throws {
    var cluster = try cluster(at: CivilTime(year: 2026, month: 6, day: 1, hour: 10))
    try cluster.apply(ClusterFixture.cron("nightly", nightly()))
    let name = ClusterFixture.service("nightly")
    _ = try cluster.core.run(name, now: cluster.now)
    try cluster.obey()
    #expect(cluster.running("nightly") == [1])
    let second = #expect(throws: APIError.self) {
      _ = try cluster.core.run(name, now: cluster.now)
    }
    #expect(second?.message.contains("concurrency is forbid") == true)
    let unknown = #expect(throws: APIError.self) {
      try cluster.apply(
        ClusterFixture.cron("far", CronSettings(schedule: "@daily", timeZone: "Mars/Base")))
    }
    #expect(unknown?.details.first?.subject == "cron.time_zone")
  }

  @Test("A run of several completions fails and succeeds as a job does.")
  func completions() throws {
    var cluster = try cluster(at: CivilTime(year: 2026, month: 6, day: 1, hour: 10))
    try cluster.apply(
      ClusterFixture.cron(
        "often", CronSettings(schedule: "0 * * * *"),
        job: JobSettings(completions: 2, parallelism: 2, backoffLimit: 0)))
    try cluster.passWall(.seconds(3600))
    #expect(cluster.running("often") == [1, 2])
    try cluster.end("often", 1, code: 4)
    #expect(try cluster.lastRun("often").outcome == .failed)
    #expect(cluster.running("often").isEmpty)
    try cluster.passWall(.seconds(3600))
    #expect(cluster.running("often") == [3, 4])
    let env = cluster.desired.values.flatMap(\.values).filter { $0.instance.slot == 4 }.map(
      \.spec.env)
    #expect(env == [["TENDON_RUN": "2", "TENDON_COMPLETION": "1"]])
    try endAll(&cluster, "often")
    #expect(try cluster.work("often").runs.map(\.outcome) == [.failed, .succeeded])
  }
}

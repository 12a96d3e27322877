// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel
import Testing

/// Jobs, daemons and crons in the fixture.
extension ClusterFixture {
  static func job(
    _ name: String, completions: Int = 1, parallelism: Int = 1, backoffLimit: Int = 6,
    deadline: Span? = nil, keep: Span = .seconds(3600), cpu: Int64 = 100,
    restart: RestartPolicy = .never, command: [String] = ["work"]
  ) -> ServiceSpec {
    var spec = spec(name, cpu: cpu, command: command, restart: restart)
    spec.workload = Workload(
      kind: .job,
      job: JobSettings(
        completions: completions, parallelism: parallelism, backoffLimit: backoffLimit,
        deadline: deadline, keep: keep))
    return spec
  }

  static func cron(_ name: String, _ cron: CronSettings, job: JobSettings? = nil) -> ServiceSpec {
    var spec = spec(name, command: ["work"], restart: .never)
    spec.workload = Workload(kind: .cron, job: job, cron: cron)
    return spec
  }

  static func daemon(_ name: String, hosts: [String: String] = [:]) -> ServiceSpec {
    var spec = spec(name)
    spec.workload = Workload(kind: .daemon, hosts: hosts)
    return spec
  }

  mutating func apply(_ specs: ServiceSpec...) throws {
    _ = try core.apply(specs, now: now)
    try obey()
  }

  func view(_ name: String) throws -> ServiceView {
    try #require(core.serviceView(Self.service(name)))
  }

  func work(_ name: String) throws -> WorkView { try #require(try view(name).work) }

  func lastRun(_ name: String) throws -> WorkView.Run {
    try #require(try work(name).runs.last)
  }

  /// The instances that run, by slot.
  func running(_ name: String) -> [Int] { hosts(of: name).keys.sorted() }

  /// The process of an instance that runs ends by itself.
  mutating func end(_ name: String, _ slot: Int, code: Int32 = 0) throws {
    let id = InstanceID(service: Self.service(name), slot: slot)
    let view = try #require(core.instanceView(id))
    try #require(view.state == .running, "\(id) is \(view.state.rawValue)")
    ended[try #require(view.epoch)] = .exited(code: code)
    try obey()
  }

  func reasons(_ name: String) -> [String] {
    core.events(EventFilter(service: Self.service(name))).map(\.reason)
  }

  func event(_ reason: String) throws -> String {
    try #require(core.events(EventFilter()).last { $0.reason == reason }).message
  }

  /// Lets the wall clock go by in steps, with the hosts alive.
  /// - Parameter each: called after each step.
  mutating func passWall(
    _ span: Span, step: Span = .seconds(60), each: (inout Self) throws -> Void = { _ in }
  ) throws {
    var passed: Int64 = 0
    while passed < span.milliseconds {
      passed += step.milliseconds
      now.wall.millisecondsSinceEpoch += step.milliseconds
      now.monotonic = now.monotonic + .milliseconds(250)
      beat()
      core.tick(now: now)
      try obey()
      try each(&self)
    }
  }

  /// A coordinator started anew on what this one committed, `later` by the wall clock, with the same hosts.
  func restarted(after later: Span = .seconds(1), epoch: UInt64 = 2) throws -> ClusterFixture {
    var second = ClusterFixture(stored: stored(), epoch: epoch)
    second.now.wall = now.wall
    second.now.wall.millisecondsSinceEpoch += later.milliseconds
    second.ended = ended
    second.commits = commits
    return second
  }
}

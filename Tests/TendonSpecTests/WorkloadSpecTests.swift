// SPDX-License-Identifier: Apache-2.0

import Foundation
import TendonModel
import TendonSpec
import Testing

struct WorkloadSpecTests {
  @Test("Every key of a workload arrives in the model, and is written back.")
  func complete() throws {
    let text = """
      name: nightly
      command: [backup]
      kind: cron
      hosts: {disk: ssd, zone: 1}
      job: {completions: 3, parallelism: 2, backoff_limit: 4, deadline: 2h, keep: 10m}
      cron:
        schedule: "30 2 * * mon-fri"
        time_zone: Europe/Berlin
        concurrency: replace
        missed: run_once
        starting_deadline: 5m
        keep_runs: 7
      """
    let spec = try #require(try parsed(text).first)
    #expect(
      spec.workload
        == Workload(
          kind: .cron, hosts: ["disk": "ssd", "zone": "1"],
          job: JobSettings(
            completions: 3, parallelism: 2, backoffLimit: 4, deadline: .seconds(7200),
            keep: .seconds(600)),
          cron: CronSettings(
            schedule: "30 2 * * mon-fri", timeZone: "Europe/Berlin", concurrency: .replace,
            missed: .runOnce, startingDeadline: .seconds(300), keepRuns: 7)))
    #expect(spec.restart == .never)
    #expect(try parsed(SpecWriter.yaml(spec)) == [spec])
    let json = try JSONEncoder().encode(spec)
    #expect(try JSONDecoder().decode(ServiceSpec.self, from: json) == spec)
  }

  @Test(
    "Each kind is written back as it was read.",
    arguments: [
      "kind: job", "kind: job\njob: {}", "kind: daemon\nhosts: {a: b}", "kind: service",
      "kind: cron\ncron: {schedule: \"@daily\"}", "kind: job\nrestart: on-failure\nreplicas: 1",
    ])
  func roundTrip(third: String) throws {
    let spec = try #require(try parsed("name: a\ncommand: [x]\n\(third)").first)
    #expect(try parsed(SpecWriter.yaml(spec)) == [spec])
    #expect(spec.faults.isEmpty)
  }

  @Test("A spec that an older version stored is a service.")
  func older() throws {
    var object = try #require(
      try JSONSerialization.jsonObject(
        with: try JSONEncoder().encode(
          ServiceSpec(name: try ServiceName("a"), command: ["x"]))) as? [String: Any])
    #expect(object["kind"] == nil)
    object["hosts"] = nil
    let spec = try JSONDecoder().decode(
      ServiceSpec.self, from: try JSONSerialization.data(withJSONObject: object))
    #expect(spec.workload == Workload())
  }

  static let cases: [BadCase] = [
    BadCase("kind: deamon", at: 7, "kind", "one of service, job, daemon, cron"),
    BadCase("kind: deamon\njob: {}", at: 7, "kind", "one of service, job, daemon, cron"),
    BadCase("kind: daemon\nreplicas: 3", at: 11, "replicas", "one instance on every host", line: 4),
    BadCase("kind: job\nreplicas: 3", at: 11, "replicas", "job: {completions: 3}", line: 4),
    BadCase(
      "kind: cron\ncron: {schedule: \"@daily\"}\nreplicas: 0", at: 11, "replicas",
      "cron has completions", line: 5),
    BadCase("kind: daemon\nfence: true", at: 8, "fence", "runs on its own host only", line: 4),
    BadCase("kind: job\nrestart: always", at: 10, "restart", "always never ends", line: 4),
    BadCase(
      "job: {completions: 2}", at: 6, "job", "is for kind job and cron, and this is a service"),
    BadCase(
      "kind: daemon\ncron: {schedule: \"@daily\"}", at: 7, "cron", "this is a daemon", line: 4),
    BadCase("kind: cron", at: 7, "kind", "add cron: {schedule:"),
    BadCase("kind: cron\ncron: {missed: skip}", at: 7, "cron.schedule", "is missing", line: 4),
    BadCase(
      "kind: cron\ncron: {schedule: 0 0 30 2 *}", at: 18, "cron.schedule", "never comes", line: 4),
    BadCase(
      "kind: cron\ncron: {schedule: 99 * * * *}", at: 18, "cron.schedule", "outside 0 to 59",
      line: 4),
    BadCase("kind: cron\ncron: {schedule: daily}", at: 18, "cron.schedule", "has 1 field", line: 4),
    BadCase(
      "kind: cron\ncron: {schedule: \"@daily\", time_zone: Europe/Berlinn}", at: 39,
      "cron.time_zone", "no time zone", line: 4),
    BadCase(
      "kind: cron\ncron: {schedule: \"@daily\", time_zone: ../etc/passwd}", at: 39,
      "cron.time_zone", "is not a time zone", line: 4),
    BadCase(
      "kind: cron\ncron: {schedule: \"@daily\", time_zone: Europe}", at: 39, "cron.time_zone",
      "no time zone", line: 4),
    BadCase(
      "kind: cron\ncron: {schedule: \"@daily\", concurrency: queue}", at: 41, "cron.concurrency",
      "one of allow, forbid, replace", line: 4),
    BadCase("kind: job\njob: {completions: 0}", at: 20, "job.completions", "outside 1 to", line: 4),
    BadCase(
      "kind: job\njob: {paralelism: 2}", at: 7, "job.paralelism", "did you mean parallelism",
      line: 4),
    BadCase("kind: job\njob: {deadline: 0s}", at: 17, "job.deadline", "less than 1s", line: 4),
    BadCase("hosts: [a]", at: 8, "hosts", "label: value"),
  ]

  @Test("A mistake in a workload is reported where it is.", arguments: cases)
  func mistakes(_ bad: BadCase) throws {
    let result = SpecParser.parse([SpecSource(name: "w.yaml", text: bad.text)])
    #expect(result.errors.count == 1, "\(result.errors.map(\.description))")
    let error = try #require(result.errors.first)
    #expect(error.line == bad.line && error.column == bad.column, "\(error.description)")
    #expect(error.subject == bad.path)
    #expect(error.message.contains(bad.says), "\(error.message)")
  }

  @Test(
    "This machine's zones can be read, and hold what everybody knows.",
    .enabled(if: FileManager.default.fileExists(atPath: "/usr/share/zoneinfo/Europe/Berlin")))
  func system() throws {
    let summer = CivilTime(year: 2026, month: 7, day: 1).seconds
    let winter = CivilTime(year: 2040, month: 1, day: 1).seconds
    for (name, offsets) in [
      ("Europe/Berlin", [7200, 3600]), ("America/New_York", [-14_400, -18_000]),
      ("Asia/Kolkata", [19_800, 19_800]), ("Australia/Lord_Howe", [37_800, 39_600]),
      ("UTC", [0, 0]),
    ] as [(String, [Int64])] {
      let zone = try TimeZoneFolder.system.rules(of: name)
      #expect([zone.offset(at: summer), zone.offset(at: winter)] == offsets, "\(name)")
    }
    let error = #expect(throws: TimeZoneError.self) {
      _ = try TimeZoneFolder.system.rules(of: "Mars/Base")
    }
    #expect(error?.description.contains("/usr/share/zoneinfo/Mars/Base") == true)
  }
}

// SPDX-License-Identifier: Apache-2.0
import Foundation
import TendonModel
import TendonStore
import Testing

@Suite("Records of jobs, daemons and crons")
struct WorkRecordTests {
  private func record() throws -> ServiceRecord {
    var record = try Samples.service("nightly")
    record.spec.replicas = 1
    record.spec.workload = Workload(
      kind: .cron, hosts: ["disk": "ssd"], job: JobSettings(completions: 300),
      cron: CronSettings(schedule: "@daily", timeZone: "Europe/Berlin"))
    var run = JobRun(
      number: 4, trigger: .missed, scheduledAt: Timestamp(millisecondsSinceEpoch: 5),
      startedAt: Timestamp(millisecondsSinceEpoch: 7), firstSlot: 900, completions: 300,
      sinceEpoch: Epoch(77))
    for slot in 900..<1100 { run.done.insert(slot) }
    run.failures = 2
    run.lastFailure = "nightly.900 on h1: exited with status 1"
    run.triesByEpoch = ["80": 1]
    var book = RunBook()
    book.lastNumber = 4
    book.nextSlot = 1200
    book.runs = [run]
    book.lastScheduled = Timestamp(millisecondsSinceEpoch: 5)
    record.runs = book
    record.daemonSlots = ["h1": 0, "h2": 3]
    return record
  }

  @Test("They come back as they were committed.", arguments: StoreKind.allCases)
  func reload(kind: StoreKind) async throws {
    let bed = try StoreBed(kind)
    let store = try await bed.open()
    try await store.commit(Samples.commit(1, [.putService(try record())]))
    try await store.close()
    #expect(try await bed.open().load().services == [try record()])
  }

  @Test("What is done of a large run takes few bytes.")
  func small() throws {
    let record = try record()
    let bytes = try JSONEncoder().encode(try #require(record.runs))
    #expect(bytes.count < 600)
  }

  @Test("A record of a version before these kinds is that of a service.")
  func older() throws {
    var object = try #require(
      try JSONSerialization.jsonObject(with: try JSONEncoder().encode(record()))
        as? [String: Any])
    for key in ["runs", "daemonSlots"] { #expect(object.removeValue(forKey: key) != nil) }
    var spec = try #require(object["spec"] as? [String: Any])
    for key in ["kind", "hosts", "job", "cron"] { #expect(spec.removeValue(forKey: key) != nil) }
    object["spec"] = spec
    let read = try JSONDecoder().decode(
      ServiceRecord.self, from: try JSONSerialization.data(withJSONObject: object))
    #expect(read.spec.workload == Workload() && read.runs == nil && read.daemonSlots == nil)
  }
}

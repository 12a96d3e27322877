// SPDX-License-Identifier: Apache-2.0
import Foundation
import TendonModel
import TendonStore
import Testing

@Suite("Records of what is held against instances and hosts")
struct TroubleRecordTests {
  private func time(_ milliseconds: Int64) -> Timestamp {
    Timestamp(millisecondsSinceEpoch: milliseconds)
  }

  private func service() throws -> ServiceRecord {
    var record = try Samples.service("web")
    record.spec.budget = BudgetSettings(maxUnavailable: .percent(25))
    var troubles = SlotTroubles()
    troubles.losses = [
      SlotTroubles.HostLoss(
        host: try HostID("h1"), epoch: Epoch(7), placedAt: time(1000), at: time(9000), bootID: "b")
    ]
    troubles.quarantinedAt = time(9001)
    troubles.failures = [
      SlotTroubles.HostFailure(
        host: try HostID("h2"), at: time(5), failedStarts: 1, isProven: true, reason: "no such file"
      )
    ]
    record.troubles = [0: troubles, 3: SlotTroubles()]
    return record
  }

  private func host() throws -> HostRecord {
    var record = try Samples.host("h1")
    record.flaps = FlapRecord(
      downs: 3, lastDownAt: time(1), backAt: time(2), heldUntil: time(20_002))
    return record
  }

  @Test("They come back as they were committed.", arguments: StoreKind.allCases)
  func reload(kind: StoreKind) async throws {
    let bed = try StoreBed(kind)
    let store = try await bed.open()
    try await store.commit(
      Samples.commit(1, [.putService(try service()), .putHost(try host())]))
    try await store.close()
    let loaded = try await bed.open().load()
    let (services, hosts) = (try [service()], try [host()])
    #expect(loaded.services == services && loaded.hosts == hosts)
  }

  @Test("A record of a version before holds nothing against anyone.")
  func older() throws {
    for (record, key) in [
      (try JSONEncoder().encode(service()), "troubles"),
      (try JSONEncoder().encode(host()), "flaps"),
    ] {
      var object = try #require(try JSONSerialization.jsonObject(with: record) as? [String: Any])
      #expect(object.removeValue(forKey: key) != nil)
      let older = try JSONSerialization.data(withJSONObject: object)
      if key == "flaps" {
        #expect(try JSONDecoder().decode(HostRecord.self, from: older).flaps == nil)
      } else {
        #expect(try JSONDecoder().decode(ServiceRecord.self, from: older).troubles == nil)
      }
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
import TendonModel

/// Records for tests.
enum Samples {
  static func service(_ name: String, revision: UInt64 = 1) throws -> ServiceRecord {
    ServiceRecord(
      spec: ServiceSpec(
        name: try ServiceName(name), command: ["/bin/sleep", "1000"],
        env: ["GREETING": "动态网站 \"quoted\" \\ / \n"], user: "nobody:nogroup", replicas: 3,
        ports: [PortSpec(name: "http"), PortSpec(name: "admin", fixed: 9000)],
        resources: Resources(
          cpu: CPUResources(request: MilliCPU(250), limit: .value(MilliCPU(2000))),
          memory: MemoryResources(request: .mebibytes(64), limit: .max), pids: .value(50)),
        restart: .onFailure, labels: ["tier": "front"]),
      revision: Revision(revision), overrides: [2: Resources(pids: .value(7))], isDeleted: false)
  }

  static func placement(
    _ epoch: UInt64, service: String = "web", slot: Int = 0, host: String = "h1",
    stopReason: String? = nil
  ) throws -> PlacementRecord {
    let record = try Self.service(service)
    return PlacementRecord(
      placement: DesiredPlacement(
        epoch: Epoch(epoch), instance: InstanceID(service: record.spec.name, slot: slot),
        host: try HostID(host), spec: record.spec, resources: record.spec.resources,
        resourcesRevision: Revision(1), placedAt: Timestamp(millisecondsSinceEpoch: 1_700_000)),
      stopReason: stopReason)
  }

  static func host(_ name: String, memory: Int64 = 512) throws -> HostRecord {
    HostRecord(
      id: try HostID(name),
      facts: HostFacts(
        capacity: HostCapacity(cpu: MilliCPU(1000), memory: .mebibytes(memory)),
        labels: ["zone": "a"], address: "10.0.0.1", kernel: "6.1.0",
        controllers: ["cpu", "memory"], version: "0.1.0"))
  }

  static func reservation(
    _ name: String, hosts: [String] = ["h1"]
  ) throws -> ReservationRecord {
    let amount = Reservation.Amount(cpu: MilliCPU(1500), memory: .mebibytes(64))
    return ReservationRecord(
      reservation: Reservation(
        name: try ReservationName(name), amount: amount, hosts: hosts.count, isPerHost: true,
        from: Timestamp(millisecondsSinceEpoch: 5), until: Timestamp(millisecondsSinceEpoch: 9),
        services: [try ServiceName("web")]),
      createdAt: Timestamp(millisecondsSinceEpoch: 3),
      holds: try hosts.map { .init(host: try HostID($0), amount: amount) })
  }

  static func event(_ revision: UInt64, _ ordinal: Int = 0) throws -> ClusterEvent {
    ClusterEvent(
      revision: Revision(revision), ordinal: ordinal,
      at: Timestamp(millisecondsSinceEpoch: Int64(revision)), severity: .warning, reason: "placed",
      service: try ServiceName("web"), host: try HostID("h1"),
      message: "event \(revision).\(ordinal)")
  }

  static func commit(
    _ revision: UInt64, nextEpoch: UInt64 = 1, _ changes: [StoreChange] = []
  ) -> StoreCommit {
    StoreCommit(revision: Revision(revision), nextEpoch: Epoch(nextEpoch), changes: changes)
  }
}

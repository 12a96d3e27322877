// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import TendonCore
import TendonModel
import TendonStore

/// How many decisions a second are made and durable: the engine decides, and batches of real records go into the store
/// that a coordinator uses, each synced to the disk before the next.
enum PlacementDurability {
  private static let batch = 5000
  private static let batches = 20

  static func run() async throws -> [BenchResult] {
    let folder = FileManager.default.temporaryDirectory
      .appendingPathComponent("tendon-bench-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let result = await Result { try await measure(folder.appendingPathComponent("state.db").path) }
    try FileManager.default.removeItem(at: folder)
    return try result.get()
  }

  private static func measure(_ path: String) async throws -> [BenchResult] {
    let store = try await SQLiteStore.open(path: path)
    var engine = try PlacementSpeed.makeEngine()
    let demands = try PlacementSpeed.makeMix()
    let classes = demands.map { engine.intern($0) }
    let specs = demands.map {
      Shared(wrappedValue: ServiceSpec(name: $0.service, command: ["/bin/sleep", "infinity"]))
    }
    var draw = Draw(PlacementInput.made.instances.map(\.count), seed: 2)
    var slots = Array(repeating: 0, count: classes.count)
    var epoch: UInt64 = 1
    var commits: [Double] = []
    let clock = ContinuousClock()
    let start = clock.now
    for number in 1...batches {
      var changes: [StoreChange] = []
      changes.reserveCapacity(batch)
      for _ in 0..<batch {
        let row = draw.next()
        let host = try engine.place(classes[row])
        let instance = InstanceID(service: demands[row].service, slot: slots[row])
        slots[row] += 1
        let placement = DesiredPlacement(
          epoch: Epoch(epoch), instance: instance, host: host, spec: specs[row],
          resources: specs[row].wrappedValue.resources, resourcesRevision: Revision(UInt64(number)),
          placedAt: Timestamp(millisecondsSinceEpoch: 0))
        epoch += 1
        changes.append(.putPlacement(PlacementRecord(placement: placement)))
      }
      let commit = StoreCommit(
        revision: Revision(UInt64(number)), nextEpoch: Epoch(epoch), changes: changes)
      let took = try await clock.measure { try await store.commit(commit) }
      commits.append(took.milliseconds)
    }
    let took = clock.now - start
    try await store.close()
    return [
      PlacementSpeed.rate("place_durable_per_s", batch * batches, took, .atLeast(50_000)),
      BenchResult(
        group: "placement", name: "place_commit_ms", value: commits.median, unit: "ms",
        n: batches, note: "batches of \(batch)"),
    ]
  }
}

extension Result where Failure == any Error {
  /// What an asynchronous body returns or throws, so that something can be tidied up after it.
  fileprivate init(_ body: () async throws -> Success) async {
    do { self = .success(try await body()) } catch { self = .failure(error) }
  }
}

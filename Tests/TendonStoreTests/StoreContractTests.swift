// SPDX-License-Identifier: Apache-2.0
import TendonModel
import TendonStore
import Testing

/// What every store must do, whatever it keeps its rows in.
@Suite("Every store")
struct StoreContractTests {
  @Test("A new store is empty.", arguments: StoreKind.allCases)
  func new(kind: StoreKind) async throws {
    #expect(try await StoreBed(kind).open().load() == StoredState())
  }

  @Test("What was committed is there after reopening.", arguments: StoreKind.allCases)
  func reload(kind: StoreKind) async throws {
    let bed = try StoreBed(kind)
    let store = try await bed.open()
    let expected = StoredState(
      revision: Revision(5), nextEpoch: Epoch(8),
      services: [try Samples.service("api"), try Samples.service("web")],
      placements: [
        try Samples.placement(2), try Samples.placement(7, slot: 1, stopReason: "moved"),
      ],
      hosts: [try Samples.host("h1"), try Samples.host("h2")],
      reservations: [try Samples.reservation("burst"), try Samples.reservation("late", hosts: [])],
      events: [try Samples.event(5, 0), try Samples.event(5, 1)])
    var changes: [StoreChange] = expected.services.reversed().map { .putService($0) }
    changes += expected.placements.reversed().map { .putPlacement($0) }
    changes += expected.hosts.reversed().map { .putHost($0) }
    changes += expected.reservations.reversed().map { .putReservation($0) }
    changes += expected.events.map { .appendEvent($0) }
    try await store.commit(Samples.commit(5, nextEpoch: 8, changes))
    #expect(try await store.load() == expected)
    try await store.close()
    #expect(try await bed.open().load() == expected)
  }

  @Test("A commit of many records is stored whole and in its order.", arguments: StoreKind.allCases)
  func many(kind: StoreKind) async throws {
    let store = try await StoreBed(kind).open()
    let placements = try (1...300).map { try Samples.placement(UInt64($0), slot: $0) }
    let events = try (0..<301).map { try Samples.event(1, $0) }
    var changes: [StoreChange] = []
    for (placement, event) in zip(placements, events) {
      changes += [.putPlacement(placement), .appendEvent(event)]
    }
    changes += [.removePlacement(Epoch(300)), .appendEvent(events[300])]
    try await store.commit(Samples.commit(1, nextEpoch: 301, changes))
    let state = try await store.load()
    #expect(state.placements == placements.dropLast())
    #expect(state.events == events)
  }

  @Test("A store that was dropped without closing has everything.", arguments: StoreKind.allCases)
  func dropped(kind: StoreKind) async throws {
    let bed = try StoreBed(kind)
    func writeAndDrop() async throws {
      let store = try await bed.open()
      try await store.commit(Samples.commit(1, [.putHost(try Samples.host("h1"))]))
    }
    try await writeAndDrop()
    #expect(try await bed.open().load().hosts == [try Samples.host("h1")])
  }

  @Test(
    "Putting again replaces, removing removes, and removing nothing is fine.",
    arguments: StoreKind.allCases)
  func replace(kind: StoreKind) async throws {
    let store = try await StoreBed(kind).open()
    try await store.commit(
      Samples.commit(
        1, nextEpoch: 3,
        [
          .putService(try Samples.service("web")), .putPlacement(try Samples.placement(1)),
          .putPlacement(try Samples.placement(2)), .putHost(try Samples.host("h1")),
          .putHost(try Samples.host("h2")), .putReservation(try Samples.reservation("burst")),
          .putReservation(try Samples.reservation("late")),
        ]))
    try await store.commit(
      Samples.commit(
        2, nextEpoch: 3,
        [
          .putService(try Samples.service("web", revision: 2)), .removePlacement(Epoch(1)),
          .putPlacement(try Samples.placement(2, stopReason: "gone")),
          .removeHost(try HostID("h2")), .putHost(try Samples.host("h1", memory: 1024)),
          .removeService(try ServiceName("never")), .removeHost(try HostID("never")),
          .removePlacement(Epoch(99)), .removeReservation(try ReservationName("late")),
          .putReservation(try Samples.reservation("burst", hosts: ["h1", "h2"])),
          .removeReservation(try ReservationName("never")),
        ]))
    let state = try await store.load()
    #expect(state.services == [try Samples.service("web", revision: 2)])
    #expect(state.placements == [try Samples.placement(2, stopReason: "gone")])
    #expect(state.hosts == [try Samples.host("h1", memory: 1024)])
    #expect(state.reservations == [try Samples.reservation("burst", hosts: ["h1", "h2"])])
    try await store.commit(
      Samples.commit(3, nextEpoch: 3, [.removeService(try ServiceName("web"))]))
    #expect(try await store.load().services == [])
  }

  @Test("Changes of one commit are made in their order.", arguments: StoreKind.allCases)
  func order(kind: StoreKind) async throws {
    let store = try await StoreBed(kind).open()
    try await store.commit(
      Samples.commit(
        1,
        [
          .putHost(try Samples.host("h1")), .removeHost(try HostID("h1")),
          .putHost(try Samples.host("h2")), .putHost(try Samples.host("h2", memory: 7)),
        ]))
    #expect(try await store.load().hosts == [try Samples.host("h2", memory: 7)])
  }

  @Test(
    "A commit whose revision is not higher fails and changes nothing.",
    arguments: StoreKind.allCases)
  func stale(kind: StoreKind) async throws {
    let store = try await StoreBed(kind).open()
    try await store.commit(Samples.commit(5, [.putHost(try Samples.host("h1"))]))
    let before = try await store.load()
    for revision in [5, 4, 0] as [UInt64] {
      await #expect(
        throws: StoreError.staleRevision(stored: Revision(5), offered: Revision(revision))
      ) {
        try await store.commit(
          Samples.commit(revision, nextEpoch: 9, [.putHost(try Samples.host("h2"))]))
      }
    }
    #expect(try await store.load() == before)
    try await store.commit(Samples.commit(9))
    #expect(try await store.load().revision == Revision(9))
  }

  @Test(
    "A commit that would hand out epochs again fails and changes nothing.",
    arguments: StoreKind.allCases)
  func epochBack(kind: StoreKind) async throws {
    let store = try await StoreBed(kind).open()
    try await store.commit(Samples.commit(1, nextEpoch: 10))
    await #expect(throws: StoreError.epochWentBack(stored: Epoch(10), offered: Epoch(9))) {
      try await store.commit(
        Samples.commit(2, nextEpoch: 9, [.putHost(try Samples.host("h2"))]))
    }
    let state = try await store.load()
    #expect(state.revision == Revision(1) && state.nextEpoch == Epoch(10) && state.hosts == [])
  }

  @Test(
    "The coordinator's epoch grows with every call and every reopening.",
    arguments: StoreKind.allCases)
  func epochs(kind: StoreKind) async throws {
    let bed = try StoreBed(kind)
    var seen: [UInt64] = []
    for _ in 0..<3 {
      let store = try await bed.open()
      seen.append(try await store.beginEpoch())
      seen.append(try await store.beginEpoch())
      try await store.close()
    }
    #expect(seen.first.map { $0 > 0 } == true)
    #expect(zip(seen, seen.dropFirst()).allSatisfy { $0 < $1 })
  }

  @Test("Events keep their order, and only the newest stay.", arguments: StoreKind.allCases)
  func events(kind: StoreKind) async throws {
    let bed = try StoreBed(kind)
    let store = try await bed.open()
    var expected: [ClusterEvent] = []
    for revision in [1, 2, 3] as [UInt64] {
      let events = try (0..<(revision == 2 ? StoreBounds.events : 5)).map {
        try Samples.event(revision, $0)
      }
      expected += events
      try await store.commit(Samples.commit(revision, events.map { .appendEvent($0) }))
    }
    try await store.close()
    #expect(try await bed.open().load().events == expected.suffix(StoreBounds.events))
  }

  @Test(
    "Commits made at the same time are all there or refused as stale.",
    arguments: StoreKind.allCases)
  func concurrent(kind: StoreKind) async throws {
    let store = try await StoreBed(kind).open()
    let kept = await withTaskGroup(of: UInt64?.self) { group in
      for revision in 1...100 as ClosedRange<UInt64> {
        group.addTask {
          do {
            try await store.commit(
              Samples.commit(revision, [.putHost(try Samples.host("h\(revision)"))]))
            return revision
          } catch StoreError.staleRevision {
            return nil
          } catch {
            Issue.record(error)
            return nil
          }
        }
      }
      return await group.reduce(into: Set<UInt64>()) { if let new = $1 { $0.insert(new) } }
    }
    let state = try await store.load()
    #expect(Set(state.hosts.map(\.id.rawValue)) == Set(kept.map { "h\($0)" }))
    #expect(state.revision.rawValue == kept.max())
    #expect(kept.contains(100))
  }

  @Test("One commit may hold ten thousand changes.", arguments: StoreKind.allCases)
  func large(kind: StoreKind) async throws {
    let bed = try StoreBed(kind)
    let store = try await bed.open()
    let records = try (1...10_000).map { try Samples.placement(UInt64($0), slot: $0) }
    try await store.commit(
      Samples.commit(1, nextEpoch: 10_001, records.map { .putPlacement($0) }))
    try await store.close()
    #expect(try await bed.open().load().placements == records)
  }

  @Test("A cancelled task's commit is made all the same.", arguments: StoreKind.allCases)
  func cancelled(kind: StoreKind) async throws {
    let store = try await StoreBed(kind).open()
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      try await store.commit(Samples.commit(1, [.putHost(try Samples.host("h1"))]))
    }
    task.cancel()
    try await task.value
    #expect(try await store.load().hosts.count == 1)
  }

  @Test("A closed store says so, and may be closed again.", arguments: StoreKind.allCases)
  func closed(kind: StoreKind) async throws {
    let store = try await StoreBed(kind).open()
    try await store.close()
    try await store.close()
    await #expect(throws: StoreError.closed) { try await store.load() }
    await #expect(throws: StoreError.closed) { try await store.commit(Samples.commit(1)) }
    await #expect(throws: StoreError.closed) { try await store.beginEpoch() }
  }
}

// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TendonCore
@testable import TendonModel

@Suite struct StartGateTests {
  private func epochs(_ range: ClosedRange<UInt64>) -> [Epoch] { range.map { Epoch($0) } }

  @Test("As many as there is room for begin at once, the others in their order as those are done.")
  func order() {
    var gate = StartGate()
    let width = UInt64(StartGate.width)
    let begun = epochs(1...width + 3).filter { gate.enter($0) }
    #expect(begun == epochs(1...width))
    #expect(gate.waitingCount == 3)
    #expect(gate.done(Epoch(2)) == Epoch(width + 1))
    #expect(gate.done(Epoch(1)) == Epoch(width + 2))
    #expect(gate.done(Epoch(width + 1)) == Epoch(width + 3))
    #expect(gate.waitingCount == 0)
    #expect(gate.done(Epoch(3)) == nil)
    let next = gate.enter(Epoch(width + 4))
    #expect(next)
  }

  @Test("It is crowded while more than an eighth of the room is taken.")
  func crowded() {
    var gate = StartGate()
    let eighth = UInt64(StartGate.width / 8)
    for epoch in epochs(1...eighth) { _ = gate.enter(epoch) }
    #expect(!gate.isCrowded)
    _ = gate.enter(Epoch(eighth + 1))
    #expect(gate.isCrowded)
    _ = gate.done(Epoch(1))
    #expect(!gate.isCrowded)
  }

  @Test("One that is done twice, or never was there, makes way once.")
  func twice() {
    var gate = StartGate()
    let width = UInt64(StartGate.width)
    for epoch in epochs(1...width + 2) { _ = gate.enter(epoch) }
    #expect(gate.done(Epoch(1)) == Epoch(width + 1))
    #expect(gate.done(Epoch(1)) == nil)
    #expect(gate.done(Epoch(width + 9)) == nil)
    #expect(gate.done(Epoch(2)) == Epoch(width + 2))
  }

  @Test("All of very many begin, one for each that is done.")
  func many() {
    var gate = StartGate()
    var begun: [Epoch] = []
    for epoch in epochs(1...1000) where gate.enter(epoch) { begun.append(epoch) }
    var place = 0
    while place < begun.count {
      if let next = gate.done(begun[place]) { begun.append(next) }
      place += 1
    }
    #expect(begun == epochs(1...1000))
  }
}

@Suite struct InstanceGlanceTests {
  private func glance(_ epoch: UInt64, restarts: Int = 0) throws -> InstanceGlance {
    let service = try ServiceName("web")
    var memory = PlacementMemory(
      desired: DesiredPlacement(
        epoch: Epoch(epoch), instance: InstanceID(service: service, slot: 0),
        host: try HostID("a"), spec: ServiceSpec(name: service, command: ["x"]),
        resources: Resources(), resourcesRevision: Revision(1),
        placedAt: Timestamp(millisecondsSinceEpoch: 0)))
    memory.restarts = restarts
    return InstanceGlance(memory)
  }

  @Test("Glances stay in the order of their epochs, one for each.")
  func order() throws {
    var board = GlanceBoard()
    for epoch: UInt64 in [5, 9, 7, 1, 12] { board.set(try glance(epoch)) }
    board.set(try glance(7, restarts: 3))
    #expect(board.all.map(\.epoch.rawValue) == [1, 5, 7, 9, 12])
    #expect(board.all[2].restarts == 3)
    for epoch: UInt64 in [9, 8, 12, 1] { board.remove(Epoch(epoch)) }
    #expect(board.all.map(\.epoch.rawValue) == [5, 7])
  }

  @Test("A glance says of a placement what its status says.")
  func asStatus() throws {
    let service = try ServiceName("web")
    var spec = ServiceSpec(name: service, command: ["x"])
    for gates in [false, true] {
      spec.supervision.notify.ready = gates
      for phase in PlacementPhase.allCases {
        var memory = PlacementMemory(
          desired: DesiredPlacement(
            epoch: Epoch(1), instance: InstanceID(service: service, slot: 0),
            host: try HostID("a"), spec: spec, resources: Resources(),
            resourcesRevision: Revision(1), placedAt: Timestamp(millisecondsSinceEpoch: 0)))
        memory.phase = phase
        #expect(InstanceGlance(memory).isReady == memory.status.isReady)
        #expect(InstanceGlance(memory).phase == memory.status.phase)
      }
    }
  }
}

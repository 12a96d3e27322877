// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel
import Testing

@Suite("The plan for one slot")
struct SlotPlanTests {
  private func copy(
    _ epoch: UInt64, down: Bool = false, current: Bool = true, _ phase: PlacementPhase? = .running,
    ready: Bool = true
  ) -> SlotPlan.Copy {
    SlotPlan.Copy(
      epoch: Epoch(epoch), isLost: down, isCurrent: current, phase: phase, isReady: ready)
  }

  @Test("An empty slot gets a copy.")
  func empty() {
    #expect(SlotPlan.actions(copies: [], mayRoll: false) == [.place(replacing: nil, because: .new)])
  }

  @Test("A slot whose only copy is on a dead host gets another and keeps the first.")
  func hostDown() {
    #expect(
      SlotPlan.actions(copies: [copy(1, down: true)], mayRoll: false)
        == [.place(replacing: nil, because: .hostDown)])
  }

  @Test(
    "Nothing is stopped until the newest copy runs.", arguments: [nil, PlacementPhase.starting])
  func waits(phase: PlacementPhase?) {
    #expect(SlotPlan.actions(copies: [copy(1), copy(2, phase)], mayRoll: false).isEmpty)
  }

  @Test(
    "Nothing is stopped while the newest copy runs and is not ready, and all older ones when it is."
  )
  func waitsForReady() {
    #expect(
      SlotPlan.actions(copies: [copy(1, current: false), copy(2, ready: false)], mayRoll: true)
        .isEmpty)
    #expect(
      SlotPlan.actions(copies: [copy(1, current: false), copy(2)], mayRoll: false)
        == [.stop(Epoch(1), .superseded(by: Epoch(2)))])
  }

  @Test("When the newest runs, all older copies stop, also those on dead hosts.")
  func supersedes() {
    let actions = SlotPlan.actions(
      copies: [copy(1, down: true), copy(2), copy(3)], mayRoll: false)
    #expect(
      Set(actions) == [
        .stop(Epoch(1), .superseded(by: Epoch(3))), .stop(Epoch(2), .superseded(by: Epoch(3))),
      ])
  }

  @Test("An old version is replaced only when the roll-out comes to its slot.")
  func rolls() {
    let old = [copy(4, current: false)]
    #expect(SlotPlan.actions(copies: old, mayRoll: false).isEmpty)
    #expect(
      SlotPlan.actions(copies: old, mayRoll: true)
        == [.place(replacing: Epoch(4), because: .newVersion)])
  }

  @Test("A failed copy is stopped and replaced; an ended one is left.")
  func finals() {
    #expect(
      SlotPlan.actions(copies: [copy(1, .failed)], mayRoll: false)
        == [.stop(Epoch(1), .failed), .place(replacing: nil, because: .failed)])
    #expect(SlotPlan.actions(copies: [copy(1, .ended)], mayRoll: false).isEmpty)
  }

  @Test(
    "A copy that is neither wanted any more nor ready goes when a third is placed; the one that serves stays."
  )
  func outdated() {
    func copy(_ epoch: UInt64, _ phase: PlacementPhase, isLeaving: Bool = false) -> SlotPlan.Copy {
      SlotPlan.Copy(
        epoch: Epoch(epoch), isLost: false, isCurrent: false, phase: phase,
        isReady: phase == .running, isLeaving: isLeaving)
    }
    #expect(
      SlotPlan.actions(copies: [copy(3, .running), copy(5, .starting)], mayRoll: true)
        == [.stop(Epoch(5), .outdated), .place(replacing: Epoch(3), because: .newVersion)])
    #expect(
      SlotPlan.actions(
        copies: [copy(3, .running), copy(5, .starting, isLeaving: true)], mayRoll: true)
        == [.stop(Epoch(5), .outdated), .place(replacing: Epoch(3), because: .newVersion)])
    #expect(
      SlotPlan.actions(copies: [copy(3, .running), copy(5, .starting)], mayRoll: false).isEmpty)
  }

  @Test(
    "Of three copies, of which the newest does not run yet, the one that serves stays beside it.")
  func surplus() {
    // Its host was given up, another copy was placed, and then the host came back.
    #expect(
      SlotPlan.actions(
        copies: [copy(1, current: false), copy(2, .starting), copy(3, .starting)], mayRoll: false)
        == [.stop(Epoch(2), .surplus)])
    #expect(
      SlotPlan.actions(
        copies: [copy(1, current: false), copy(2), copy(3, .starting)], mayRoll: false)
        == [.stop(Epoch(1), .surplus)])
    #expect(
      SlotPlan.actions(
        copies: [copy(1, .starting), copy(2, .starting), copy(3, nil)], mayRoll: false)
        == [.stop(Epoch(1), .surplus)])
    let old = [1, 2, 3].map { copy($0, current: false, $0 == 1 ? .running : .starting) }
    #expect(SlotPlan.actions(copies: old, mayRoll: false) == [.stop(Epoch(2), .surplus)])
  }

  @Test("After a restart of the coordinator nothing is surplus until it is known what serves.")
  func surplusUnheard() {
    func unheard(_ epoch: UInt64, current: Bool = true) -> SlotPlan.Copy {
      SlotPlan.Copy(
        epoch: Epoch(epoch), isLost: false, isCurrent: current, phase: nil, isReady: false,
        isUnheard: true)
    }
    let others = [unheard(2), unheard(3)]
    #expect(
      SlotPlan.actions(copies: [unheard(1, current: false)] + others, mayRoll: false).isEmpty)
    #expect(
      SlotPlan.actions(copies: [copy(1, current: false, .starting)] + others, mayRoll: false)
        .isEmpty)
    #expect(
      SlotPlan.actions(copies: [copy(1, current: false)] + others, mayRoll: false)
        == [.stop(Epoch(2), .surplus)])
  }
}

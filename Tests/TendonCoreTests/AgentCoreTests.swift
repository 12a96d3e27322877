// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TendonCore
@testable import TendonModel

@Suite struct AgentCoreTests {
  private let now = Now(
    monotonic: MonotonicTime(nanoseconds: 0), wall: Timestamp(millisecondsSinceEpoch: 0))

  private func core() throws -> AgentCore {
    AgentCore(host: try HostID("host1"), generator: SeededGenerator(seed: 1))
  }

  private func run(_ core: inout AgentCore, _ epoch: UInt64) {
    _ = core.handle(.spawned(.sample(attempt: 1, pid: Int32(epoch))), of: Epoch(epoch), now: now)
    core.reports.statusChanged(Epoch(epoch))
  }

  private func nextReport(_ core: inout AgentCore) throws -> AgentReport {
    let report = core.nextReport()
    return try #require(report)
  }

  private func expectNoReport(_ core: inout AgentCore) {
    let report = core.nextReport()
    #expect(report == nil)
  }

  @Test("A snapshot starts what is new, leaves what runs, and stops what it does not name.")
  func snapshot() throws {
    var core = try core()
    let first = core.snapshot(
      revision: Revision(1), placements: [.sample(epoch: 1), .sample(epoch: 2)], now: now)
    #expect(first.count { if case .start = $0.action { true } else { false } } == 2)
    run(&core, 1)
    run(&core, 2)
    let second = core.snapshot(
      revision: Revision(2), placements: [.sample(epoch: 2), .sample(epoch: 3)], now: now)
    #expect(second.contains { $0.epoch == Epoch(1) && $0.action.isTerm })
    #expect(!second.contains { $0.epoch == Epoch(2) })
    #expect(second.contains { $0.epoch == Epoch(3) })
    #expect(core.appliedRevision == Revision(2))
  }

  @Test("A removal of what is not here is answered, and a gone placement is not revived.")
  func removals() throws {
    var core = try core()
    let unknown = core.delta(
      revision: Revision(5), upserts: [], removals: [Epoch(9)], now: now)
    #expect(unknown == [AgentCore.Order(epoch: Epoch(9), action: .reportRemoved)])
    _ = core.delta(revision: Revision(6), upserts: [.sample(epoch: 1)], removals: [], now: now)
    _ = core.handle(
      .startFailed(StartFailure(attempt: 1, step: "exec", reason: "no")), of: Epoch(1), now: now)
    _ = core.delta(revision: Revision(7), upserts: [], removals: [Epoch(1)], now: now)
    _ = core.handle(.cgroupEmpty, of: Epoch(1), now: now)
    _ = core.handle(.cgroupRemoved, of: Epoch(1), now: now)
    let again = core.snapshot(revision: Revision(8), placements: [.sample(epoch: 1)], now: now)
    #expect(again == [AgentCore.Order(epoch: Epoch(1), action: .reportRemoved)])
  }

  @Test("How a stopped placement ended is told with its removal, however quickly it was gone.")
  func farewell() throws {
    var core = try core()
    _ = core.snapshot(revision: Revision(1), placements: [.sample(epoch: 1)], now: now)
    run(&core, 1)
    let process = ProcessKey(pid: 1, startTicks: 1)
    core.reports.sessionOpened(3)
    let first = try nextReport(&core)
    core.reports.delivered(session: 3, sequence: first.sequence)
    _ = core.delta(revision: Revision(2), upserts: [], removals: [Epoch(1)], now: now)
    let killed = TendonModel.ExitStatus.signaled(signal: 9, coreDumped: false)
    _ = core.handle(.exited(process, .sample(killed)), of: Epoch(1), now: now)
    _ = core.handle(.cgroupEmpty, of: Epoch(1), now: now)
    _ = core.handle(.cgroupRemoved, of: Epoch(1), now: now)
    #expect(core.memory(of: Epoch(1)) == nil)
    core.reports.placementRemoved(Epoch(1))
    let last = try nextReport(&core)
    #expect(last.removed == [Epoch(1)])
    #expect(last.statuses.first?.lastExit?.status == killed)
    core.reports.delivered(session: 3, sequence: last.sequence)
    expectNoReport(&core)
  }

  @Test("The first report of a session is complete; what was not confirmed is said again.")
  func reports() throws {
    var core = try core()
    _ = core.snapshot(revision: Revision(1), placements: [.sample(epoch: 1)], now: now)
    run(&core, 1)
    expectNoReport(&core)
    core.reports.sessionOpened(3)
    let first = try nextReport(&core)
    #expect(first.isComplete && first.sequence == 1 && first.statuses.map(\.epoch) == [Epoch(1)])
    expectNoReport(&core)
    core.reports.delivered(session: 3, sequence: 1)
    expectNoReport(&core)
    core.reports.statusChanged(Epoch(1))
    core.reports.placementRemoved(Epoch(8))
    let second = try nextReport(&core)
    #expect(!second.isComplete && second.statuses.count == 1 && second.removed == [Epoch(8)])
    core.reports.failed(session: 3, sequence: 2)
    let third = try nextReport(&core)
    #expect(third.sequence == 3 && third.removed == [Epoch(8)])
    core.reports.sessionOpened(4)
    let fourth = try nextReport(&core)
    #expect(fourth.isComplete && fourth.sequence == 1 && fourth.removed == [Epoch(8)])
  }

  @Test("An exit of a placement that nobody knows is acknowledged.")
  func strayExit() throws {
    var core = try core()
    let process = ProcessKey(pid: 4, startTicks: 4)
    let orders = core.handle(.exited(process, .sample(.unknown)), of: Epoch(7), now: now)
    #expect(orders == [AgentCore.Order(epoch: Epoch(7), action: .acknowledgeExit(process))])
  }

  @Test("A bounded set forgets its oldest members first.")
  func boundedSet() {
    var set = BoundedSet<Int>(capacity: 3)
    for number in 1...5 { set.insert(number) }
    #expect((1...5).filter(set.contains) == [3, 4, 5])
  }
}

extension LifecycleAction {
  fileprivate var isTerm: Bool { if case .signal(_, 15) = self { true } else { false } }
}

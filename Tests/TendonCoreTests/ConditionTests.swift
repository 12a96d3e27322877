// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TendonCore
@testable import TendonModel

@Suite("Conditions of hosts") struct ConditionTests {
  private static let word = "state-not-writable"
  private static let message = "write /var/lib/tendon/placements.journal: No space left on device"

  @Test("An agent tells a condition once, again with a new session, and its end.")
  func agentSide() throws {
    var core = AgentCore(host: try HostID("host1"), generator: SeededGenerator(seed: 1))
    core.reports.sessionOpened(1)
    #expect(core.nextReport()?.conditions == [:])
    core.reports.delivered(session: 1, sequence: 1)
    core.setCondition(Self.word, Self.message)
    #expect(core.nextReport()?.conditions == [Self.word: Self.message])
    // It got lost: it is said again.
    core.reports.failed(session: 1, sequence: 2)
    #expect(core.nextReport()?.conditions == [Self.word: Self.message])
    core.reports.delivered(session: 1, sequence: 3)
    core.setCondition(Self.word, Self.message)
    #expect(core.nextReport() == nil)
    core.reports.statusChanged(Epoch(1))
    #expect(core.nextReport()?.conditions == .some(nil))
    core.reports.sessionOpened(2)
    #expect(core.nextReport()?.conditions == [Self.word: Self.message])
    core.reports.delivered(session: 2, sequence: 1)
    core.setCondition(Self.word, nil)
    #expect(core.nextReport()?.conditions == [:])
  }

  @Test("The coordinator shows a condition, tells of its beginning and its end once, and explains.")
  func coordinatorSide() throws {
    var cluster = ClusterFixture()
    try cluster.join("host1")
    try cluster.obey()
    let host = ClusterFixture.host("host1")
    func reasons() -> [String] {
      cluster.core.events(EventFilter(host: host)).map(\.reason).filter { $0.hasPrefix("state-") }
    }
    try cluster.send(host, statuses: [], conditions: [Self.word: Self.message])
    try cluster.send(host, statuses: [], conditions: [Self.word: Self.message])
    try cluster.send(host, statuses: [])
    #expect(reasons() == [Self.word])
    let text = "\(Self.word): \(Self.message)"
    #expect(cluster.core.hostView(host, now: cluster.now)?.conditions == [text])
    #expect(try cluster.core.why("host1", now: cluster.now).evidence.contains(text))
    try cluster.send(host, statuses: [], conditions: [:])
    #expect(reasons() == [Self.word, "\(Self.word)-over"])
    #expect(cluster.core.hostView(host, now: cluster.now)?.conditions == [])
  }
}

// SPDX-License-Identifier: Apache-2.0

import TendonModel
import Testing

@testable import TendonCore

@Suite("The log of events")
struct EventLogTests {
  private func event(_ number: Int) -> ClusterEvent {
    ClusterEvent(
      revision: Revision(UInt64(number)), ordinal: 0, at: Timestamp(millisecondsSinceEpoch: 0),
      severity: .info, reason: "placed", message: "\(number)")
  }

  @Test("Keeps the newest up to its limit, in their order.", arguments: [1, 255, 256, 257, 1000])
  func newest(limit: Int) {
    var log = EventLog(events: (0..<300).map(event), limit: limit)
    #expect(log.events == (0..<300).suffix(limit).map(event))
    for number in 300..<2000 {
      log.append(event(number))
      #expect(log.events.count == min(number + 1, limit))
    }
    #expect(log.events == (2000 - limit..<2000).map(event))
  }

  @Test("A copy keeps what it had when the other goes on.")
  func copies() {
    var log = EventLog(events: (0..<500).map(event), limit: 400)
    let before = log
    for number in 500..<900 { log.append(event(number)) }
    #expect(before.events == (100..<500).map(event))
    #expect(log.events == (500..<900).map(event))
  }
}

// SPDX-License-Identifier: Apache-2.0
import TendonModel
import Testing

@testable import TendonAgent

@Suite("When beats are due")
struct HeartbeatCadenceTests {
  private func at(_ milliseconds: Int64) -> MonotonicTime {
    MonotonicTime(nanoseconds: milliseconds * 1_000_000)
  }

  @Test("The first at once, the others on the grid of the first however late one was asked for.")
  func grid() {
    var cadence = HeartbeatCadence(interval: .milliseconds(250))
    let asked: [(now: Int64, due: Int64)] = [
      (1000, 1000), (1001, 1250), (1250, 1500), (1749, 1750), (1750, 2000),
    ]
    for (now, due) in asked { #expect(cadence.next(after: at(now)) == at(due)) }
  }

  @Test("After a pause one beat is due, not all that were missed.")
  func pause() {
    var cadence = HeartbeatCadence(interval: .milliseconds(250))
    #expect(cadence.next(after: at(1000)) == at(1000))
    #expect(cadence.next(after: at(60_010)) == at(60_250))
    #expect(cadence.next(after: at(60_251)) == at(60_500))
  }
}

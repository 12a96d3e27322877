// SPDX-License-Identifier: Apache-2.0

import TendonModel
import Testing

@testable import TendonCore

@Suite("The window of arrivals")
struct ArrivalWindowTests {
  private let interval = Duration.milliseconds(250)

  private func time(_ milliseconds: Int64) -> MonotonicTime {
    MonotonicTime(nanoseconds: milliseconds * 1_000_000)
  }

  @Test("The next beat is expected one interval after the mean of the arrivals, in any two clocks.")
  func expected() {
    var window = ArrivalWindow(capacity: 4)
    #expect(window.expected(interval: interval) == nil)
    for (number, delay) in [10, 20, 10, 20].enumerated() {
      let sent = Int64(number) * 250
      window.note(
        sequence: UInt64(number + 1), sentAt: time(sent - 1_000_000), at: time(sent + Int64(delay)))
    }
    // Sent at 750, with a mean delay of 15 ms.
    #expect(window.expected(interval: interval) == time(1015))
    #expect(window.jitter > .milliseconds(3) && window.jitter < .milliseconds(10))
  }

  @Test(
    "An agent that was stopped leaves beats out: the expectation goes on from its own send time.")
  func skippedBeats() {
    var window = ArrivalWindow(capacity: 64)
    for number in 1...20 as ClosedRange<Int64> {
      window.note(sequence: UInt64(number), sentAt: time(number * 250), at: time(number * 250 + 1))
    }
    window.note(sequence: 21, sentAt: time(6500), at: time(6501))
    #expect(window.expected(interval: interval) == time(6751))
    #expect(window.loss == 0)
  }

  @Test("A clock that jumps, or says nonsense, starts the window anew.")
  func clockJump() {
    var window = ArrivalWindow(capacity: 64)
    for number in 1...20 as ClosedRange<Int64> {
      window.note(sequence: UInt64(number), sentAt: time(number * 250), at: time(number * 250 + 1))
    }
    window.note(sequence: 21, sentAt: time(5250 + 60_000), at: time(5251))
    #expect(window.count == 1)
    #expect(window.expected(interval: interval) == time(5501))
    for (number, sentAt) in [Int64.min, .max, 0, .min].enumerated() {
      window.note(
        sequence: UInt64(30 + number), sentAt: MonotonicTime(nanoseconds: sentAt), at: time(6000))
    }
    #expect(window.expected(interval: interval) == time(6250))
  }

  @Test("Loss is what the numbers lack; what was only overtaken is not lost.")
  func loss() {
    var window = ArrivalWindow(capacity: 64)
    for number in 1...40 as ClosedRange<Int64> where number % 4 != 0 {
      window.note(sequence: UInt64(number), sentAt: time(number * 250), at: time(number * 250))
    }
    #expect(window.loss > 0.2 && window.loss < 0.3)
    for number in stride(from: 4, to: 40, by: 4) as StrideTo<Int64> {
      window.note(sequence: UInt64(number), sentAt: time(number * 250), at: time(10_100))
    }
    #expect(window.loss == 0)
    window.note(sequence: 47, sentAt: time(10_200), at: time(10_200))
    #expect(window.loss > 0.3 && window.loss < 0.31)
  }

  @Test("An outage is no loss, and what comes late out of it changes nothing.")
  func outage() {
    var window = ArrivalWindow(capacity: 64)
    for number in 1...20 as ClosedRange<Int64> {
      window.note(sequence: UInt64(number), sentAt: time(number * 250), at: time(number * 250 + 1))
    }
    for number in 60...70 as ClosedRange<Int64> where number != 65 {
      window.note(sequence: UInt64(number), sentAt: time(number * 250), at: time(number * 250 + 1))
    }
    #expect(window.loss > 0.02 && window.loss < 0.07)
    let count = window.count
    window.note(sequence: 40, sentAt: time(10_000), at: time(17_600))
    #expect(window.count == count)
    window.note(sequence: 65, sentAt: time(16_250), at: time(17_600))
    #expect(window.loss == 0)
    window.note(sequence: .max, sentAt: time(17_700), at: time(17_700))
    #expect(window.loss == 0)
  }
}

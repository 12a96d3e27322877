// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import TendonCore
@testable import TendonModel

@Suite struct MassFailureBrakeTests {
  private func hosts(_ numbers: ClosedRange<Int>) -> Set<HostID> {
    Set(numbers.map { ClusterFixture.host("host\($0)") })
  }

  private func at(_ seconds: Int64) -> MonotonicTime {
    MonotonicTime(nanoseconds: seconds * 1_000_000_000)
  }

  @Test(
    "It comes on at three quiet hosts that are more than a third, and not before.",
    arguments: [
      (quiet: 2, all: 3, isOn: false), (3, 3, true), (3, 8, true), (3, 9, false), (4, 12, false),
      (4, 11, true), (5, 14, true), (5, 15, false), (0, 3, false),
    ])
  func boundary(quiet: Int, all: Int, isOn: Bool) {
    var brake = MassFailureBrake()
    let silent = quiet == 0 ? [] : hosts(1...quiet)
    let change = brake.look(
      quiet: silent, heard: hosts(1...all).subtracting(silent), confirmed: [], DetectionSettings(),
      now: at(0))
    #expect(brake.isOn == isOn && change == (isOn ? .on : nil))
    #expect(brake.held == (isOn ? silent : []))
  }

  @Test(
    "It holds what is quiet though the window has passed, and goes off when enough have been heard or confirmed for a while."
  )
  func release() {
    let settings = DetectionSettings()
    var brake = MassFailureBrake()
    let change = brake.look(
      quiet: hosts(1...4), heard: hosts(5...9), confirmed: [], settings, now: at(0))
    #expect(change == .on && brake.reason.contains("host1, host2, host3, host4 of 9 hosts"))
    // Long quiet, and given up: none of it is new any more.
    let change1 = brake.look(quiet: [], heard: hosts(5...9), confirmed: [], settings, now: at(60))
    #expect(change1 == nil)
    #expect(brake.held == hosts(1...4))
    // 4 of 9 less one: 3 of 8 is still more than a third.
    let change2 = brake.look(
      quiet: [], heard: hosts(5...9), confirmed: hosts(1...1), settings, now: at(61))
    #expect(change2 == nil)
    #expect(brake.held == hosts(2...4))
    // Another one is heard: 2 are too few. But the next may be heard in a moment.
    var again = brake
    func look(heard: ClosedRange<Int>, _ seconds: Int64) -> MassFailureBrake.Change? {
      again.look(
        quiet: [], heard: hosts(heard), confirmed: hosts(1...1), settings, now: at(seconds))
    }
    #expect(look(heard: 4...9, 62) == nil && again.held == hosts(2...3))
    #expect(look(heard: 4...9, 71) == nil && again.held == hosts(2...3))
    #expect(look(heard: 4...9, 72) == .off && again.held.isEmpty)
    again = brake
    #expect(look(heard: 4...9, 62) == nil)
    #expect(look(heard: 2...9, 63) == .off, "there is none left to wait for")
    // Another one goes quiet meanwhile: it is held too.
    let change4 = brake.look(
      quiet: hosts(5...5), heard: hosts(6...9), confirmed: [], settings, now: at(62))
    #expect(change4 == nil)
    #expect(brake.held == hosts(2...5))
  }

  @Test("A pace lets a burst through, then so many a minute, and says when it is worth a try.")
  func pace() {
    var settings = DisruptionSettings()
    settings.moveBurst = 3
    settings.movesPerMinute = 60
    var pace = MovePace(settings)
    let start = MonotonicTime(nanoseconds: 5_000_000_000)
    func takes(_ count: Int, after delay: Duration) -> [Bool] {
      (0..<count).map { _ in pace.take(now: start + delay) }
    }
    func retry(after delay: Duration) -> Bool { pace.mayRetry(now: start + delay) }
    #expect(takes(4, after: .zero) == [true, true, true, false])
    #expect(!retry(after: .milliseconds(999)))
    #expect(retry(after: .milliseconds(1000)))
    #expect(!retry(after: .milliseconds(1000)), "nobody waits any more")
    #expect(takes(1, after: .milliseconds(1000)) == [true])
    pace.giveBack()
    #expect(takes(2, after: .milliseconds(1000)) == [true, false])
    // An hour fills it no further than the burst.
    #expect(takes(4, after: .seconds(3600)) == [true, true, true, false])
  }

  @Test("Settings are taken by name; others are told with what there is.")
  func settings() throws {
    var settings = DisruptionSettings()
    try settings.set("move-burst=5")
    #expect(settings.moveBurst == 5)
    for (text, says) in [
      ("move-burst", "is not KEY=VALUE"), ("x=1", "x is no setting of the disruption"),
      ("move-burst=0", "move-burst: \"0\" is not a whole number from 1"),
    ] {
      let error = #expect(throws: SettingError.self) { try settings.set(text) }
      #expect(error?.description.contains(says) == true, "\(error as Any)")
    }
  }
}

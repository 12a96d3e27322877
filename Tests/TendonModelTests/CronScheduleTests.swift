// SPDX-License-Identifier: Apache-2.0

import TendonModel
import Testing

struct CronScheduleTests {
  private static func time(_ text: String) -> Int64 {
    let numbers = text.split { " -:".contains($0) }.map { Int($0) ?? 0 }
    return CivilTime(
      year: numbers[0], month: numbers[1], day: numbers[2], hour: numbers[3], minute: numbers[4]
    ).seconds
  }

  private static func text(_ time: Int64) -> String {
    String(CivilTime(seconds: time).description.dropLast(3))
  }

  private static func next(
    _ schedule: String, after start: String, _ count: Int, in zone: TimeZoneRules = .utc
  ) throws -> [String] {
    let schedule = try CronSchedule(schedule)
    var time = time(start)
    return try (0..<count).map { _ in
      time = try #require(schedule.next(after: time, in: zone))
      return text(time)
    }
  }

  private static func berlin() throws -> TimeZoneRules {
    TimeZoneRules(footer: try #require(PosixTimeZone("CET-1CEST,M3.5.0,M10.5.0/3")))
  }

  @Test(
    "Schedules come when crontab(5) says.",
    arguments: [
      ("* * * * *", "2026-01-01 00:00", ["2026-01-01 00:01", "2026-01-01 00:02"]),
      ("*/15 * * * *", "2026-01-01 00:50", ["2026-01-01 01:00", "2026-01-01 01:15"]),
      ("7-59/20 * * * *", "2026-01-01 00:00", ["2026-01-01 00:07", "2026-01-01 00:27"]),
      (
        "0 9-17/4,20 * * *", "2026-01-01 09:00",
        ["2026-01-01 13:00", "2026-01-01 17:00", "2026-01-01 20:00"]
      ),
      ("0 3 * * 1-5", "2026-01-02 12:00", ["2026-01-05 03:00", "2026-01-06 03:00"]),
      ("0 3 * * mon-FRI", "2026-01-02 12:00", ["2026-01-05 03:00"]),
      ("0 3 * * 7", "2026-01-01 00:00", ["2026-01-04 03:00"]),
      (
        "0 3 * * fri-sun", "2026-01-01 00:00",
        ["2026-01-02 03:00", "2026-01-03 03:00", "2026-01-04 03:00"]
      ),
      ("0 0 1 jan,jul *", "2026-01-01 00:00", ["2026-07-01 00:00", "2027-01-01 00:00"]),
      ("0 0 31 * *", "2026-01-31 00:00", ["2026-03-31 00:00", "2026-05-31 00:00"]),
      ("0 0 29 2 *", "2026-01-01 00:00", ["2028-02-29 00:00", "2032-02-29 00:00"]),
      ("0 0 29 2 *", "2096-03-01 00:00", ["2104-02-29 00:00"]),
      // Both days restricted: either counts (13th, or a Friday).
      (
        "0 0 13 * 5", "2026-02-06 00:00",
        [
          "2026-02-13 00:00", "2026-02-20 00:00", "2026-02-27 00:00", "2026-03-06 00:00",
          "2026-03-13 00:00",
        ]
      ),
      ("0 0 30 2 1", "2026-02-01 00:00", ["2026-02-02 00:00", "2026-02-09 00:00"]),
      // A step over all days does not restrict: both count (odd dates that are Sundays).
      ("0 0 */2 * 0", "2026-02-01 00:00", ["2026-02-15 00:00", "2026-03-01 00:00"]),
      ("@hourly", "2026-01-01 00:30", ["2026-01-01 01:00"]),
      ("@daily", "2026-01-01 00:00", ["2026-01-02 00:00"]),
      ("@midnight", "2026-12-31 10:00", ["2027-01-01 00:00"]),
      ("@weekly", "2026-01-01 00:00", ["2026-01-04 00:00"]),
      ("@monthly", "2026-01-01 00:00", ["2026-02-01 00:00"]),
      ("@yearly", "2026-01-01 00:00", ["2027-01-01 00:00"]),
      ("  5   4\t* * *  ", "2026-01-01 00:00", ["2026-01-01 04:05"]),
    ])
  func table(schedule: String, start: String, expected: [String]) throws {
    #expect(try Self.next(schedule, after: start, expected.count) == expected)
  }

  @Test(
    "What is no schedule is refused in words that name the field.",
    arguments: [
      ("* * * *", "has 4 fields"), ("", "has 0 fields"), ("@often", "none of @hourly"),
      ("@daily 3", "none of @hourly"), ("60 * * * *", "wrong minute: \"60\" is outside 0 to 59"),
      ("* 24 * * *", "wrong hour"), ("* * 0 * *", "wrong day of the month"),
      ("* * * 13 *", "1 to 12 or jan to dec"), ("* * * * 8", "0 to 7 or sun to sat"),
      ("5-1 * * * *", "ends before it begins"), ("*/0 * * * *", "from 1"),
      ("5/10 * * * *", "write 5-59/10"), ("1,,2 * * * *", "wrong minute"),
      ("1-2-3 * * * *", "range"), ("+1 * * * *", "wrong minute"), ("* * * * noon", "wrong day"),
      ("0 0 30 2 *", "never comes"), ("0 0 31 4,6,9,11 *", "never comes"),
      ("*/1/2 * * * *", "wrong minute"),
    ])
  func refusals(schedule: String, says: String) {
    let error = #expect(throws: CronError.self) { _ = try CronSchedule(schedule) }
    #expect(error?.description.contains(says) == true, "\(error?.description ?? "")")
  }

  @Test("In Berlin's spring a skipped time comes once, when the clocks have been set forward.")
  func spring() throws {
    let zone = try Self.berlin()
    // 2026-03-29: 02:00 CET (01:00 UTC) is 03:00 CEST.
    #expect(
      try Self.next("30 2 * * *", after: "2026-03-27 12:00", 3, in: zone)
        == ["2026-03-28 01:30", "2026-03-29 01:00", "2026-03-30 00:30"])
    // All that was skipped, and what is due then, is one run.
    #expect(
      try Self.next("*/20 2,3 * * *", after: "2026-03-28 23:59", 3, in: zone)
        == ["2026-03-29 01:00", "2026-03-29 01:20", "2026-03-29 01:40"])
    // Every hour means every hour that there is.
    #expect(
      try Self.next("30 * * * *", after: "2026-03-29 00:00", 3, in: zone)
        == ["2026-03-29 00:30", "2026-03-29 01:30", "2026-03-29 02:30"])
  }

  @Test("In Berlin's autumn a time that is there twice comes once; every hour means every hour.")
  func autumn() throws {
    let zone = try Self.berlin()
    // 2026-10-25: 03:00 CEST (01:00 UTC) is 02:00 CET.
    #expect(
      try Self.next("30 2 * * *", after: "2026-10-24 12:00", 2, in: zone)
        == ["2026-10-25 00:30", "2026-10-26 01:30"])
    #expect(
      try Self.next("0 3 * * *", after: "2026-10-24 12:00", 2, in: zone)
        == ["2026-10-25 02:00", "2026-10-26 02:00"])
    #expect(
      try Self.next("30 * * * *", after: "2026-10-24 23:45", 4, in: zone)
        == ["2026-10-25 00:30", "2026-10-25 01:30", "2026-10-25 02:30", "2026-10-25 03:30"])
  }

  @Test("The newest time up to a moment is the one that next() would have given.")
  func last() throws {
    let zone = try Self.berlin()
    for text in ["*/7 * * * *", "30 2 * * *", "0 0 13 * 5", "0 12 29 2 *"] {
      let schedule = try CronSchedule(text)
      var time = Self.time("2026-03-20 00:00")
      for _ in 0..<50 {
        let next = try #require(schedule.next(after: time, in: zone))
        #expect(schedule.last(upTo: next, after: time, in: zone) == next)
        #expect(schedule.last(upTo: next + 1, after: time, in: zone) == next)
        #expect(schedule.last(upTo: next - 1, after: time, in: zone) == nil)
        time = next
      }
    }
  }

  @Test("Civil dates and days agree over 400 years, with their weekdays.")
  func civil() {
    var weekday = 4
    for day in Int64(0)..<146_097 {
      let date = CivilTime(seconds: day * 86_400)
      #expect(date.days == day)
      if date.weekday != weekday { Issue.record("\(date) is weekday \(date.weekday)") }
      weekday = (weekday + 1) % 7
    }
    #expect(CivilTime(seconds: -1).description == "1969-12-31 23:59:59")
  }
}

// SPDX-License-Identifier: Apache-2.0

/// When a cron runs: the five fields of crontab(5), read as POSIX has them. Where both the day of the month and the
/// day of the week are restricted, a day that fits either of them counts; as in cronie, a field that begins with `*`
/// (`*/2` too) does not restrict in that sense.
package struct CronSchedule: Hashable, Sendable {
  private let minute: CronField
  private let hour: CronField
  private let dayOfMonth: CronField
  private let month: CronField
  private let dayOfWeek: CronField

  private static let nicknames = [
    "@hourly": "0 * * * *", "@daily": "0 0 * * *", "@midnight": "0 0 * * *",
    "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *", "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
  ]

  /// - Throws: `CronError`, also for a schedule whose time can never come.
  package init(_ text: String) throws(CronError) {
    var fields = text.split { $0 == " " || $0 == "\t" }
    if let first = fields.first, first.hasPrefix("@") {
      guard fields.count == 1, let meaning = Self.nicknames[first.lowercased()] else {
        throw .unknownNickname(String(first))
      }
      fields = meaning.split(separator: " ")
    }
    guard fields.count == 5 else { throw .fieldCount(fields.count) }
    minute = try CronField(fields[0], .minute)
    hour = try CronField(fields[1], .hour)
    dayOfMonth = try CronField(fields[2], .dayOfMonth)
    month = try CronField(fields[3], .month)
    dayOfWeek = try CronField(fields[4], .dayOfWeek)
    guard canFire else { throw .neverFires }
  }

  /// Every weekday meets every date within the calendar's 400 years, so only months and dates can miss each other.
  private var canFire: Bool {
    if !isWeekdayNeeded, !dayOfWeek.isStar { return true }
    return (1...12).contains { month in
      // A leap year has all the dates there are.
      self.month.contains(month)
        && (1...CivilTime.days(inMonth: month, of: 2000)).contains { dayOfMonth.contains($0) }
    }
  }

  /// Whether a day has to fit both fields of days.
  private var isWeekdayNeeded: Bool { dayOfMonth.isStar || dayOfWeek.isStar }

  private func isDay(_ date: CivilTime) -> Bool {
    guard month.contains(date.month) else { return false }
    let (fitsDate, fitsWeekday) = (
      dayOfMonth.contains(date.day), dayOfWeek.contains(date.weekday)
    )
    return isWeekdayNeeded ? fitsDate && fitsWeekday : fitsDate || fitsWeekday
  }

  /// Leap days meet some weekdays only every 40 years (over 2100).
  private static let mostDays = 41 * 366

  /// The first time after `time`, in seconds since 1970; nil when there is none within 41 years.
  ///
  /// A time that the place's clocks skip comes when they have been set forward, together with any others they skipped.
  /// One that they show twice comes the first time only, except where the schedule names every hour: that means "every
  /// so many minutes", whatever the clocks do.
  package func next(after time: Int64, in zone: TimeZoneRules) -> Int64? {
    let start = zone.civil(at: time)
    let firstDay = CivilTime(year: start.year, month: start.month, day: start.day).days - 1
    for day in firstDay..<firstDay + Int64(Self.mostDays) {
      let date = CivilTime(seconds: day * 86_400)
      guard isDay(date) else { continue }
      if let found = times(on: date, in: zone).first(where: { $0 > time }) { return found }
    }
    return nil
  }

  /// The newest time that is not after `time`, and after `limit`; nil when there is none.
  package func last(upTo time: Int64, after limit: Int64, in zone: TimeZoneRules) -> Int64? {
    let end = zone.civil(at: time)
    var day = CivilTime(year: end.year, month: end.month, day: end.day).days + 1
    let lastDay = max(limit.flooredQuotient(86_400) - 2, day - Int64(Self.mostDays))
    while day >= lastDay {
      let date = CivilTime(seconds: day * 86_400)
      if isDay(date), let found = times(on: date, in: zone).last(where: { $0 <= time }) {
        return found > limit ? found : nil
      }
      day -= 1
    }
    return nil
  }

  /// All its times on a day that fits, in order.
  private func times(on date: CivilTime, in zone: TimeZoneRules) -> [Int64] {
    let isInterval = hour.isFull(.hour)
    var times: [Int64] = []
    for hour in 0..<24 where self.hour.contains(hour) {
      for minute in 0..<60 where self.minute.contains(minute) {
        var civil = date
        civil.hour = hour
        civil.minute = minute
        switch zone.instants(of: civil) {
        case .once(let time): times.append(time)
        case .twice(let first, let second): times += isInterval ? [first, second] : [first]
        case .never(let next): if !isInterval { times.append(next) }
        }
      }
    }
    return times.sorted()
  }
}

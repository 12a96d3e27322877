// SPDX-License-Identifier: Apache-2.0

/// A time zone as the variable TZ has it (POSIX.1-2017, 8.3; with the extensions of RFC 8536, 3.3.1):
/// `CET-1CEST,M3.5.0,M10.5.0/3`.
package struct PosixTimeZone: Hashable, Sendable {
  /// The day of a year on which the clocks change.
  enum Day: Hashable, Sendable {
    /// `Jn`: 1 to 365; 29 February is not counted.
    case julian(Int)
    /// `n`: 0 to 365; 29 February is counted.
    case ordinal(Int)
    /// `Mm.w.d`: the w-th weekday d (0 is Sunday) of month m; w 5 is the last.
    case weekday(month: Int, week: Int, day: Int)
  }

  struct Change: Hashable, Sendable {
    var day: Day
    /// Seconds after the day's midnight on the clocks before the change; -167 to 167 hours.
    var time: Int64
  }

  /// Seconds east of UTC.
  var standard: Int64
  var summer: Summer?

  struct Summer: Hashable, Sendable {
    var offset: Int64
    var start: Change
    var end: Change
  }

  /// - Returns: nil when the text is no such rule.
  package init?(_ text: String) {
    var rest = Substring(text)
    guard Self.skipName(&rest), let west = Self.offset(&rest) else { return nil }
    standard = -west
    guard !rest.isEmpty else { return }
    guard Self.skipName(&rest) else { return nil }
    var offset = standard + 3600
    if let first = rest.first, first != "," {
      guard let west = Self.offset(&rest) else { return nil }
      offset = -west
    }
    guard let start = Self.change(&rest), let end = Self.change(&rest), rest.isEmpty else {
      return nil
    }
    summer = Summer(offset: offset, start: start, end: end)
  }

  /// Seconds east of UTC at a time in seconds since 1970.
  package func offset(at time: Int64) -> Int64 {
    guard let summer else { return standard }
    // Changes are days away from the turn of the year, or hold the whole year.
    let year = CivilTime(seconds: time + standard).year
    let start = summer.start.time(in: year) - standard
    let end = summer.end.time(in: year) - summer.offset
    let isSummer = start < end ? start <= time && time < end : !(end <= time && time < start)
    return isSummer ? summer.offset : standard
  }

  private static func skipName(_ rest: inout Substring) -> Bool {
    if rest.first == "<" {
      guard let end = rest.firstIndex(of: ">") else { return false }
      rest = rest[rest.index(after: end)...]
      return true
    }
    let name = rest.prefix { $0.isASCII && $0.isLetter }
    rest = rest.dropFirst(name.count)
    return name.count >= 3
  }

  /// `[+-]hh[:mm[:ss]]` in seconds.
  private static func offset(_ rest: inout Substring) -> Int64? {
    var sign: Int64 = 1
    if rest.first == "-" || rest.first == "+" {
      sign = rest.removeFirst() == "-" ? -1 : 1
    }
    guard var value = number(&rest).map({ $0 * 3600 }) else { return nil }
    for unit in [Int64(60), 1] where rest.first == ":" {
      rest.removeFirst()
      guard let part = number(&rest) else { return nil }
      value += part * unit
    }
    return sign * value
  }

  private static func number(_ rest: inout Substring) -> Int64? {
    let digits = rest.prefix { $0.isASCII && $0.isNumber }
    guard (1...3).contains(digits.count), let value = Int64(digits) else { return nil }
    rest = rest.dropFirst(digits.count)
    return value
  }

  private static func change(_ rest: inout Substring) -> Change? {
    guard rest.first == "," else { return nil }
    rest.removeFirst()
    let day: Day
    switch rest.first {
    case "J":
      rest.removeFirst()
      guard let number = number(&rest), (1...365).contains(number) else { return nil }
      day = .julian(Int(number))
    case "M":
      rest.removeFirst()
      var numbers: [Int] = []
      for part in 0..<3 {
        if part > 0 {
          guard rest.first == "." else { return nil }
          rest.removeFirst()
        }
        guard let number = number(&rest) else { return nil }
        numbers.append(Int(number))
      }
      guard (1...12).contains(numbers[0]), (1...5).contains(numbers[1]), numbers[2] <= 6 else {
        return nil
      }
      day = .weekday(month: numbers[0], week: numbers[1], day: numbers[2])
    default:
      guard let number = number(&rest), number <= 365 else { return nil }
      day = .ordinal(Int(number))
    }
    var time: Int64 = 7200
    if rest.first == "/" {
      rest.removeFirst()
      guard let value = offset(&rest) else { return nil }
      time = value
    }
    return Change(day: day, time: time)
  }
}

extension PosixTimeZone.Change {
  /// When it comes in a year, in seconds since 1970 on the clocks before the change.
  func time(in year: Int) -> Int64 {
    let first = CivilTime(year: year, month: 1, day: 1).days
    let days: Int64
    switch day {
    case .julian(let number):
      let isLater = CivilTime.isLeap(year) && number >= 60
      days = first + Int64(number - 1) + (isLater ? 1 : 0)
    case .ordinal(let number): days = first + Int64(number)
    case .weekday(let month, let week, let weekday):
      let start = CivilTime(year: year, month: month, day: 1)
      var date = 1 + (weekday - start.weekday + 7) % 7 + (week - 1) * 7
      while date > CivilTime.days(inMonth: month, of: year) { date -= 7 }
      days = start.days + Int64(date - 1)
    }
    return days * 86_400 + time
  }
}

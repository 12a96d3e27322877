// SPDX-License-Identifier: Apache-2.0

/// From when on output is wanted.
package enum LogMoment: Hashable, Sendable, CustomStringConvertible {
  /// So long before now, by the clock of the host that has the output.
  case ago(Span)
  case at(Timestamp)

  package static let expected =
    "a length of time, such as 10m, or a time in RFC 3339, such as 2026-01-31T15:04:05Z"

  package init(_ text: String) throws(QuantityError) {
    if let time = Timestamp(text) {
      self = .at(time)
    } else {
      do { self = .ago(try Span(text)) } catch {
        throw QuantityError(text: text, expected: Self.expected)
      }
    }
  }

  package var description: String {
    switch self {
    case .ago(let span): span.description
    case .at(let time): time.description
    }
  }

  package func time(now: Timestamp) -> Timestamp {
    switch self {
    case .at(let time): time
    case .ago(let span):
      Timestamp(millisecondsSinceEpoch: now.millisecondsSinceEpoch - span.milliseconds)
    }
  }
}

extension LogMoment: Codable {
  package init(from decoder: any Decoder) throws { self = try decoder.text { try Self($0) } }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

extension Timestamp {
  /// From RFC 3339 (`2026-01-31T15:04:05.123Z`, `…+01:00`); a date alone is its midnight in UTC. nil for anything
  /// else. Days from civil by Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
  package init?(_ text: String) {
    let pattern =
      /(\d{4})-(\d\d)-(\d\d)(?:[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d))?/
    guard let match = text.wholeMatch(of: pattern)?.output,
      let year = Int64(match.1), let month = Int64(match.2), let day = Int64(match.3),
      (1...12).contains(month), (1...31).contains(day)
    else { return nil }
    let (hour, minute, second) = (
      Int64(match.4 ?? "0") ?? 0, Int64(match.5 ?? "0") ?? 0, Int64(match.6 ?? "0") ?? 0
    )
    guard hour < 24, minute < 60, second <= 60 else { return nil }
    let marchYear = month <= 2 ? year - 1 : year
    let era = marchYear / 400
    let yearOfEra = marchYear - era * 400
    let dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
    let days = era * 146_097 + yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    let sinceMidnight = hour * 3600 + minute * 60 + second
    let fraction = String((match.7 ?? "").prefix(3))
    let milliseconds = Int64(fraction + String(repeating: "0", count: 3 - fraction.count)) ?? 0
    self.init(
      millisecondsSinceEpoch: ((days - 719_468) * 86_400 + sinceMidnight
        - Self.offsetSeconds(match.8)) * 1000 + milliseconds)
  }

  /// `+01:30` in seconds.
  private static func offsetSeconds(_ text: Substring?) -> Int64 {
    guard let text, let sign = text.first, sign == "+" || sign == "-" else { return 0 }
    let parts = text.dropFirst().split(separator: ":").compactMap { Int64($0) }
    guard parts.count == 2 else { return 0 }
    return (sign == "-" ? -1 : 1) * (parts[0] * 3600 + parts[1] * 60)
  }
}

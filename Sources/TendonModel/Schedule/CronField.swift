// SPDX-License-Identifier: Apache-2.0

/// One of the five fields of a schedule: which of its values are meant.
struct CronField: Hashable, Sendable {
  /// What a field may hold.
  enum Kind: CaseIterable {
    case minute, hour, dayOfMonth, month, dayOfWeek

    var name: String {
      switch self {
      case .minute: "minute"
      case .hour: "hour"
      case .dayOfMonth: "day of the month"
      case .month: "month"
      case .dayOfWeek: "day of the week"
      }
    }

    /// 7 is Sunday too, while reading.
    var range: ClosedRange<Int> {
      switch self {
      case .minute: 0...59
      case .hour: 0...23
      case .dayOfMonth: 1...31
      case .month: 1...12
      case .dayOfWeek: 0...7
      }
    }

    var names: [String] {
      switch self {
      case .month:
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
      case .dayOfWeek: ["sun", "mon", "tue", "wed", "thu", "fri", "sat"]
      default: []
      }
    }
  }

  /// Bit n stands for the value n.
  private(set) var mask: UInt64 = 0
  /// Whether it begins with `*`: then it does not restrict the days beside the other field of days.
  let isStar: Bool

  func contains(_ value: Int) -> Bool { mask & (1 << UInt64(value)) != 0 }

  /// Whether every value of the kind is meant.
  func isFull(_ kind: Kind) -> Bool { kind.range.allSatisfy { contains($0 == 7 ? 0 : $0) } }

  /// - Throws: `CronError` that names the field.
  init(_ text: Substring, _ kind: Kind) throws(CronError) {
    isStar = text.first == "*"
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      try add(part, kind)
    }
  }

  private mutating func add(_ part: Substring, _ kind: Kind) throws(CronError) {
    func fault(_ why: String) -> CronError { .field(kind.name, String(part), why) }
    let pieces = part.split(separator: "/", omittingEmptySubsequences: false)
    guard pieces.count <= 2, let span = pieces.first, !span.isEmpty else {
      throw fault("is not a value, a range a-b, a list or a step */n")
    }
    var step = 1
    if pieces.count == 2 {
      guard let number = Int(pieces[1]), number >= 1 else {
        throw fault("has a step that is not a whole number from 1")
      }
      step = number
    }
    let range: ClosedRange<Int>
    if span == "*" {
      range = kind == .dayOfWeek ? 0...6 : kind.range
    } else {
      let ends = span.split(separator: "-", omittingEmptySubsequences: false)
      guard ends.count <= 2 else { throw fault("is not a range a-b") }
      var values: [Int] = []
      for end in ends { values.append(try Self.value(end, kind, in: part)) }
      if values.count == 2, kind == .dayOfWeek, values[1] == 0, values[0] > 0 { values[1] = 7 }
      guard values[0] <= values[values.count - 1] else {
        throw fault("is a range that ends before it begins")
      }
      if values.count == 1, pieces.count == 2 {
        throw fault("has a step without a range; write \(span)-\(kind.range.upperBound)/\(step)")
      }
      range = values[0]...values[values.count - 1]
    }
    for value in stride(from: range.lowerBound, through: range.upperBound, by: step) {
      mask |= 1 << UInt64(kind == .dayOfWeek && value == 7 ? 0 : value)
    }
  }

  private static func value(
    _ text: Substring, _ kind: Kind, in part: Substring
  ) throws(CronError) -> Int {
    if let index = kind.names.firstIndex(of: text.lowercased()) {
      return index + (kind == .month ? 1 : 0)
    }
    let isNumber = !text.isEmpty && text.utf8.allSatisfy { (48...57).contains($0) }
    guard isNumber, let value = Int(text), kind.range.contains(value) else {
      let names = kind.names.isEmpty ? "" : " or \(kind.names[0]) to \(kind.names.last ?? "")"
      throw .field(
        kind.name, String(part),
        "is outside \(kind.range.lowerBound) to \(kind.range.upperBound)\(names)")
    }
    return value
  }
}

/// Why a text is no schedule.
package enum CronError: Error, Hashable, Sendable, CustomStringConvertible {
  case fieldCount(Int)
  case unknownNickname(String)
  case field(String, String, String)
  case neverFires

  package var description: String {
    switch self {
    case .fieldCount(let count):
      "has \(counted(count, "field")), and a schedule has five: minute, hour, day of the month, month, "
        + "day of the week; or it is one of @hourly, @daily, @weekly, @monthly, @yearly"
    case .unknownNickname(let name):
      "begins with \(name), which is none of @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually"
    case .field(let name, let text, let why): "has a wrong \(name): \"\(text)\" \(why)"
    case .neverFires: "never comes: no month it names has a day it names"
    }
  }
}

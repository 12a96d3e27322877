// SPDX-License-Identifier: Apache-2.0

/// One condition on labels: `zone = a`, `disk != hdd`, `zone in (a, b)`, `zone not in (a, b)`, `gpu exists`,
/// `gpu not exists`, `cores < 16`, `kernel >= 6.1`.
///
/// `<`, `<=`, `>` and `>=` compare numbers, with or without dots, as versions: part by part, a missing part being 0, and
/// what follows the first character that is neither digit nor dot not at all (`6.1.0-13-amd64` is 6.1.0).
package struct LabelTerm: Hashable, Sendable {
  package enum Condition: Hashable, Sendable {
    case isOne(of: [String])
    case isNone(of: [String])
    case exists
    case isAbsent
    case compares(Comparison, to: String)
  }

  package enum Comparison: String, Hashable, Sendable, CaseIterable {
    case lessOrEqual = "<="
    case greaterOrEqual = ">="
    case less = "<"
    case greater = ">"
  }

  package var key: String
  package var condition: Condition

  package init(_ key: String, _ condition: Condition) {
    self.key = key
    self.condition = condition
  }

  /// Whether labels meet it. One that names a value is not met where the label is absent, except `!=` and `not in`.
  package func holds(for labels: [String: String]) -> Bool {
    guard let value = labels[key] else {
      return switch condition {
      case .isNone, .isAbsent: true
      case .isOne, .exists, .compares: false
      }
    }
    switch condition {
    case .isOne(let values): return values.contains(value)
    case .isNone(let values): return !values.contains(value)
    case .exists: return true
    case .isAbsent: return false
    case .compares(let comparison, let bound):
      guard let left = LabelVersion(value), let right = LabelVersion(bound) else { return false }
      return switch comparison {
      case .less: left < right
      case .lessOrEqual: left <= right
      case .greater: left > right
      case .greaterOrEqual: left >= right
      }
    }
  }

  /// What speaks against labels, in words that follow "host1: "; nil when it holds for them.
  package func refusal(of labels: [String: String]) -> String? {
    if holds(for: labels) { return nil }
    guard let value = labels[key] else {
      if case .isOne(let values) = condition, values.count == 1 {
        return "has no label \(key) (\(values[0]) is wanted)"
      }
      return "has no label \(key) (wanted: \(self))"
    }
    switch condition {
    case .isOne(let values) where values.count == 1:
      return "its label \(key) is \(value), not \(values[0])"
    case .compares where LabelVersion(value) == nil:
      return "its label \(key) is \(value), which is no number (wanted: \(self))"
    default: return "its label \(key) is \(value) (wanted: \(self))"
    }
  }
}

/// Numbers with dots between them.
private struct LabelVersion: Comparable {
  private let parts: [UInt64]

  /// nil where the text does not begin with a number.
  init?(_ text: String) {
    let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let parts = digits.split(separator: ".").map { UInt64($0) }
    guard !parts.isEmpty, digits.first != ".", !parts.contains(nil) else { return nil }
    self.parts = parts.compactMap { $0 }
  }

  static func < (left: Self, right: Self) -> Bool {
    for place in 0..<max(left.parts.count, right.parts.count) {
      let (one, other) = (left[place], right[place])
      if one != other { return one < other }
    }
    return false
  }

  static func == (left: Self, right: Self) -> Bool { !(left < right) && !(right < left) }

  private subscript(place: Int) -> UInt64 { place < parts.count ? parts[place] : 0 }
}

extension LabelTerm: CustomStringConvertible {
  package static let expected =
    "a condition on a label, such as `zone = a`, `zone in (a, b)`, `gpu exists` or `kernel >= 6.1`"

  package init(_ text: String) throws(QuantityError) {
    guard let term = Self(parsing: text) else {
      throw QuantityError(text: text, expected: Self.expected)
    }
    self = term
  }

  private init?(parsing text: String) {
    let text = text.drop { $0 == " " }
    let key = text.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || "._/-".contains($0)) }
    guard (1...63).contains(key.count) else { return nil }
    let rest = text[key.endIndex...].split(separator: " ", omittingEmptySubsequences: true)
      .joined(separator: " ")
    func word(after sign: String) -> String? {
      guard rest.hasPrefix(sign) else { return nil }
      let value = rest.dropFirst(sign.count).drop { $0 == " " }
      return value.isEmpty || value.contains(where: { " (),=<>!".contains($0) })
        ? nil : String(value)
    }
    func words(after sign: String) -> [String]? {
      guard rest.hasPrefix(sign) else { return nil }
      let list = rest.dropFirst(sign.count).drop { $0 == " " }
      guard list.hasPrefix("("), list.hasSuffix(")") else { return nil }
      let values = list.dropFirst().dropLast().split(
        separator: ",", omittingEmptySubsequences: false
      )
      .map { String($0.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed()) }
      return values.contains { $0.isEmpty || $0.contains(where: { " ()=<>!".contains($0) }) }
        ? nil : values
    }
    self.key = String(key)
    if rest == "exists" {
      condition = .exists
    } else if rest == "not exists" {
      condition = .isAbsent
    } else if let values = words(after: "not in") {
      condition = .isNone(of: values)
    } else if let values = words(after: "in") {
      condition = .isOne(of: values)
    } else if let value = word(after: "!=") {
      condition = .isNone(of: [value])
    } else if let value = word(after: "=") {
      condition = .isOne(of: [value])
    } else if let comparison = Comparison.allCases.first(where: { word(after: $0.rawValue) != nil }
    ),
      let bound = word(after: comparison.rawValue), LabelVersion(bound) != nil
    {
      condition = .compares(comparison, to: bound)
    } else {
      return nil
    }
  }

  package var description: String {
    switch condition {
    case .isOne(let values) where values.count == 1: "\(key) = \(values[0])"
    case .isNone(let values) where values.count == 1: "\(key) != \(values[0])"
    case .isOne(let values): "\(key) in (\(values.joined(separator: ", ")))"
    case .isNone(let values): "\(key) not in (\(values.joined(separator: ", ")))"
    case .exists: "\(key) exists"
    case .isAbsent: "\(key) not exists"
    case .compares(let comparison, let bound): "\(key) \(comparison.rawValue) \(bound)"
    }
  }
}

extension LabelTerm: Codable {
  package init(from decoder: any Decoder) throws { self = try decoder.text(Self.init) }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

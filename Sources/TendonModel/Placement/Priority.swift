// SPDX-License-Identifier: Apache-2.0

/// How important a service is, 0 to 1,000: where there is no room, instances of higher priority take that of lower.
package struct Priority: Hashable, Sendable, Comparable {
  package static let range = 0...1000

  package let rawValue: Int

  /// nil outside 0 to 1,000.
  package init?(_ value: Int) {
    guard Self.range.contains(value) else { return nil }
    rawValue = value
  }

  private init(known value: Int) { rawValue = value }

  /// What is not told.
  package static let normal = Priority(known: 500)

  /// The named classes, lowest first.
  package static let classes: [(name: String, priority: Priority)] = [
    ("idle", Priority(known: 0)), ("batch", Priority(known: 200)), ("normal", normal),
    ("high", Priority(known: 700)), ("critical", Priority(known: 900)),
    ("system", Priority(known: 1000)),
  ]

  /// Whether what makes room for it may be stopped in spite of its disruption budget: the class `system`.
  package var overridesBudgets: Bool { rawValue == 1000 }

  package static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }
}

extension Priority: CustomStringConvertible {
  package static let expected =
    "a priority: 0 to 1000, or one of " + classes.map(\.name).joined(separator: ", ")

  /// A number or a class's name.
  package init(_ text: String) throws(QuantityError) {
    guard
      let found = Self.classes.first(where: { $0.name == text })?.priority
        ?? Int(text).flatMap(Self.init)
    else { throw QuantityError(text: text, expected: Self.expected) }
    self = found
  }

  /// The class's name where it is one's, else the number.
  package var description: String {
    Self.classes.first { $0.priority == self }?.name ?? String(rawValue)
  }
}

extension Priority: Codable {
  package init(from decoder: any Decoder) throws { self = try decoder.text(Self.init) }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

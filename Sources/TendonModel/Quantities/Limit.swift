// SPDX-License-Identifier: Apache-2.0

/// The most that may be used: a value, or `max` for no limit, as the kernel's cgroup files write it
/// (Documentation/admin-guide/cgroup-v2.rst, "Conventions").
package enum Limit<Value: Hashable & Sendable>: Hashable, Sendable {
  case max
  case value(Value)

  /// The value; nil when there is no limit.
  package var value: Value? {
    switch self {
    case .max: nil
    case .value(let value): value
    }
  }
}

extension Limit: CustomStringConvertible where Value: CustomStringConvertible {
  package var description: String { value?.description ?? "max" }
}

extension Limit: Comparable where Value: Comparable {
  package static func < (left: Self, right: Self) -> Bool {
    switch (left, right) {
    case (.max, _): false
    case (.value, .max): true
    case (.value(let left), .value(let right)): left < right
    }
  }
}

extension Limit: Codable where Value: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    // A value that is the text "max" is the only one that cannot be a `Value`.
    if let text = try? container.decode(String.self), text == "max" {
      self = .max
    } else {
      self = .value(try container.decode(Value.self))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .max: try container.encode("max")
    case .value(let value): try container.encode(value)
    }
  }
}

extension Limit where Value: Quantity {
  /// Accepts `max` or a quantity.
  package init(_ text: String) throws(QuantityError) {
    self = text == "max" ? .max : .value(try Value(text))
  }
}

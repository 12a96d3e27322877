// SPDX-License-Identifier: Apache-2.0

/// So many of a service's instances, or so many of a hundred of them: `2`, `25%`.
package enum ReplicaShare: Hashable, Sendable {
  case count(Int)
  case percent(Int)

  package static let expected = "a share of the instances, such as 25%"
  package static let pattern = "^(0|[1-9][0-9]?|100)%$"

  /// Reads a percentage; nil where the text is none.
  package init?(percentage text: String) {
    guard text.last == "%", let percent = Int(text.dropLast()), (0...100).contains(percent),
      text == "\(percent)%"
    else { return nil }
    self = .percent(percent)
  }

  /// How many of `total` that is, where a part of one is none; but at least one of what is more than nothing.
  package func roundedDown(of total: Int) -> Int {
    switch self {
    case .count(let count): count
    case .percent(0): 0
    case .percent(let percent): max(1, total * percent / 100)
    }
  }

  /// How many of `total` that is, where a part of one is a whole one.
  package func roundedUp(of total: Int) -> Int {
    switch self {
    case .count(let count): count
    case .percent(let percent): (total * percent + 99) / 100
    }
  }

  /// Whether it is a number, or a percentage, that can be.
  package var isPossible: Bool {
    switch self {
    case .count(let count): (0...ServiceSpec.largestReplicas).contains(count)
    case .percent(let percent): (0...100).contains(percent)
    }
  }
}

extension ReplicaShare: CustomStringConvertible {
  package var description: String {
    switch self {
    case .count(let count): "\(count)"
    case .percent(let percent): "\(percent)%"
    }
  }
}

extension ReplicaShare: Codable {
  /// From a number or a percentage as text.
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    // What is no number has to be a percentage, and is told as such.
    if let count = try? container.decode(Int.self) {
      self = .count(count)
      return
    }
    guard let share = Self(percentage: try container.decode(String.self)) else {
      throw DecodingError.dataCorruptedError(
        in: container, debugDescription: "is neither a whole number nor \(Self.expected)")
    }
    self = share
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .count(let count): try container.encode(count)
    case .percent: try container.encode(description)
    }
  }
}

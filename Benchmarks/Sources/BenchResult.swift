// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials

/// One measured number; one JSON object a line in the results file.
struct BenchResult: Codable, Hashable, Sendable {
  var group: String
  /// With its unit last: `heartbeat_per_core_s`.
  var name: String
  var value: Double
  var unit: String
  /// How many measurements stand behind the value.
  var n: Int
  /// Whose figure it is, where it is someone else's from the same run.
  var peer: String?
  /// What it ought to be; shown in the table only.
  var target: BenchTarget?
  /// Under which conditions it was measured, where they matter.
  var note: String?

  enum CodingKeys: String, CodingKey { case group, name, value, unit, n, peer, note }

  func jsonLine() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  /// The value as a person reads it.
  var text: String { Self.text(value) }

  /// Whole from a hundred on, else with two decimals.
  static func text(_ value: Double) -> String {
    if abs(value) >= 100 || value == value.rounded() {
      return String(Int64(value.rounded()))
    }
    let hundredths = Int64((value * 100).rounded())
    let fraction = abs(hundredths) % 100
    let sign = hundredths < 0 ? "-" : ""
    return "\(sign)\(abs(hundredths) / 100).\(fraction < 10 ? "0" : "")\(fraction)"
  }
}

/// What a number ought to be.
enum BenchTarget: Hashable, Sendable {
  case atMost(Double)
  case below(Double)
  case atLeast(Double)

  func isMet(by value: Double) -> Bool {
    switch self {
    case .atMost(let bound): value <= bound
    case .below(let bound): value < bound
    case .atLeast(let bound): value >= bound
    }
  }

  var text: String {
    switch self {
    case .atMost(let bound): "<= \(BenchResult.text(bound))"
    case .below(let bound): "< \(BenchResult.text(bound))"
    case .atLeast(let bound): ">= \(BenchResult.text(bound))"
    }
  }
}

extension Collection where Element == Double {
  /// The middle value; of two middle ones the lower, so that it is one that was measured.
  /// - Precondition: not empty.
  var median: Double {
    precondition(!isEmpty, "nothing was measured")
    return sorted()[(count - 1) / 2]
  }
}

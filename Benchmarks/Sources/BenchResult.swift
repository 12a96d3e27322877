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

  func jsonLine() throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return String(decoding: try encoder.encode(self), as: UTF8.self)
  }

  /// The value as a person reads it: whole from a hundred on, else with two decimals.
  var text: String {
    if abs(value) >= 100 || value == value.rounded() {
      return String(Int64(value.rounded()))
    }
    let hundredths = Int64((value * 100).rounded())
    let fraction = abs(hundredths) % 100
    return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
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

// SPDX-License-Identifier: Apache-2.0

/// A soft and a hard limit of setrlimit(2): `1024:4096`, or one number for both, or `unlimited`.
package struct ProcessLimit: Hashable, Sendable, Codable, CustomStringConvertible {
  /// `RLIM_INFINITY`.
  package static let unlimited = UInt64.max
  /// The kernel's numbers by the names of setrlimit(2), in lower case and without `RLIMIT_`.
  package static let numbers: [String: UInt64] = [
    "cpu": 0, "fsize": 1, "data": 2, "stack": 3, "core": 4, "rss": 5, "nproc": 6, "nofile": 7,
    "memlock": 8, "as": 9, "locks": 10, "sigpending": 11, "msgqueue": 12, "nice": 13, "rtprio": 14,
    "rttime": 15,
  ]

  package var soft: UInt64
  package var hard: UInt64

  package init(soft: UInt64, hard: UInt64) {
    self.soft = soft
    self.hard = hard
  }

  /// nil for what is none, and for a soft limit over the hard one.
  package init?(_ text: String) {
    let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let soft = parts.first.flatMap(Self.number), let hard = parts.last.flatMap(Self.number),
      soft <= hard
    else { return nil }
    self.init(soft: soft, hard: hard)
  }

  private static func number(_ text: Substring) -> UInt64? {
    if text == "unlimited" { return unlimited }
    guard text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
    return UInt64(text)
  }

  package init(from decoder: any Decoder) throws {
    self = try decoder.text { text throws(SandboxValueError) in
      guard let limit = Self(text) else { throw SandboxValueError(text, "a limit: soft:hard") }
      return limit
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }

  package var description: String {
    func text(_ value: UInt64) -> String { value == Self.unlimited ? "unlimited" : "\(value)" }
    return soft == hard ? text(soft) : "\(text(soft)):\(text(hard))"
  }
}

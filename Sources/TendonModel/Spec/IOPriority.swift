// SPDX-License-Identifier: Apache-2.0

/// Class and level of ioprio_set(2): `realtime:0` to `realtime:7`, `best-effort:0` to `best-effort:7`, or `idle`.
package struct IOPriority: Hashable, Sendable, Codable, CustomStringConvertible {
  private static let classes = ["realtime", "best-effort", "idle"]

  /// As the kernel takes it: the class above 13 bits of level.
  package let rawValue: UInt64

  package init?(_ text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard let index = Self.classes.firstIndex(where: { $0 == parts[0] }) else { return nil }
    let level = parts.count == 2 ? UInt64(parts[1]) : nil
    guard text == "idle" ? parts.count == 1 : parts.count == 2 && (level ?? 8) < 8 else {
      return nil
    }
    rawValue = UInt64(index + 1) << 13 | (level ?? 0)
  }

  package init(from decoder: any Decoder) throws {
    self = try decoder.text { text throws(SandboxValueError) in
      guard let priority = Self(text) else {
        throw SandboxValueError(text, "realtime:0-7, best-effort:0-7 or idle")
      }
      return priority
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }

  package var description: String {
    let name = Self.classes[Int(rawValue >> 13) - 1]
    return name == "idle" ? name : "\(name):\(rawValue & 7)"
  }
}

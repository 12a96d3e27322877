// SPDX-License-Identifier: Apache-2.0

/// How often a host went down and came back lately, and until when it takes nothing new for that.
package struct FlapRecord: Hashable, Sendable, Codable {
  /// How often it went down without a stable time in between.
  package var downs: Int
  package var lastDownAt: Timestamp
  /// When it came back the last time; nil while it is down.
  package var backAt: Timestamp?
  /// nil: it is not held back.
  package var heldUntil: Timestamp?

  enum CodingKeys: String, CodingKey {
    case downs
    case lastDownAt = "last_down_at"
    case backAt = "back_at"
    case heldUntil = "held_until"
  }

  package init(
    downs: Int, lastDownAt: Timestamp, backAt: Timestamp? = nil, heldUntil: Timestamp? = nil
  ) {
    self.downs = downs
    self.lastDownAt = lastDownAt
    self.backAt = backAt
    self.heldUntil = heldUntil
  }
}

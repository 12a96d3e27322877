// SPDX-License-Identifier: Apache-2.0

/// An operator's word that a host takes no new instances, and whether those that it has are to leave it.
package struct Cordon: Hashable, Sendable, Codable {
  package var at: Timestamp
  /// The operator's words; nil when there were none.
  package var reason: String?
  /// nil: what runs on it stays.
  package var drain: Drain?

  package init(at: Timestamp, reason: String? = nil, drain: Drain? = nil) {
    self.at = at
    self.reason = reason
    self.drain = drain
  }

  /// `cordoned (kernel upgrade)`.
  package var description: String {
    let state = drain.map { $0.isDone ? "drained" : "being drained" } ?? "cordoned"
    return state + (reason.map { " (\($0))" } ?? "")
  }
}

/// Emptying a host.
package struct Drain: Hashable, Sendable, Codable {
  /// How many of its instances may be on the way at once.
  package var pace: Int
  /// When what is left is stopped though nothing took its place; nil: never.
  package var deadline: Timestamp?
  /// Whether nothing that can leave is left.
  package var isDone: Bool

  package static let standardPace = 4
  package static let paces = 1...1000

  enum CodingKeys: String, CodingKey {
    case pace, deadline
    case isDone = "done"
  }

  package init(pace: Int = standardPace, deadline: Timestamp? = nil, isDone: Bool = false) {
    self.pace = pace
    self.deadline = deadline
    self.isDone = isDone
  }
}

/// A host's being held back, since it went down and came back again and again.
package struct HostHold: Hashable, Sendable, Codable {
  package var until: Timestamp
  /// How often it went down without a stable time in between.
  package var downs: Int

  package init(until: Timestamp, downs: Int) {
    self.until = until
    self.downs = downs
  }

  /// `held back until 2026-01-01T00:00:00.000Z (went down 3 times)`.
  package var description: String {
    "held back until \(until) (went down \(counted(downs, "time")))"
  }
}

/// How far a drain has got.
package struct DrainProgress: Hashable, Sendable, Codable {
  /// Instances that still have to leave.
  package var left: Int
  /// Of those, how many have a copy elsewhere that is not ready yet, or are stopping.
  package var moving: Int
  /// Why others can't leave now: `web.3: fits on no host: ...`.
  package var blocked: [String]

  package init(left: Int, moving: Int, blocked: [String]) {
    self.left = left
    self.moving = moving
    self.blocked = blocked
  }
}

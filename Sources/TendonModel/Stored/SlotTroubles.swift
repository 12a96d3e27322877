// SPDX-License-Identifier: Apache-2.0

/// What speaks against placing the instance of one slot once more as if nothing had been; durable with the service.
package struct SlotTroubles: Hashable, Sendable {
  /// A host that was lost soon after the instance was placed there.
  package struct HostLoss: Hashable, Sendable, Codable {
    package var host: HostID
    package var epoch: Epoch
    package var placedAt: Timestamp
    /// When it was given up.
    package var at: Timestamp
    /// The boot it was lost in: a host that is heard again in the same one was only out of reach.
    package var bootID: String

    enum CodingKeys: String, CodingKey {
      case host, epoch, at
      case placedAt = "placed_at"
      case bootID = "boot_id"
    }

    package init(host: HostID, epoch: Epoch, placedAt: Timestamp, at: Timestamp, bootID: String) {
      self.host = host
      self.epoch = epoch
      self.placedAt = placedAt
      self.at = at
      self.bootID = bootID
    }
  }

  /// A host that keeps failing the instance.
  package struct HostFailure: Hashable, Sendable, Codable {
    package var host: HostID
    /// The last time.
    package var at: Timestamp
    /// How often it could not be started there, for good.
    package var failedStarts: Int
    /// Whether that was often enough to try it elsewhere.
    package var isProven: Bool
    /// How it ended, or why it could not be started.
    package var reason: String

    enum CodingKeys: String, CodingKey {
      case host, at, reason
      case failedStarts = "failed_starts"
      case isProven = "proven"
    }

    package init(host: HostID, at: Timestamp, failedStarts: Int, isProven: Bool, reason: String) {
      self.host = host
      self.at = at
      self.failedStarts = failedStarts
      self.isProven = isProven
      self.reason = reason
    }
  }

  /// Oldest first.
  package var losses: [HostLoss] = []
  /// Since when it is not placed any more; nil: it is.
  package var quarantinedAt: Timestamp?
  /// Oldest first.
  package var failures: [HostFailure] = []

  package init() {}

  package var isEmpty: Bool { self == SlotTroubles() }
}

extension SlotTroubles: Codable {
  enum CodingKeys: String, CodingKey {
    case losses, failures
    case quarantinedAt = "quarantined_at"
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    losses = try values.decodeIfPresent([HostLoss].self, forKey: .losses) ?? []
    quarantinedAt = try values.decodeIfPresent(Timestamp.self, forKey: .quarantinedAt)
    failures = try values.decodeIfPresent([HostFailure].self, forKey: .failures) ?? []
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    if !losses.isEmpty { try values.encode(losses, forKey: .losses) }
    try values.encodeIfPresent(quarantinedAt, forKey: .quarantinedAt)
    if !failures.isEmpty { try values.encode(failures, forKey: .failures) }
  }
}

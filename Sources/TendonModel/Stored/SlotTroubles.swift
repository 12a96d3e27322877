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

  /// Oldest first.
  package var losses: [HostLoss] = []
  /// Since when it is not placed any more; nil: it is.
  package var quarantinedAt: Timestamp?

  package init() {}

  package var isEmpty: Bool { self == SlotTroubles() }
}

extension SlotTroubles: Codable {
  enum CodingKeys: String, CodingKey {
    case losses
    case quarantinedAt = "quarantined_at"
  }

  package init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    losses = try values.decodeIfPresent([HostLoss].self, forKey: .losses) ?? []
    quarantinedAt = try values.decodeIfPresent(Timestamp.self, forKey: .quarantinedAt)
  }

  package func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    if !losses.isEmpty { try values.encode(losses, forKey: .losses) }
    try values.encodeIfPresent(quarantinedAt, forKey: .quarantinedAt)
  }
}

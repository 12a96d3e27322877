// SPDX-License-Identifier: Apache-2.0

/// `POST /v1/rebalance`, and what it would do with `?plan=true`.
package struct RebalanceView: Hashable, Sendable, Codable {
  package struct Move: Hashable, Sendable, Codable {
    package var instance: InstanceID
    package var from: HostID
    package var to: HostID

    package init(instance: InstanceID, from: HostID, to: HostID) {
      self.instance = instance
      self.from = from
      self.to = to
    }
  }

  package var moves: [Move]
  /// The coefficient of variation of the dominant shares of the hosts that take instances: 0 when all are loaded alike.
  package var imbalanceBefore: Double
  /// The same when all moves are done.
  package var imbalanceAfter: Double

  enum CodingKeys: String, CodingKey {
    case moves
    case imbalanceBefore = "imbalance_before"
    case imbalanceAfter = "imbalance_after"
  }

  package init(moves: [Move], imbalanceBefore: Double, imbalanceAfter: Double) {
    self.moves = moves
    self.imbalanceBefore = imbalanceBefore
    self.imbalanceAfter = imbalanceAfter
  }
}

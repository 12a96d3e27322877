// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// What a placement has reserved, and where: for plans that take it away for a moment.
package struct PlacedInstance: Hashable, Sendable {
  package var epoch: Epoch
  /// Behind a reference: a plan looks at thousands of instances, and a demand is large to copy.
  private let asked: PlacementClass
  package var host: HostID
  /// Whose held room it uses.
  package var draw: PlacementDraw?

  package var demand: PlacementDemand { asked.demand }

  package init(
    epoch: Epoch, demand: PlacementDemand, host: HostID, draw: PlacementDraw? = nil
  ) {
    self.init(epoch: epoch, PlacementClass(demand: demand, slot: -1), host: host, draw: draw)
  }

  init(epoch: Epoch, _ asked: PlacementClass, host: HostID, draw: PlacementDraw?) {
    self.epoch = epoch
    self.asked = asked
    self.host = host
    self.draw = draw
  }

  package static func == (left: Self, right: Self) -> Bool {
    left.epoch == right.epoch && left.host == right.host && left.draw == right.draw
      && (left.asked === right.asked || left.demand == right.demand)
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(epoch) }
}

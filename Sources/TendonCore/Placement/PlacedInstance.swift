// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// What a placement has reserved, and where: for plans that take it away for a moment.
package struct PlacedInstance: Hashable, Sendable {
  package var epoch: Epoch
  package var demand: PlacementDemand
  package var host: HostID
  /// Whose held room it uses.
  package var draw: PlacementDraw?

  package init(
    epoch: Epoch, demand: PlacementDemand, host: HostID, draw: PlacementDraw? = nil
  ) {
    self.epoch = epoch
    self.demand = demand
    self.host = host
    self.draw = draw
  }
}

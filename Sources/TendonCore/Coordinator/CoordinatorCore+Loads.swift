// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// The only places where what placement knows of hosts changes.
extension CoordinatorCore {
  /// Changes facts of a host, or what it holds.
  mutating func changeLoad(of host: HostID, _ change: (inout PlacementHost) -> Void) {
    guard var facts = engine.facts(of: host) else { return }
    change(&facts)
    engine.put(facts)
  }

  /// Reserves what a placement asks for.
  mutating func reserve(_ epoch: Epoch) {
    guard let placement = placements[epoch]?.placement else { return }
    let handle = engine.intern(PlacementDemand(of: placement))
    placements[epoch]!.reserved = handle
    engine.add(handle, on: placement.host, drawing: placement.draw)
  }

  /// Takes back exactly what was reserved for it; nothing where that was done.
  mutating func unreserve(_ entry: PlacementEntry) {
    guard let handle = entry.reserved else { return }
    let placement = entry.placement
    placements[placement.epoch]?.reserved = nil
    engine.remove(handle, from: placement.host, drawing: placement.draw)
  }
}

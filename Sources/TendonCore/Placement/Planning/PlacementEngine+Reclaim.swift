// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// Whom lent room is taken back from.
extension PlacementEngine {
  /// The fewest found that have to leave a host so that an instance fits there, the youngest first; nil where it is not
  /// enough that all do.
  /// - Parameters:
  ///   - leaving: those who are about to leave it anyway.
  ///   - borrowers: the others there that room was lent to which the instance may use.
  package mutating func reclaim(
    for demand: PlacementDemand, on host: HostID, context: PlacementContext = PlacementContext(),
    leaving: [PlacedInstance], borrowers: [PlacedInstance]
  ) -> [PlacedInstance]? {
    guard let place = placeOf[host] else { return nil }
    let slot = slot(of: demand)
    for instance in leaving { remove(instance) }
    defer { for instance in leaving { add(instance) } }
    func fits() -> Bool { misses(slot, place, context).isEmpty }
    var victims: [PlacedInstance] = []
    defer { for victim in victims { add(victim) } }
    for instance in borrowers.sorted(by: { $0.epoch > $1.epoch }) where !fits() {
      remove(instance)
      victims.append(instance)
    }
    guard fits() else { return nil }
    // A later one may have been enough alone: the oldest stay where they can.
    for victim in victims.reversed() {
      add(victim)
      if fits() {
        victims.removeAll { $0 == victim }
      } else {
        remove(victim)
      }
    }
    return victims
  }
}

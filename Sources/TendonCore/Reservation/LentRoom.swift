// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// Whom lent room is taken back from.
package enum LentRoom {
  /// The fewest that have to leave, the youngest first; nil where it is not enough that all do.
  /// - Parameters:
  ///   - leaving: those who are about to anyway.
  ///   - borrowers: the others that room was lent to which the instance may use.
  package static func victims(
    for demand: PlacementDemand, on host: PlacementHost, leaving: [DesiredPlacement],
    borrowers: [DesiredPlacement]
  ) -> [DesiredPlacement]? {
    var trial = host
    for placement in leaving { trial.remove(placement) }
    func fits() -> Bool { PlacementFilter.refusals(of: demand, by: trial).isEmpty }
    var victims: [DesiredPlacement] = []
    for placement in borrowers.sorted(by: { $0.epoch > $1.epoch }) where !fits() {
      trial.remove(placement)
      victims.append(placement)
    }
    guard fits() else { return nil }
    // A later one may have been enough alone: the oldest stay where they can.
    return victims.reversed().filter { victim in
      trial.add(victim)
      if fits() { return false }
      trial.remove(victim)
      return true
    }
  }
}

// SPDX-License-Identifier: Apache-2.0

import TendonCore
import TendonModel

/// What is held is there for those that it is held for.
extension World {
  /// What is held and not used, and all that is placed beside it, fits on the host.
  mutating func checkHolds(on host: HostID) {
    let committed = coordinator.core!.committedCPU(on: host)
    guard committed > Self.hostCPU else { return }
    violate(
      .reservation,
      "\(host) has \(Self.hostCPU) CPU; what is placed on it and what it holds make \(committed)")
  }

  /// In the end the reservation is as it was acknowledged, and all of it is held.
  mutating func checkReservation(_ core: CoordinatorCore) {
    guard let told = model.reservation else { return }
    let record = core.record(of: .simulated)
    guard record?.reservation == told else {
      return violate(
        .reservation,
        "the reservation was acknowledged as \(told?.summary ?? "not there"), and is "
          + (record?.reservation.summary ?? "not there"))
    }
    guard let record else { return }
    let left = (record.reservation.total - record.held).clamped
    if !left.isZero {
      violate(.reservation, "\(left) of \(record.reservation.summary) is not held in the end")
    }
  }
}

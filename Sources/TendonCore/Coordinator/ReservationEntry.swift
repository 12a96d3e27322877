// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// A reservation in the coordinator's memory.
struct ReservationEntry: Sendable {
  var record: ReservationRecord
  /// Why not all of it is held; nil: all is, or its time has not come.
  var shortReason: String?
  /// The placements that draw on it, on whatever host.
  var epochs: Set<Epoch> = []

  init(_ record: ReservationRecord) { self.record = record }

  func isOpen(at time: Timestamp) -> Bool { record.reservation.from.map { $0 <= time } ?? true }

  func isOver(at time: Timestamp) -> Bool { record.reservation.until.map { $0 <= time } ?? false }
}

extension Resources {
  /// As they are in force for an instance that draws on a reservation: its memory request is kept for it even when the
  /// host runs out of memory.
  func drawing(on reservation: ReservationName?) -> Resources {
    guard reservation != nil else { return self }
    var resources = self
    resources.memory.isGuaranteed = true
    return resources
  }
}

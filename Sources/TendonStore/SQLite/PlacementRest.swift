// SPDX-License-Identifier: Apache-2.0
import TendonModel

/// What few placements have beside what all of them have, for one column of JSON.
struct PlacementRest: Codable {
  /// nil: those of the spec.
  var resources: Resources?
  var isForced: Bool?
  var reservation: ReservationName?
  var isLent: Bool?
  var stopReason: String?

  enum CodingKeys: String, CodingKey {
    case resources, reservation
    case isForced = "force"
    case isLent = "lent"
    case stopReason = "stop_reason"
  }

  init() {}

  /// nil: it has nothing but what all have.
  init?(_ record: PlacementRecord) {
    let placement = record.placement
    resources = placement.resources == placement.spec.resources ? nil : placement.resources
    isForced = placement.isForced
    reservation = placement.reservation
    isLent = placement.isLent
    stopReason = record.stopReason
    if resources == nil, isForced == nil, reservation == nil, isLent == nil, stopReason == nil {
      return nil
    }
  }
}

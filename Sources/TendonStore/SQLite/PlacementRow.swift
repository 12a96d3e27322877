// SPDX-License-Identifier: Apache-2.0
import TendonModel

/// A placement as its row has it: without its epoch, which is the row's key, and its spec, which is in a row of its own
/// that the placements of one version share.
struct PlacementRow: Codable {
  var instance: InstanceID
  var host: HostID
  /// nil: those of the spec.
  var resources: Resources?
  var resourcesRevision: Revision
  var placedAt: Timestamp
  var isForced: Bool?
  var reservation: ReservationName?
  var isLent: Bool?
  var stopReason: String?

  enum CodingKeys: String, CodingKey {
    case instance, host, resources, reservation
    case resourcesRevision = "resources_revision"
    case placedAt = "placed_at"
    case isForced = "force"
    case isLent = "lent"
    case stopReason = "stop_reason"
  }

  init(_ record: PlacementRecord) {
    let placement = record.placement
    instance = placement.instance
    host = placement.host
    resources = placement.resources == placement.spec.resources ? nil : placement.resources
    resourcesRevision = placement.resourcesRevision
    placedAt = placement.placedAt
    isForced = placement.isForced
    reservation = placement.reservation
    isLent = placement.isLent
    stopReason = record.stopReason
  }

  func record(_ epoch: Epoch, _ spec: Shared<ServiceSpec>) -> PlacementRecord {
    var placement = DesiredPlacement(
      epoch: epoch, instance: instance, host: host, spec: spec,
      resources: resources ?? spec.wrappedValue.resources, resourcesRevision: resourcesRevision,
      placedAt: placedAt, reservation: reservation)
    placement.isForced = isForced
    placement.isLent = isLent
    return PlacementRecord(placement: placement, stopReason: stopReason)
  }
}

// SPDX-License-Identifier: Apache-2.0

/// One run of an instance on one host, as the coordinator wants it. Written by the coordinator only.
package struct DesiredPlacement: Hashable, Sendable, Codable {
  /// The placement's identity.
  package let epoch: Epoch
  package let instance: InstanceID
  package let host: HostID
  /// What to run. Its `resources` are those of the version; the ones in force are `resources` below.
  @Shared package var spec: ServiceSpec
  /// The resources in force for this instance, with the changes made by `resize`.
  package var resources: Resources
  /// The revision at which `resources` was last changed; the agent answers with it once the kernel has them.
  package var resourcesRevision: Revision
  package let placedAt: Timestamp
  /// Whether `resources` are to be brought into force even where the kernel kills for it (`resize --force`); nil is
  /// no.
  package var isForced: Bool?
  /// The reservation that it draws on, or that lends it its room; nil: none.
  package var reservation: ReservationName?
  /// Whether its room is lent by the reservation, and it has to leave when that is needed; nil is no.
  package var isLent: Bool?

  enum CodingKeys: String, CodingKey {
    case epoch, instance, host, spec, resources, reservation
    case resourcesRevision = "resources_revision"
    case placedAt = "placed_at"
    case isForced = "force"
    case isLent = "lent"
  }

  package init(
    epoch: Epoch, instance: InstanceID, host: HostID, spec: ServiceSpec, resources: Resources,
    resourcesRevision: Revision, placedAt: Timestamp, reservation: ReservationName? = nil
  ) {
    self.init(
      epoch: epoch, instance: instance, host: host, spec: Shared(wrappedValue: spec),
      resources: resources, resourcesRevision: resourcesRevision, placedAt: placedAt,
      reservation: reservation)
  }

  /// With a spec that others have too.
  package init(
    epoch: Epoch, instance: InstanceID, host: HostID, spec: Shared<ServiceSpec>,
    resources: Resources, resourcesRevision: Revision, placedAt: Timestamp,
    reservation: ReservationName? = nil
  ) {
    self.epoch = epoch
    self.instance = instance
    self.host = host
    _spec = spec
    self.resources = resources
    self.resourcesRevision = resourcesRevision
    self.placedAt = placedAt
    self.reservation = reservation
  }
}

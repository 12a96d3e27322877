// SPDX-License-Identifier: Apache-2.0

/// One run of an instance on one host, as the coordinator wants it. Written by the coordinator only.
package struct DesiredPlacement: Hashable, Sendable {
  /// The placement's identity.
  package let epoch: Epoch
  package let instance: InstanceID
  package let host: HostID
  /// What to run. Its `resources` are those of the version; the ones in force are `resources` below, which stay when
  /// it changes.
  @Shared package var spec: ServiceSpec {
    didSet { resources = ownResources?.wrappedValue ?? oldValue.resources }
  }
  /// nil: those of the spec. They have 400 bytes, and few instances have others.
  private var ownResources: Shared<Resources>?
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
    self.resourcesRevision = resourcesRevision
    self.placedAt = placedAt
    self.reservation = reservation
    self.resources = resources
  }

  /// The resources in force for this instance, with the changes made by `resize`.
  package var resources: Resources {
    get { ownResources?.wrappedValue ?? spec.resources }
    set { ownResources = newValue == spec.resources ? nil : Shared(wrappedValue: newValue) }
  }
}

extension DesiredPlacement: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    self.init(
      epoch: try container.decode(Epoch.self, forKey: .epoch),
      instance: try container.decode(InstanceID.self, forKey: .instance),
      host: try container.decode(HostID.self, forKey: .host),
      spec: try container.decode(Shared<ServiceSpec>.self, forKey: .spec),
      resources: try container.decode(Resources.self, forKey: .resources),
      resourcesRevision: try container.decode(Revision.self, forKey: .resourcesRevision),
      placedAt: try container.decode(Timestamp.self, forKey: .placedAt),
      reservation: try container.decodeIfPresent(ReservationName.self, forKey: .reservation))
    isForced = try container.decodeIfPresent(Bool.self, forKey: .isForced)
    isLent = try container.decodeIfPresent(Bool.self, forKey: .isLent)
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(epoch, forKey: .epoch)
    try container.encode(instance, forKey: .instance)
    try container.encode(host, forKey: .host)
    try container.encode($spec, forKey: .spec)
    if ownResources == nil, let marks = encoder.sharedPartMarks {
      let mark = marks.mark(.resources, of: _spec.box, spec.resources)
      try container.encode(mark, forKey: .resources)
    } else {
      try container.encode(resources, forKey: .resources)
    }
    try container.encode(resourcesRevision, forKey: .resourcesRevision)
    try container.encode(placedAt, forKey: .placedAt)
    try container.encodeIfPresent(isForced, forKey: .isForced)
    try container.encodeIfPresent(reservation, forKey: .reservation)
    try container.encodeIfPresent(isLent, forKey: .isLent)
  }
}

// SPDX-License-Identifier: Apache-2.0
import TendonCore
import TendonModel

/// What users look at. Never anything that could still be undone.
extension Coordinator {
  func version() -> VersionView {
    VersionView(
      version: tendonVersion, coordinatorEpoch: visible.coordinatorEpoch, revision: visible.revision
    )
  }

  func services() -> [ServiceView] { visible.serviceViews() }
  func service(_ name: ServiceName) -> ServiceView? { visible.serviceView(name) }
  func instances(of service: ServiceName?) -> [InstanceView] { visible.instanceViews(of: service) }
  func instance(_ id: InstanceID) -> InstanceView? { visible.instanceView(id) }
  func hosts() -> [HostView] { visible.hostViews(now: clock()) }
  func host(_ id: HostID) -> HostView? { visible.hostView(id, now: clock()) }
  func events(_ filter: EventFilter) -> [ClusterEvent] { visible.events(filter) }

  func why(_ subject: String) throws(APIError) -> WhyView {
    try visible.why(subject, now: clock())
  }

  func why(_ host: HostID) throws(APIError) -> WhyView { try visible.why(host, now: clock()) }

  /// What applying the specs would do.
  nonisolated func plan(_ specs: [ServiceSpec]) async throws(APIError) -> PlanView {
    let zones = try await Self.timeZones(Set(specs.compactMap { $0.workload.cron?.timeZone }))
    var core = await visible
    for (name, zone) in zones.known { core.learn(zone, of: name) }
    return try core.plan(specs, now: clock())
  }

  /// How many more of each would find a host.
  nonisolated func capacity(for specs: [ServiceSpec]) async throws(APIError) -> CapacityView {
    try await visible.capacity(for: specs)
  }

  func watch(_ subject: WatchHub.Subject) -> LineQueue {
    watchers.add(subject, core: visible, now: clock())
  }

  /// The watcher's connection ended; the next line for it finds the queue finished and removes it.
  nonisolated func watchEnded(_ queue: LineQueue) { queue.cut() }
}

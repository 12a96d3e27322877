// SPDX-License-Identifier: Apache-2.0

/// Which events to show; a part that is nil lets everything through.
package struct EventFilter: Hashable, Sendable {
  package var service: ServiceName?
  package var instance: InstanceID?
  package var host: HostID?
  package var reservation: ReservationName?
  /// Only events of later commits than this.
  package var since: Revision?
  /// Only the newest so many.
  package var limit: Int?

  package init(
    service: ServiceName? = nil, instance: InstanceID? = nil, host: HostID? = nil,
    reservation: ReservationName? = nil, since: Revision? = nil, limit: Int? = nil
  ) {
    self.service = service
    self.instance = instance
    self.host = host
    self.reservation = reservation
    self.since = since
    self.limit = limit
  }

  package func admits(_ event: ClusterEvent) -> Bool {
    if let service, event.service != service { return false }
    if let instance, event.instance != instance { return false }
    if let host, event.host != host { return false }
    if let reservation, event.reservation != reservation { return false }
    if let since, event.revision <= since { return false }
    return true
  }
}

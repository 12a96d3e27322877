// SPDX-License-Identifier: Apache-2.0

/// Something that happened, told to people: every refusal, kill and move explains itself in one.
package struct ClusterEvent: Hashable, Sendable, Codable {
  package enum Severity: String, Hashable, Sendable, Codable {
    case info, warning, error
  }

  /// The commit that carries the event.
  package var revision: Revision
  /// Counts events within their commit, from 0; with `revision` the event's identity and order.
  package var ordinal: Int
  package var at: Timestamp
  package var severity: Severity
  /// A stable word for programs: `host-down`, `placed`, `moved`, `resized`, `refused`.
  package var reason: String
  package var service: ServiceName?
  package var instance: InstanceID?
  package var host: HostID?
  package var reservation: ReservationName?
  /// One or two sentences for people.
  package var message: String

  package init(
    revision: Revision, ordinal: Int, at: Timestamp, severity: Severity, reason: String,
    service: ServiceName? = nil, instance: InstanceID? = nil, host: HostID? = nil,
    reservation: ReservationName? = nil, message: String
  ) {
    self.revision = revision
    self.ordinal = ordinal
    self.at = at
    self.severity = severity
    self.reason = reason
    self.service = service
    self.instance = instance
    self.host = host
    self.reservation = reservation
    self.message = message
  }
}

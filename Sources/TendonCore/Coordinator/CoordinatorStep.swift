// SPDX-License-Identifier: Apache-2.0

package import TendonModel

/// What the shell has to do after it ran events on the core: commit first, then the rest.
package struct CoordinatorStep: Sendable {
  /// To be made durable before anything below happens or anyone is answered; nil when nothing durable changed.
  package var commit: StoreCommit?
  /// Lines for the agents' open streams.
  package var deltas: [(host: HostID, line: AgentStreamLine)]
  /// For the acknowledgements of heartbeats: the newest desired revision of hosts where it changed.
  package var newestRevisions: [HostID: Revision]
  /// Sessions that are over: their datagrams are to be dropped.
  package var endedSessions: [UInt32]
  /// What watchers have to be told about.
  package var touchedServices: Set<ServiceName>
  package var touchedInstances: Set<InstanceID>
  package var touchedHosts: Set<HostID>
  package var touchedReservations: Set<ReservationName>
  /// Placements whose status changed: whoever waits for a resize looks at these.
  package var touchedEpochs: Set<Epoch>
  package var events: [ClusterEvent]

  package var isEmpty: Bool {
    commit == nil && deltas.isEmpty && newestRevisions.isEmpty && endedSessions.isEmpty
      && touchedServices.isEmpty && touchedInstances.isEmpty && touchedHosts.isEmpty
      && touchedReservations.isEmpty && touchedEpochs.isEmpty
  }
}

/// What a resize waits for: each of these placements has reported `revision` or a later one.
package struct ResizeTicket: Hashable, Sendable {
  package var epochs: [Epoch]
  package var revision: Revision
}

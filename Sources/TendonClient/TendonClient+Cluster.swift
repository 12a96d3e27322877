// SPDX-License-Identifier: Apache-2.0
import NIOHTTP1
package import TendonModel

extension EventFilter {
  fileprivate var query: [(String, String?)] {
    [
      ("service", service?.rawValue), ("instance", instance?.description), ("host", host?.rawValue),
      ("reservation", reservation?.rawValue), ("since", since?.description),
      ("limit", limit.map(String.init)),
    ]
  }
}

extension TendonClient {
  package func version() async throws(ClientError) -> VersionView {
    try await call(Route(.GET, "version"))
  }

  package func hosts() async throws(ClientError) -> [HostView] {
    try await call(Route(.GET, "hosts"))
  }

  package func host(_ id: HostID) async throws(ClientError) -> HostView {
    try await call(Route(.GET, "hosts", id.rawValue))
  }

  package func cordon(_ id: HostID, _ request: CordonRequest = CordonRequest())
    async throws(ClientError) -> ChangeResponse
  {
    try await call(Route(.POST, "hosts", id.rawValue, "cordon"), body: json(request))
  }

  package func uncordon(_ id: HostID) async throws(ClientError) -> ChangeResponse {
    try await call(Route(.POST, "hosts", id.rawValue, "uncordon"))
  }

  package func drain(_ id: HostID, _ request: DrainRequest = DrainRequest())
    async throws(ClientError) -> ChangeResponse
  {
    try await call(Route(.POST, "hosts", id.rawValue, "drain"), body: json(request))
  }

  /// What `rebalance` would move.
  package func rebalancePlan() async throws(ClientError) -> RebalanceView {
    try await call(Route(.POST, "rebalance", query: [("plan", "true")]))
  }

  /// Begins to move instances so that hosts are loaded more alike.
  package func rebalance() async throws(ClientError) -> RebalanceView {
    try await call(Route(.POST, "rebalance"))
  }

  /// Adds and takes away taints.
  package func taint(_ id: HostID, _ request: TaintRequest) async throws(ClientError)
    -> ChangeResponse
  {
    try await call(Route(.POST, "hosts", id.rawValue, "taints"), body: json(request))
  }

  package func confirmDown(_ id: HostID) async throws(ClientError) -> ChangeResponse {
    try await call(Route(.POST, "hosts", id.rawValue, "confirm-down"))
  }

  package func watchHosts() async throws(ClientError) -> JSONLineStream<WatchLine<HostView>> {
    try await lines(Route(.GET, "hosts", query: [("watch", "true")]))
  }

  /// Oldest first.
  package func events(_ filter: EventFilter = EventFilter()) async throws(ClientError)
    -> [ClusterEvent]
  {
    try await call(Route(.GET, "events", query: filter.query))
  }

  package func watchEvents(_ filter: EventFilter = EventFilter()) async throws(ClientError)
    -> JSONLineStream<WatchLine<ClusterEvent>>
  {
    try await lines(Route(.GET, "events", query: filter.query + [("watch", "true")]))
  }

  /// - Parameter subject: a service's, an instance's or a host's name.
  package func why(_ subject: String) async throws(ClientError) -> WhyView {
    try await call(Route(.GET, "why", subject))
  }
}

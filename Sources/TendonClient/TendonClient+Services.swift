// SPDX-License-Identifier: Apache-2.0
import NIOHTTP1
package import TendonModel

extension TendonClient {
  /// Commits all the specs at once, or none.
  package func apply(_ request: ApplyRequest) async throws(ClientError) -> ApplyResponse {
    try await call(Route(.POST, "apply"), body: json(request))
  }

  /// What `apply` would do; nothing is done.
  package func plan(_ request: ApplyRequest) async throws(ClientError) -> PlanView {
    try await call(Route(.POST, "plan"), body: json(request))
  }

  /// How many more instances of each would find a host.
  package func capacity(_ request: ApplyRequest) async throws(ClientError) -> CapacityView {
    try await call(Route(.POST, "capacity"), body: json(request))
  }

  package func services() async throws(ClientError) -> [ServiceView] {
    try await call(Route(.GET, "services"))
  }

  package func service(_ name: ServiceName) async throws(ClientError) -> ServiceView {
    try await call(Route(.GET, "services", name.rawValue))
  }

  package func watchServices() async throws(ClientError)
    -> JSONLineStream<WatchLine<ServiceView>>
  {
    try await lines(Route(.GET, "services", query: [("watch", "true")]))
  }

  package func delete(_ name: ServiceName) async throws(ClientError) -> ChangeResponse {
    try await call(Route(.DELETE, "services", name.rawValue))
  }

  package func scale(_ name: ServiceName, to replicas: Int) async throws(ClientError)
    -> ChangeResponse
  {
    try await call(
      Route(.POST, "services", name.rawValue, "scale"), body: json(ScaleRequest(replicas: replicas))
    )
  }

  /// Has a service's instances placed as if nothing had been: none is quarantined any more.
  package func release(_ name: ServiceName) async throws(ClientError) -> ChangeResponse {
    try await call(Route(.POST, "services", name.rawValue, "release"))
  }

  /// Begins a run of a job or a cron.
  package func run(_ name: ServiceName) async throws(ClientError) -> ChangeResponse {
    try await call(Route(.POST, "services", name.rawValue, "run"))
  }

  /// Waits for the kernel's answer on every instance concerned, so for as long as the request's own
  /// timeout (nil is 10 s) and one request's time on top.
  package func resize(
    _ name: ServiceName, _ request: ResizeRequest
  ) async throws(ClientError) -> ResizeResponse {
    try await call(
      Route(.POST, "services", name.rawValue, "resize"), body: json(request),
      timeout: (request.timeout ?? .seconds(10)).duration + settings.requestTimeout)
  }
}

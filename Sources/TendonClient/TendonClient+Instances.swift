// SPDX-License-Identifier: Apache-2.0
import NIOHTTP1
package import TendonModel

extension TendonClient {
  /// - Parameter service: only that service's; nil is all.
  package func instances(of service: ServiceName? = nil) async throws(ClientError)
    -> [InstanceView]
  {
    try await call(Route(.GET, "instances", query: [("service", service?.rawValue)]))
  }

  package func instance(_ id: InstanceID) async throws(ClientError) -> InstanceView {
    try await call(Route(.GET, "instances", id.description))
  }

  /// Has one placed as if nothing had been: it is not quarantined any more.
  package func release(_ id: InstanceID) async throws(ClientError) -> ChangeResponse {
    try await call(Route(.POST, "instances", id.description, "release"))
  }

  package func watchInstances(of service: ServiceName? = nil) async throws(ClientError)
    -> JSONLineStream<WatchLine<InstanceView>>
  {
    try await lines(
      Route(.GET, "instances", query: [("service", service?.rawValue), ("watch", "true")]))
  }

  /// What the kernel of its host holds right now.
  package func limits(of id: InstanceID) async throws(ClientError) -> LimitsView {
    try await call(Route(.GET, "instances", id.description, "limits"))
  }

  /// The instance's output as its processes wrote it.
  package func logs(of id: InstanceID, _ request: LogRequest) async throws(ClientError)
    -> ByteStream
  {
    try await bytes(
      Route(
        .GET, "instances", id.description, "logs",
        query: [
          ("stream", request.stream?.rawValue), ("tail", request.tailLines.map(String.init)),
          ("since", request.since?.description),
          ("previous", request.previous ? "true" : nil), ("follow", request.follow ? "true" : nil),
        ]))
  }
}

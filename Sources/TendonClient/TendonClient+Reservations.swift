// SPDX-License-Identifier: Apache-2.0
import NIOHTTP1
package import TendonModel

extension TendonClient {
  /// Holds capacity in advance.
  package func reserve(_ request: ReserveRequest) async throws(ClientError) -> ChangeResponse {
    try await call(Route(.POST, "reservations"), body: json(request))
  }

  package func reservations() async throws(ClientError) -> [ReservationView] {
    try await call(Route(.GET, "reservations"))
  }

  package func reservation(_ name: ReservationName) async throws(ClientError) -> ReservationView {
    try await call(Route(.GET, "reservations", name.rawValue))
  }

  package func watchReservations() async throws(ClientError)
    -> JSONLineStream<WatchLine<ReservationView>>
  {
    try await lines(Route(.GET, "reservations", query: [("watch", "true")]))
  }

  package func why(_ name: ReservationName) async throws(ClientError) -> WhyView {
    try await call(Route(.GET, "reservations", name.rawValue, "why"))
  }

  package func delete(_ name: ReservationName) async throws(ClientError) -> ChangeResponse {
    try await call(Route(.DELETE, "reservations", name.rawValue))
  }
}

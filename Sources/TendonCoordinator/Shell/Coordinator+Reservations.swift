// SPDX-License-Identifier: Apache-2.0
import TendonCore
import TendonModel

/// Capacity that users hold in advance.
extension Coordinator {
  nonisolated func reserve(_ request: ReserveRequest) async throws(APIError) -> ChangeResponse {
    try await change { (core, now) throws(APIError) in try core.reserve(request, now: now) }
  }

  nonisolated func delete(_ name: ReservationName) async throws(APIError) -> ChangeResponse {
    try await change { (core, now) throws(APIError) in
      try core.deleteReservation(name, now: now)
    }
  }

  func reservations() -> [ReservationView] { visible.reservationViews(now: clock()) }

  func reservation(_ name: ReservationName) -> ReservationView? {
    visible.reservationView(name, now: clock())
  }

  func why(_ name: ReservationName) throws(APIError) -> WhyView {
    try visible.why(name, now: clock())
  }
}

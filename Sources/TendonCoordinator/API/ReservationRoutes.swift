// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird
import TendonModel

extension APIRouter {
  mutating func addReservations() {
    let coordinator = coordinator
    on(.get, "/v1/reservations") { request, _ in
      if try request.flag("watch") {
        return await Self.watch(.reservations, request, coordinator)
      }
      return .json(await coordinator.reservations())
    }
    on(.post, "/v1/reservations") { request, _ in
      .json(try await coordinator.reserve(try await request.json(ReserveRequest.self)))
    }
    on(.get, "/v1/reservations/{reservation}") { _, context in
      let name = try context.reservation()
      guard let view = await coordinator.reservation(name) else {
        throw APIError(code: .notFound, message: "there is no reservation \(name)")
      }
      return .json(view)
    }
    on(.get, "/v1/reservations/{reservation}/why") { _, context in
      .json(try await coordinator.why(try context.reservation()))
    }
    on(.delete, "/v1/reservations/{reservation}") { _, context in
      .json(try await coordinator.delete(try context.reservation()))
    }
  }
}

extension APIContext {
  fileprivate func reservation() throws(APIError) -> ReservationName {
    try name("reservation", ReservationName.init)
  }
}

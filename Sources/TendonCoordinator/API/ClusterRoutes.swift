// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird
import TendonCore
import TendonModel

extension APIRouter {
  mutating func addCluster() {
    let coordinator = coordinator
    on(.get, "/healthz", for: .everybody) { _, _ in .json(["status": "ok"]) }
    on(.get, "/v1/version") { _, _ in .json(await coordinator.version()) }
    on(.get, "/v1/events") { request, _ in
      let filter = EventFilter(
        service: try request.query("service", ServiceName.init),
        instance: try request.query("instance", InstanceID.init),
        host: try request.query("host", HostID.init),
        reservation: try request.query("reservation", ReservationName.init),
        since: try request.number("since", in: 0...UInt64.max).map { Revision($0) },
        limit: try request.number("limit", in: 0...Int.max))
      if try request.flag("watch") {
        return await Self.watch(.events(filter), request, coordinator)
      }
      return .json(await coordinator.events(filter))
    }
    on(.get, "/v1/why/{subject}") { _, context in
      let subject = try context.parameters.require("subject")
      return .json(try await coordinator.why(subject))
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird
import TendonModel

extension APIRouter {
  mutating func addHosts() {
    let coordinator = coordinator
    on(.get, "/v1/hosts") { request, _ in
      if try request.flag("watch") { return await Self.watch(.hosts, request, coordinator) }
      return .json(await coordinator.hosts())
    }
    on(.post, "/v1/rebalance") { request, _ in
      try request.flag("plan")
        ? .json(await coordinator.rebalancePlan()) : .json(try await coordinator.rebalance())
    }
    on(.get, "/v1/hosts/{host}") { _, context in
      let id = try context.host()
      guard let view = await coordinator.host(id) else {
        throw APIError(code: .notFound, message: "there is no host \(id)")
      }
      return .json(view)
    }
    on(.get, "/v1/hosts/{host}/why") { _, context in
      .json(try await coordinator.why(try context.host()))
    }
    on(.post, "/v1/hosts/{host}/cordon") { request, context in
      let host = try context.host()
      return .json(try await coordinator.cordon(host, try await request.json(CordonRequest.self)))
    }
    on(.post, "/v1/hosts/{host}/uncordon") { _, context in
      .json(try await coordinator.uncordon(try context.host()))
    }
    on(.post, "/v1/hosts/{host}/drain") { request, context in
      let host = try context.host()
      return .json(try await coordinator.drain(host, try await request.json(DrainRequest.self)))
    }
    on(.post, "/v1/hosts/{host}/taints") { request, context in
      let host = try context.host()
      return .json(try await coordinator.taint(host, try await request.json(TaintRequest.self)))
    }
    on(.post, "/v1/hosts/{host}/confirm-down") { _, context in
      .json(try await coordinator.confirmDown(try context.host()))
    }
  }
}

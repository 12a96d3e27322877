// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import TendonModel

/// Puts the API's routes together: users below `/v1` with the API token, agents below `/v1/agents` with the
/// join token, `/healthz` and the dashboard for everybody.
struct APIRouter {
  typealias Handler = @Sendable (Request, APIContext) async throws -> Response

  /// Who may use a route.
  enum Audience {
    case everybody, users, agents
  }

  let coordinator: Coordinator
  let tokens: Tokens
  /// Where agents send heartbeats.
  let udpPort: UInt16
  private var routes: [(HTTPRequest.Method, String, Audience, Handler)] = []

  init(coordinator: Coordinator, tokens: Tokens, udpPort: UInt16) {
    self.coordinator = coordinator
    self.tokens = tokens
    self.udpPort = udpPort
  }

  mutating func on(
    _ method: HTTPRequest.Method, _ path: String, for audience: Audience = .users,
    _ handler: @escaping Handler
  ) {
    routes.append((method, path, audience, handler))
  }

  static func make(
    coordinator: Coordinator, tokens: Tokens, udpPort: UInt16
  ) -> Router<APIContext> {
    var routes = APIRouter(coordinator: coordinator, tokens: tokens, udpPort: udpPort)
    routes.addServices()
    routes.addInstances()
    routes.addExecs()
    routes.addHosts()
    routes.addReservations()
    routes.addCluster()
    routes.addAgents()
    routes.addDashboard()
    return routes.build()
  }

  private func build() -> Router<APIContext> {
    var table = RouteTable()
    for (method, path, _, _) in routes { table.add(method, path) }
    let router = Router(context: APIContext.self)
    router.add(middleware: ErrorMiddleware(routes: table))
    let users = router.group()
      .add(middleware: TokenMiddleware(token: tokens.api, name: "API token"))
    let agents = router.group()
      .add(middleware: TokenMiddleware(token: tokens.join, name: "join token"))
    for (method, path, audience, handler) in routes {
      let path = RouterPath(path)
      switch audience {
      case .everybody: router.on(path, method: method, use: handler)
      case .users: users.on(path, method: method, use: handler)
      case .agents: agents.on(path, method: method, use: handler)
      }
    }
    return router
  }
}

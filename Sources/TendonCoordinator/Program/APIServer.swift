// SPDX-License-Identifier: Apache-2.0
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

/// The API as a service, on an address of its own or on a socket that was opened for it.
struct APIServer<Responder: HTTPResponder<APIContext>>: Service {
  private static var name: String { "tendon" }

  let responder: Responder
  let address: ListenAddress
  /// A listening socket, which stays open when the service ends; nil: `address` is bound.
  let inherited: Int32?
  let logger: Logger
  /// Called with the port, once requests are answered.
  let onListening: @Sendable (Int) -> Void

  func run() async throws {
    if let inherited { return try await serve(on: inherited) }
    let (address, onListening) = (address, onListening)
    let application = Application(
      responder: responder,
      configuration: ApplicationConfiguration(
        address: .hostname(address.host, port: Int(address.port)), serverName: Self.name),
      onServerRunning: { onListening($0.localAddress?.port ?? Int(address.port)) }, logger: logger)
    try await application.run()
  }

  /// What Hummingbird's own server does, which can only bind by itself.
  private func serve(on descriptor: Int32) async throws {
    let (connections, logger) = (connections, logger)
    let listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .bind(descriptor) { connections.setup(channel: $0, logger: logger) }
    onListening(listener.channel.localAddress?.port ?? 0)
    try await withGracefulShutdownHandler {
      try await listener.executeThenClose { accepted in
        try await withThrowingDiscardingTaskGroup { group in
          for try await connection in accepted {
            group.addTask { await Self.serve(connection, connections, logger) }
          }
        }
      }
    } onGracefulShutdown: {
      listener.channel.close(promise: nil)
    }
  }

  private static func serve(
    _ connection: HTTP1Channel.Value, _ connections: HTTP1Channel, _ logger: Logger
  ) async {
    await withGracefulShutdownHandler {
      await connections.handle(value: connection, logger: logger)
    } onGracefulShutdown: {
      // An idle connection ends at once, one with a request after its answer.
      connection.channel.pipeline.fireUserInboundEventTriggered(ChannelShouldQuiesceEvent())
    }
  }

  private var connections: HTTP1Channel {
    let (responder, logger) = (responder, logger)
    return HTTP1Channel(responder: { request, writer, channel in
      let context = APIContext(
        source: ApplicationRequestContextSource(channel: channel, logger: logger))
      var response: Response
      do {
        response = try await responder.respond(to: request, context: context)
      } catch let error as any HTTPResponseError {
        response = try error.response(from: request, context: context)
      } catch {
        logger.warning("\(request.method) \(request.uri): \(error)")
        response = Response(status: .internalServerError)
      }
      response.headers[.server] = Self.name
      try await writer.write(response: response.head, body: response.body)
    })
  }
}

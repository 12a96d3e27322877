// SPDX-License-Identifier: Apache-2.0

import NIOCore
import NIOHTTP1

/// An answer, before it is written.
struct Response: Sendable {
  var status: HTTPResponseStatus = .ok
  var headers: HTTPHeaders
  var body: ByteBuffer

  init(status: HTTPResponseStatus = .ok, type: String, body: ByteBuffer) {
    self.status = status
    headers = ["content-type": type]
    self.body = body
  }

  static func html(_ text: String, status: HTTPResponseStatus = .ok) -> Self {
    Self(status: status, type: "text/html; charset=utf-8", body: ByteBuffer(string: text))
  }

  /// A line of words, for errors and for programs.
  static func text(_ text: String, status: HTTPResponseStatus = .ok) -> Self {
    Self(
      status: status, type: "text/plain; charset=utf-8", body: ByteBuffer(string: text + "\n"))
  }

  static let healthy = text("ok")
  static let notFound = text("There is no such page here.", status: .notFound)

  static func badRequest(_ reason: String) -> Self { text(reason, status: .badRequest) }

  static func moved(to path: String) -> Self {
    var response = text("See \(path)", status: .movedPermanently)
    response.headers.add(name: "location", value: path)
    return response
  }
}

/// Makes the answers of one kind of site. Called on an event loop: what takes long returns a
/// future.
protocol Responder: Sendable {
  func response(to request: Request, in context: WorkContext) -> EventLoopFuture<Response>
}

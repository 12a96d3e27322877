// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird
import TendonModel

/// Lets only those in who hold the token.
struct TokenMiddleware: RouterMiddleware {
  typealias Context = APIContext

  let token: [UInt8]
  /// What the token is called, for the refusal.
  let name: String

  func handle(
    _ request: Request, context: APIContext,
    next: @concurrent (Request, APIContext) async throws -> Response
  ) async throws -> Response {
    let scheme = "bearer "
    guard let header = request.headers[.authorization],
      header.prefix(scheme.count).lowercased() == scheme
    else {
      return refusal("this needs the \(name): send it as \"Authorization: Bearer TOKEN\"")
    }
    guard Tokens.isEqual(header.utf8.dropFirst(scheme.utf8.count), token) else {
      return refusal("this is not the \(name)")
    }
    return try await next(request, context)
  }

  private func refusal(_ message: String) -> Response {
    APIError(code: .unauthorized, message: message)
      .response(headers: [.wwwAuthenticate: "Bearer"])
  }
}

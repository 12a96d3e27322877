// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird
import Logging
import NIOCore
import TendonModel

/// Makes every failure an `APIErrorBody`: also unknown routes, wrong methods and faults of ours.
struct ErrorMiddleware: RouterMiddleware {
  typealias Context = APIContext

  let routes: RouteTable

  func handle(
    _ request: Request, context: APIContext,
    next: @concurrent (Request, APIContext) async throws -> Response
  ) async throws -> Response {
    do {
      return try await next(request, context)
    } catch let error as APIError {
      return error.response()
    } catch is NIOTooManyBytesError {
      return tooLarge()
    } catch let error as HTTPError {
      return response(to: request, error)
    } catch {
      context.logger.error("A request failed: \(error)")
      return APIError(code: .internalError, message: "a fault of the coordinator's: \(error)")
        .response()
    }
  }

  private func response(to request: Request, _ error: HTTPError) -> Response {
    switch error.status {
    case .notFound:
      let allowed = routes.methods(at: request.uri.path)
      guard !allowed.isEmpty else {
        return APIError(
          code: .notFound, message: "there is nothing at \(request.method) \(request.uri.path)"
        ).response()
      }
      let names = allowed.map(\.rawValue).sorted().joined(separator: ", ")
      return APIError(
        code: .badRequest,
        message: "\(request.uri.path) does not take \(request.method), but \(names)"
      ).response(status: .methodNotAllowed, headers: [.allow: names])
    case .contentTooLarge: return tooLarge()
    default:
      return APIError(code: .badRequest, message: error.body ?? error.status.reasonPhrase)
        .response()
    }
  }

  private func tooLarge() -> Response {
    APIError(
      code: .tooLarge,
      message: "the request's body is larger than \(APIContext.largestBody >> 20) MiB"
    ).response()
  }
}

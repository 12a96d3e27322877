// SPDX-License-Identifier: Apache-2.0
import HTTPTypes
import Hummingbird
import NIOCore
import TendonModel

extension APIError {
  static func noInstance(_ id: InstanceID) -> APIError {
    APIError(code: .notFound, message: "there is no instance \(id)")
  }

  static func bad(_ parameter: String, _ message: String) -> APIError {
    APIError(
      code: .badRequest, message: "\(parameter): \(message)",
      details: [ErrorDetail(subject: parameter, message: message)])
  }

  /// The error in a body of JSON.
  /// - Parameter status: where it is not the code's own.
  func response(status: HTTPResponse.Status? = nil, headers: HTTPFields = [:]) -> Response {
    var response = Response.json(APIErrorBody(error: self))
    response.status = status ?? HTTPResponse.Status(code: code.status)
    response.headers.append(contentsOf: headers)
    return response
  }
}

extension Response {
  static func json(_ value: some Encodable) -> Response {
    let body = JSON.encode(value)
    return Response(
      status: .ok, headers: [.contentType: "application/json"],
      body: ResponseBody(byteBuffer: body))
  }
}

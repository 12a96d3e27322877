// SPDX-License-Identifier: Apache-2.0
import Hummingbird
import NIOCore
import TendonModel

/// Typed parts of a request; all throw `badRequest` with the part's name.
extension Request {
  func query(_ name: String) -> String? {
    uri.queryParameters[name[...]].map(String.init)
  }

  /// A parameter as `parse` makes it; nil when it is not given.
  func query<Value>(
    _ name: String, _ parse: (String) throws(IdentifierError) -> Value
  ) throws(APIError) -> Value? {
    guard let text = query(name) else { return nil }
    do { return try parse(text) } catch { throw .bad(name, error.description) }
  }

  func flag(_ name: String) throws(APIError) -> Bool {
    switch query(name) {
    case nil, "false": return false
    case "true", "": return true
    case let text?: throw .bad(name, "\"\(text)\" is neither true nor false")
    }
  }

  /// A whole number in `range`; nil when it is not given.
  func number<Value: FixedWidthInteger>(
    _ name: String, in range: ClosedRange<Value>
  ) throws(APIError) -> Value? {
    guard let text = query(name) else { return nil }
    guard let value = Value(text), range.contains(value) else {
      throw .bad(
        name, "\"\(text)\" is not a whole number from \(range.lowerBound) to \(range.upperBound)")
    }
    return value
  }

  /// The body as JSON.
  func json<Value: Decodable>(_ type: Value.Type) async throws -> Value {
    try JSON.decode(type, from: try await body.collect(upTo: APIContext.largestBody))
  }
}

extension APIContext {
  func name<Value>(
    _ parameter: String, _ parse: (String) throws(IdentifierError) -> Value
  ) throws(APIError) -> Value {
    guard let text = parameters.get(parameter) else {
      preconditionFailure("the route has no {\(parameter)}")
    }
    do { return try parse(text) } catch {
      throw APIError(code: .badRequest, message: error.description)
    }
  }

  func service() throws(APIError) -> ServiceName { try name("name", ServiceName.init) }
  func instance() throws(APIError) -> InstanceID { try name("id", InstanceID.init) }
  func host() throws(APIError) -> HostID { try name("host", HostID.init) }
}

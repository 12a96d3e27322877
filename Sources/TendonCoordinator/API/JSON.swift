// SPDX-License-Identifier: Apache-2.0
import Foundation
import NIOCore
import TendonJSON
import TendonModel

/// JSON as the API carries it.
enum JSON {
  static func encode(_ value: some Encodable) -> ByteBuffer {
    ByteBuffer(bytes: data(of: value, encoder()))
  }

  private static func encoder() -> JSONEncoder {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return encoder
  }

  private static func data(of value: some Encodable, _ encoder: JSONEncoder) -> Data {
    do {
      return try encoder.encode(value)
    } catch {
      // Only a value of ours that JSON cannot carry (a NaN) gets here; there are none in the API.
      preconditionFailure("cannot be written as JSON: \(error)")
    }
  }

  /// One line of a stream, many of whose parts may be the same: each is encoded once.
  static func splicedLine(_ value: some Encodable) -> ByteBuffer {
    let splices = JSONSplices()
    let encoder = encoder()
    encoder.userInfo[.sharedPartMarks] = splices
    let plain = Self.encoder()
    var line = ByteBuffer(
      bytes: splices.splice(data(of: value, encoder)) { Array(data(of: $0, plain)) })
    line.writeStaticString("\n")
    return line
  }

  /// One line of a stream.
  static func line(_ value: some Encodable) -> ByteBuffer {
    var line = encode(value)
    line.writeStaticString("\n")
    return line
  }

  static func appendLine(_ value: some Encodable, to lines: inout ByteBuffer) {
    lines.writeImmutableBuffer(line(value))
  }

  /// - Throws: `badRequest` with the path of the key that is wrong.
  static func decode<Value: Decodable>(
    _ type: Value.Type, from body: ByteBuffer
  ) throws(APIError) -> Value {
    do {
      return try JSONDecoder().decode(type, from: Data(body.readableBytesView))
    } catch {
      throw APIError(
        code: .badRequest, message: "the request's body is not what it should be",
        details: [detail(of: error)])
    }
  }

  private static func detail(of error: any Error) -> ErrorDetail {
    guard let error = error as? DecodingError else { return ErrorDetail(message: "\(error)") }
    let (path, message): ([any CodingKey], String) =
      switch error {
      case .keyNotFound(let key, let context): (context.codingPath + [key], "is missing")
      case .valueNotFound(_, let context): (context.codingPath, "must not be null")
      case .typeMismatch(let type, let context): (context.codingPath, "must be \(name(of: type))")
      case .dataCorrupted(let context):
        (
          context.codingPath,
          context.codingPath.isEmpty
            ? "is not valid JSON"
            : context.underlyingError.map { "\($0)" } ?? context.debugDescription
        )
      @unknown default: ([], "\(error)")
      }
    let subject = path.map { $0.intValue.map(String.init) ?? $0.stringValue }.joined(separator: ".")
    return ErrorDetail(subject: subject.isEmpty ? nil : subject, message: message)
  }

  private static func name(of type: Any.Type) -> String {
    switch type {
    case is String.Type: "a text"
    case is Bool.Type: "true or false"
    case is any BinaryInteger.Type: "a whole number"
    case is any FloatingPoint.Type: "a number"
    case is any Collection.Type where !(type is [String: Any].Type): "a list"
    default: "an object"
    }
  }
}

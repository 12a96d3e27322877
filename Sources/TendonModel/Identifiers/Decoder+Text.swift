// SPDX-License-Identifier: Apache-2.0

extension Decoder {
  /// A text as `parse` reads it; what is wrong with it is thrown as a `DecodingError`, which knows the place.
  func text<Value>(
    _ parse: (String) throws -> Value
  ) throws -> Value {
    let container = try singleValueContainer()
    let text = try container.decode(String.self)
    do {
      return try parse(text)
    } catch {
      throw DecodingError.dataCorrupted(
        DecodingError.Context(
          codingPath: codingPath, debugDescription: "\(error)", underlyingError: error))
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
package import NIOCore

/// JSON as the API carries it.
package enum JSONCoding {
  package static func decode<Value: Decodable>(
    _ type: Value.Type, from buffer: ByteBuffer
  ) throws -> Value {
    try JSONDecoder().decode(type, from: Data(buffer.readableBytesView))
  }

  package static func encode(_ value: some Encodable) throws -> ByteBuffer {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    return ByteBuffer(bytes: try encoder.encode(value))
  }

  /// What a decoding error says, with the path of the value it speaks of.
  package static func fault(_ error: any Error) -> String {
    guard let error = error as? DecodingError else { return String(describing: error) }
    let (context, what): (DecodingError.Context, String) =
      switch error {
      case .keyNotFound(let key, let context): (context, "has no \"\(key.stringValue)\"")
      case .valueNotFound(_, let context): (context, "is null")
      case .typeMismatch(_, let context): (context, context.debugDescription)
      case .dataCorrupted(let context):
        (
          context,
          context.underlyingError.map { String(describing: $0) } ?? context.debugDescription
        )
      @unknown default: (DecodingError.Context(codingPath: [], debugDescription: ""), "\(error)")
      }
    let path = context.codingPath.map(\.stringValue).joined(separator: ".")
    return path.isEmpty ? what : "\(path): \(what)"
  }
}

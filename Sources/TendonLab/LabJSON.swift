// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import SystemPackage

/// The lab's JSON files and messages.
enum LabJSON {
  static func encode(_ value: some Encodable, path: FilePath) throws(LabError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    do {
      return try [UInt8](encoder.encode(value)) + [UInt8(ascii: "\n")]
    } catch {
      throw .malformed(path: path, reason: "\(error)")
    }
  }

  static func decode<Value: Decodable>(
    _ type: Value.Type, from bytes: [UInt8], path: FilePath
  ) throws(LabError) -> Value {
    do {
      return try JSONDecoder().decode(type, from: Data(bytes))
    } catch {
      throw .malformed(path: path, reason: "\(error)")
    }
  }

  /// Reads a JSON file, nil when there is none.
  static func read<Value: Decodable>(
    _ type: Value.Type, _ path: FilePath
  ) throws(LabError) -> Value? {
    guard let bytes = try LabFile.read(path) else { return nil }
    return try decode(type, from: bytes, path: path)
  }

  static func write(_ value: some Encodable, _ path: FilePath) throws(LabError) {
    try LabFile.replace(path, with: encode(value, path: path))
  }
}

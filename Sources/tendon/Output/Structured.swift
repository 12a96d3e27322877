// SPDX-License-Identifier: Apache-2.0
import FoundationEssentials
import Yams

/// The API's objects as JSON and YAML text, keys in order.
enum Structured {
  /// Several lines, without a final line feed.
  static func json(_ value: some Encodable) throws -> String {
    try json(value, [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes])
  }

  /// One line, without its line feed.
  static func jsonLine(_ value: some Encodable) throws -> String {
    try json(value, [.sortedKeys, .withoutEscapingSlashes])
  }

  /// Without a final line feed.
  static func yaml(_ value: some Encodable) throws -> String {
    let encoder = YAMLEncoder()
    encoder.options.sortKeys = true
    encoder.options.allowUnicode = true
    encoder.options.width = -1
    let text = try encoder.encode(value)
    return text.hasSuffix("\n") ? String(text.dropLast()) : text
  }

  private static func json(
    _ value: some Encodable, _ formatting: JSONEncoder.OutputFormatting
  ) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = formatting
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }
}

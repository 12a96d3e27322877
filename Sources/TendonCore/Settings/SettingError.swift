// SPDX-License-Identifier: Apache-2.0

/// Why a `KEY=VALUE` of the command line was not taken.
package enum SettingError: Error, Hashable, Sendable, CustomStringConvertible {
  case notKeyValue(String)
  /// `of` is what the setting would be of: `detection`.
  case unknownKey(String, of: String, known: [String])
  case badValue(key: String, value: String, wanted: String)

  package var description: String {
    switch self {
    case .notKeyValue(let text): "\"\(text)\" is not KEY=VALUE, such as down-after=3s"
    case .unknownKey(let key, let group, let known):
      "\(key) is no setting of the \(group); there are: \(known.joined(separator: ", "))"
    case .badValue(let key, let value, let wanted):
      "\(key): \"\(value)\" is not \(wanted)"
    }
  }

  static func split(_ text: String) throws(SettingError) -> (key: String, value: String) {
    guard let equals = text.firstIndex(of: "=") else { throw .notKeyValue(text) }
    return (String(text[..<equals]), String(text[text.index(after: equals)...]))
  }
}

// SPDX-License-Identifier: Apache-2.0

/// What a scalar without quotes means to YAML, taking 1.1 and 1.2 together: a text that either of
/// them reads as something else needs quotes to be text everywhere.
enum PlainScalar {
  enum Kind: Hashable {
    case null, boolean, number, text
  }

  /// What the node's text means; text for what is quoted. Lists and mappings count as text.
  static func kind(of node: YAMLNode) -> Kind {
    guard case .scalar(let text, plain: true) = node.content else { return .text }
    return kind(of: text)
  }

  static func kind(of text: String) -> Kind {
    switch text {
    case "", "~", "null", "Null", "NULL":
      return .null
    case "true", "True", "TRUE", "false", "False", "FALSE", "yes", "Yes", "YES", "no", "No", "NO",
      "on", "On", "ON", "off", "Off", "OFF":
      return .boolean
    default:
      return isNumber(text) ? .number : .text
    }
  }

  private static func isNumber(_ text: String) -> Bool {
    let unsigned = text.first == "-" || text.first == "+" ? text.dropFirst() : text[...]
    guard let first = unsigned.utf8.first else { return false }
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    if first == UInt8(ascii: ".") {
      return [".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN"].contains(unsigned)
        || Double("0" + unsigned) != nil
    }
    guard digits.contains(first) else { return false }
    if unsigned.hasPrefix("0o") { return Int(unsigned.dropFirst(2), radix: 8) != nil }
    return Double(unsigned) != nil
  }
}

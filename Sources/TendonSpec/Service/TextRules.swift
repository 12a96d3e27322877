// SPDX-License-Identifier: Apache-2.0

import TendonModel

/// The rules for a spec's texts.
enum TextRules {
  static let any = TextRule(expected: "a text", pattern: nil, holds: { _ in true })

  static let serviceName = name("a service name: lower-case letters, digits and '-'")
  static let portName = name("port names: lower-case letters, digits and '-'")

  static let variableName = TextRule(
    expected: "a variable's name: letters, digits and '_', not beginning with a digit",
    pattern: "^[A-Za-z_][A-Za-z0-9_]*$"
  ) { text in
    !text.isEmpty && !isDigit(text.utf8.first) && text.utf8.allSatisfy { isWord($0) }
  }

  static let labelKey = TextRule(
    expected: "a label's key: 1 to 63 letters, digits, '.', '_', '/' or '-'",
    pattern: "^[A-Za-z0-9._/-]{1,63}$"
  ) { text in
    (1...63).contains(text.utf8.count)
      && text.utf8.allSatisfy { isWord($0) || "./-".utf8.contains($0) }
  }

  static let absolutePath = TextRule(
    expected: "an absolute path, such as /srv/web", pattern: "^/"
  ) { $0.utf8.first == UInt8(ascii: "/") }

  static let user = TextRule(
    expected: "a user, or user:group, by name or number",
    pattern: "^\(account)(:\(account))?$"
  ) { text in
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    return parts.count <= 2 && parts.allSatisfy { isAccount($0) }
  }

  private static func name(_ expected: String) -> TextRule {
    TextRule(
      expected: expected, pattern: "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$",
      fault: NameRules.fault(in:))
  }

  private static let account = "([A-Za-z_][A-Za-z0-9_.-]{0,31}|[0-9]{1,10})"

  /// A name of at most 32 bytes (as useradd allows), or a number that is not (uid_t)-1, which means
  /// "no change" to chown and setuid.
  private static func isAccount(_ text: Substring) -> Bool {
    if isDigit(text.utf8.first) {
      return text.utf8.allSatisfy { isDigit($0) }
        && (UInt32(text).map { $0 != .max } ?? false)
    }
    return (1...32).contains(text.utf8.count)
      && (text.first == "_" || text.first?.isLetter == true)
      && text.utf8.allSatisfy { isWord($0) || ".-".utf8.contains($0) }
  }

  private static func isDigit(_ byte: UInt8?) -> Bool {
    byte.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false
  }

  private static func isWord(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "_"):
      true
    default: isDigit(byte)
    }
  }
}

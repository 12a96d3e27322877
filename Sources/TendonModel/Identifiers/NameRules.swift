// SPDX-License-Identifier: Apache-2.0

/// The shape shared by every name a person gives: a DNS label as of RFC 1123, so that names can
/// become host names, folder names and cgroup names without escaping.
package enum NameRules {
  /// The longest name, in bytes (RFC 1123).
  package static let maximumLength = 63

  /// Says what is wrong with `text` as a name, in words that follow "name "; nil when it is fine.
  package static func fault(in text: String) -> String? {
    if text.isEmpty { return "must not be empty" }
    if text.utf8.count > maximumLength {
      return "has \(text.utf8.count) characters; at most \(maximumLength) are allowed"
    }
    for byte in text.utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "-"):
        continue
      default:
        return "may hold only lower-case letters, digits and '-'"
      }
    }
    if text.hasPrefix("-") || text.hasSuffix("-") { return "must not begin or end with '-'" }
    return nil
  }
}

/// Why a text was not accepted as an identifier.
package struct IdentifierError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The text that was given.
  package let text: String
  /// What it was meant to be: "service name", "instance".
  package let kind: String
  /// What is wrong with it.
  package let fault: String

  package init(text: String, kind: String, fault: String) {
    self.text = text
    self.kind = kind
    self.fault = fault
  }

  package var description: String { "\(kind) \"\(text)\" \(fault)" }
}

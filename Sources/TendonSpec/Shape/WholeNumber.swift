// SPDX-License-Identifier: Apache-2.0

/// A decimal whole number as YAML 1.1, YAML 1.2 and JSON all read it: no leading zero (octal in
/// one, decimal in another), no underscore, no exponent.
enum WholeNumber: Hashable {
  case number(Int)
  /// A number that does not fit into 63 bits.
  case tooLarge

  /// Nil when the text is not such a number.
  static func read(_ text: String) -> Self? {
    let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }),
      digits.count == 1 || digits.first != "0"
    else { return nil }
    return Int(text).map(Self.number) ?? .tooLarge
  }
}

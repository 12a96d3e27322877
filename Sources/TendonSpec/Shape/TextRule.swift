// SPDX-License-Identifier: Apache-2.0

/// What a text must be.
struct TextRule: Sendable {
  /// Completes "is not": `an absolute path, such as /srv/web`.
  let expected: String
  /// A regular expression (ECMA 262, anchored) for the schema; nil where every text is fine.
  let pattern: String?
  /// What is wrong with a text, in words that follow it; nil when it is fine.
  let fault: @Sendable (String) -> String?

  init(expected: String, pattern: String?, fault: @escaping @Sendable (String) -> String?) {
    self.expected = expected
    self.pattern = pattern
    self.fault = fault
  }

  /// A rule that only has to hold.
  init(expected: String, pattern: String?, holds: @escaping @Sendable (String) -> Bool) {
    self.init(expected: expected, pattern: pattern) { holds($0) ? nil : "is not \(expected)" }
  }
}

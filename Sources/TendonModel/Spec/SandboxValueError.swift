// SPDX-License-Identifier: Apache-2.0

/// A text that is not what it should be.
struct SandboxValueError: Error, CustomStringConvertible {
  let text: String
  let expected: String

  init(_ text: String, _ expected: String) {
    self.text = text
    self.expected = expected
  }

  var description: String { "\"\(text)\" is not \(expected)" }
}

// SPDX-License-Identifier: Apache-2.0

/// How a piece of text stands out on a terminal.
enum Style: Hashable, Sendable {
  case plain, heading, good, warning, bad, faint
  /// One of twelve that tell things apart: six plain and six bright ones.
  case colour(Int)

  /// `text` in this style (ECMA-48, SGR).
  func applied(to text: String, hasColours: Bool) -> String {
    guard hasColours, let code else { return text }
    return "\u{1B}[\(code)m\(text)\u{1B}[0m"
  }

  private var code: String? {
    switch self {
    case .plain: nil
    case .heading: "1"
    case .good: "32"
    case .warning: "33"
    case .bad: "31"
    case .faint: "2"
    case .colour(let number): "\((number / 6 % 2 == 0 ? 31 : 91) + number % 6)"
    }
  }
}

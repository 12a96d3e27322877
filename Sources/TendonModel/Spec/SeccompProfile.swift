// SPDX-License-Identifier: Apache-2.0

/// Which system calls are let through.
package enum SeccompProfile: Hashable, Sendable, Codable, CustomStringConvertible {
  /// Tendon's own list of what servers don't need.
  case standard
  case unconfined
  /// A JSON file of the host.
  case file(String)

  /// nil for a relative path.
  package init?(_ text: String) {
    switch text {
    case "default": self = .standard
    case "unconfined": self = .unconfined
    case _ where text.hasPrefix("/"): self = .file(text)
    default: return nil
    }
  }

  package init(from decoder: any Decoder) throws {
    self = try decoder.text { text throws(SandboxValueError) in
      guard let profile = Self(text) else {
        throw SandboxValueError(text, "default, unconfined or an absolute path")
      }
      return profile
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }

  package var description: String {
    switch self {
    case .standard: "default"
    case .unconfined: "unconfined"
    case .file(let path): path
    }
  }
}

// SPDX-License-Identifier: Apache-2.0

/// A mark on a host that keeps instances off it, except those of services that tolerate it: `gpu=true:refuse`.
package struct Taint: Hashable, Sendable, Comparable {
  package enum Effect: String, Hashable, Sendable, Codable, CaseIterable {
    /// Nothing new is placed there where another host will do.
    case avoid
    /// Nothing new is placed there.
    case refuse
    /// Nothing new is placed there, and what runs there moves elsewhere.
    case evict
  }

  package var key: String
  /// nil for a taint without one.
  package var value: String?
  package var effect: Effect

  package init(key: String, value: String? = nil, effect: Effect = .refuse) {
    self.key = key
    self.value = value
    self.effect = effect
  }

  package static func < (left: Self, right: Self) -> Bool { left.description < right.description }
}

extension Taint: CustomStringConvertible {
  package static let expected =
    "a taint: KEY, KEY=VALUE, KEY:EFFECT or KEY=VALUE:EFFECT, where the effect is avoid, refuse or evict"

  package init(_ text: String) throws(QuantityError) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    let effect = parts.count == 2 ? Effect(rawValue: String(parts[1])) : .refuse
    guard parts.count <= 2, let effect, let mark = Mark(String(parts[0])) else {
      throw QuantityError(text: text, expected: Self.expected)
    }
    self.init(key: mark.key, value: mark.value, effect: effect)
  }

  /// `gpu=true:refuse`.
  package var description: String { "\(mark):\(effect.rawValue)" }

  private var mark: String { value.map { "\(key)=\($0)" } ?? key }
}

extension Taint: Codable {
  package init(from decoder: any Decoder) throws { self = try decoder.text(Self.init) }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// Which taints a service does not mind: `gpu` those with this key, whatever their value, `gpu=true` those with this
/// value, `*` all.
package struct Toleration: Hashable, Sendable {
  /// nil tolerates everything.
  package var key: String?
  /// nil tolerates every value.
  package var value: String?

  package init(key: String?, value: String? = nil) {
    self.key = key
    self.value = value
  }

  package func covers(_ taint: Taint) -> Bool {
    guard let key else { return true }
    return key == taint.key && (value == nil || value == taint.value)
  }
}

extension Toleration: CustomStringConvertible {
  package static let expected = "a toleration: the key of a taint, KEY=VALUE, or *"

  package init(_ text: String) throws(QuantityError) {
    if text == "*" {
      self.init(key: nil)
    } else if let mark = Mark(text) {
      self.init(key: mark.key, value: mark.value)
    } else {
      throw QuantityError(text: text, expected: Self.expected)
    }
  }

  package var description: String { key.map { key in value.map { "\(key)=\($0)" } ?? key } ?? "*" }
}

extension Toleration: Codable {
  package init(from decoder: any Decoder) throws { self = try decoder.text(Self.init) }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// `key` or `key=value`.
private struct Mark {
  var key: String
  var value: String?

  init?(_ text: String) {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard (1...63).contains(parts[0].utf8.count),
      parts.allSatisfy({ part in
        !part.isEmpty
          && part.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._/-".contains($0)) }
      })
    else { return nil }
    key = String(parts[0])
    value = parts.count == 2 ? String(parts[1]) : nil
  }
}

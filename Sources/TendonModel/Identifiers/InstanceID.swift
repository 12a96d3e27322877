// SPDX-License-Identifier: Apache-2.0

/// One replica of a service, written `web.3`: the name stays the same wherever the replica runs.
package struct InstanceID: Hashable, Sendable, Comparable, CustomStringConvertible {
  package let service: ServiceName
  /// The replica's number within its service, counted from 0.
  package let slot: Int

  package init(service: ServiceName, slot: Int) {
    precondition(slot >= 0, "slots count from 0")
    self.service = service
    self.slot = slot
  }

  /// Accepts `service.slot`.
  /// - Throws: `IdentifierError` that says what is wrong with the text.
  package init(_ text: String) throws(IdentifierError) {
    guard let dot = text.lastIndex(of: ".") else {
      throw IdentifierError(
        text: text, kind: "instance", fault: "must be SERVICE.SLOT, such as web.0")
    }
    let digits = text[text.index(after: dot)...]
    guard !digits.isEmpty, digits.utf8.allSatisfy({ (48...57).contains($0) }),
      let slot = Int(digits), String(slot) == digits
    else {
      throw IdentifierError(
        text: text, kind: "instance", fault: "must end in a slot number, such as web.0")
    }
    service = try ServiceName(String(text[..<dot]))
    self.slot = slot
  }

  package var description: String { "\(service).\(slot)" }

  package static func < (left: Self, right: Self) -> Bool {
    (left.service, left.slot) < (right.service, right.slot)
  }
}

extension InstanceID: Codable {
  package init(from decoder: any Decoder) throws {
    self = try decoder.text { try Self($0) }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

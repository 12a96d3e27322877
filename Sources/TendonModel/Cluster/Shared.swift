// SPDX-License-Identifier: Apache-2.0

/// A large value behind one reference: what holds it stays small, and copies of it cost nothing until one is
/// changed. A spec has a thousand bytes; in each of a thousand tasks of an agent they would be there several times.
@propertyWrapper
package struct Shared<Value: Hashable & Sendable & Codable>: Hashable, Sendable, Codable {
  @usableFromInline
  final class Box: Sendable {
    @usableFromInline let value: Value

    init(_ value: Value) { self.value = value }
  }

  @usableFromInline var box: Box

  package init(wrappedValue: Value) { box = Box(wrappedValue) }

  // Inlined in other modules too: one field is read there without a copy of all.
  package var wrappedValue: Value {
    @inlinable get { box.value }
    set { box = Box(newValue) }
  }

  /// The reference itself: handed on, it stays the same one.
  package var projectedValue: Self {
    get { self }
    set { self = newValue }
  }

  /// The same for two that hold one value between them; of two that hold equal values it may differ.
  package var identity: ObjectIdentifier { ObjectIdentifier(box) }

  package static func == (left: Self, right: Self) -> Bool {
    left.box === right.box || left.box.value == right.box.value
  }

  package func hash(into hasher: inout Hasher) { hasher.combine(box.value) }

  package init(from decoder: any Decoder) throws {
    self.init(wrappedValue: try Value(from: decoder))
  }

  package func encode(to encoder: any Encoder) throws {
    guard let marks = encoder.sharedPartMarks else { return try box.value.encode(to: encoder) }
    var container = encoder.singleValueContainer()
    try container.encode(marks.mark(.whole, of: box, box.value))
  }
}

// SPDX-License-Identifier: Apache-2.0

/// A large value that is mostly not there, behind a reference: 8 bytes where it is not. Coded like any optional: without
/// its key where it is nil.
@propertyWrapper
package struct Rare<Value: Hashable & Sendable & Codable>: Hashable, Sendable {
  private var shared: Shared<Value>?

  package init(wrappedValue: Value?) { shared = wrappedValue.map { Shared(wrappedValue: $0) } }

  package var wrappedValue: Value? {
    get { shared?.wrappedValue }
    set { shared = newValue.map { Shared(wrappedValue: $0) } }
  }
}

// What the compiler makes for a type that has one calls these.

extension KeyedDecodingContainer {
  package func decode<Value>(_ type: Rare<Value>.Type, forKey key: Key) throws -> Rare<Value> {
    Rare(wrappedValue: try decodeIfPresent(Value.self, forKey: key))
  }
}

extension KeyedEncodingContainer {
  package mutating func encode<Value>(_ value: Rare<Value>, forKey key: Key) throws {
    try encodeIfPresent(value.wrappedValue, forKey: key)
  }
}

extension Rare: Codable {
  /// Of a value by itself; in a keyed container the extensions above take its place.
  package init(from decoder: any Decoder) throws {
    self.init(wrappedValue: try Value?(from: decoder))
  }

  package func encode(to encoder: any Encoder) throws { try wrappedValue.encode(to: encoder) }
}

// SPDX-License-Identifier: Apache-2.0

/// Writes integers in network byte order one after the other.
package struct WireWriter {
  package private(set) var bytes: [UInt8] = []

  /// Writes over the storage of `buffer`, so that a caller who keeps it does not allocate again.
  package init(reusing buffer: consuming [UInt8] = []) {
    bytes = buffer
    bytes.removeAll(keepingCapacity: true)
  }

  package mutating func write<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value) {
    withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
  }
}

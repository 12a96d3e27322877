// SPDX-License-Identifier: Apache-2.0

/// Writes integers in network byte order one after the other.
package struct WireWriter {
  package private(set) var bytes: [UInt8] = []

  /// Takes the storage of `buffer` and leaves that empty; a caller who puts `bytes` back into it does not allocate
  /// again.
  package init(taking buffer: inout [UInt8]) {
    swap(&bytes, &buffer)
    bytes.removeAll(keepingCapacity: true)
  }

  package mutating func write<Value: FixedWidthInteger & BitwiseCopyable>(_ value: Value) {
    withUnsafeBytes(of: value.bigEndian) { raw in
      // As typed memory it is appended in one copy; raw bytes go one by one.
      raw.withMemoryRebound(to: UInt8.self) { bytes.append(contentsOf: $0) }
    }
  }
}

// SPDX-License-Identifier: Apache-2.0

/// Reads integers in network byte order one after the other; never reads past the end.
package struct WireReader {
  private let bytes: [UInt8]
  private var position = 0

  package init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// How many bytes are left.
  package var remaining: Int { bytes.count - position }

  /// The next integer.
  /// - Throws: `WireError.truncated` when fewer bytes are left than it needs.
  package mutating func read<Value: FixedWidthInteger & BitwiseCopyable>(
    _ type: Value.Type = Value.self
  ) throws(WireError) -> Value {
    let size = MemoryLayout<Value>.size
    guard remaining >= size else { throw .truncated }
    let offset = position
    position += size
    return bytes.withUnsafeBytes {
      Value(bigEndian: $0.loadUnaligned(fromByteOffset: offset, as: Value.self))
    }
  }

  /// Checks that everything was read.
  /// - Throws: `WireError.trailing` when something is left.
  package func finish() throws(WireError) {
    guard remaining == 0 else { throw .trailing(count: remaining) }
  }
}

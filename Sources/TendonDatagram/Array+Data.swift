// SPDX-License-Identifier: Apache-2.0
#if canImport(FoundationEssentials)
  import FoundationEssentials
#endif

extension [UInt8] {
  /// Appends in one copy; `append(contentsOf:)` of raw bytes goes byte by byte.
  mutating func append(bytesOf data: Data) {
    data.withUnsafeBytes { bytes in
      bytes.withMemoryRebound(to: UInt8.self) { append(contentsOf: $0) }
    }
  }
}

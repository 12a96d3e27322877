// SPDX-License-Identifier: Apache-2.0

/// Sizes as people write them for a machine's memory.
package enum MemorySize {
  /// `512M`, `1G`, `65536K`, also with `i` or `iB` behind; all powers of 1024, as kernels read
  /// them. Plain numbers are bytes. nil for anything else.
  package static func bytes(_ text: String) -> UInt64? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let number = UInt64(digits) else { return nil }
    let shift: UInt64
    switch text[digits.endIndex...] {
    case "": shift = 0
    case "K", "Ki", "KiB", "k": shift = 10
    case "M", "Mi", "MiB", "m": shift = 20
    case "G", "Gi", "GiB", "g": shift = 30
    default: return nil
    }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: 1 << shift)
    return overflow ? nil : bytes
  }
}

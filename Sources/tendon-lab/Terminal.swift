// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Output without Swift's buffered stdout, which would mix badly with passed-through bytes.
enum Terminal {
  static func printError(_ line: String) { write([UInt8]((line + "\n").utf8), to: 2) }

  /// Writes all bytes; stops silently when the reader has gone, as there is no one to tell.
  static func write(_ bytes: [UInt8], to descriptor: Int32) {
    var start = 0
    while start < bytes.count {
      let count = bytes[start...].withUnsafeBytes {
        Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if count < 0 && errno == EINTR { continue }
      guard count > 0 else { return }
      start += count
    }
  }
}

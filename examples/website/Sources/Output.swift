// SPDX-License-Identifier: Apache-2.0

import Glibc

/// Lines on stdout and stderr, unbuffered, so that they are in the log when a process is killed.
enum Output {
  static func line(_ text: String) { write(text, to: STDOUT_FILENO) }

  static func error(_ text: String) { write(text, to: STDERR_FILENO) }

  /// A line that cannot be written is lost: there is nowhere left to say so.
  private static func write(_ text: String, to descriptor: Int32) {
    var bytes = ArraySlice((text + "\n").utf8)
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0 && errno != EINTR { return }
      bytes = bytes.dropFirst(max(0, count))
    }
  }
}

/// The process's environment.
enum Environment {
  /// A variable's value; nil when it is unset or empty.
  static func value(_ name: String) -> String? {
    guard let value = getenv(name), value.pointee != 0 else { return nil }
    return String(cString: value)
  }
}

/// Wall-clock times as text.
enum Clock {
  /// Now, as RFC 3339 in UTC.
  static func timestamp() -> String { text("%Y-%m-%dT%H:%M:%SZ") }

  /// Now, as HTTP writes it (RFC 9110, 5.6.7). The C locale is in force: nothing calls `setlocale`.
  static func httpDate() -> String { text("%a, %d %b %Y %H:%M:%S GMT") }

  private static func text(_ format: String) -> String {
    var now = time(nil)
    var parts = tm()
    gmtime_r(&now, &parts)
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { buffer in
      let count = strftime(buffer.baseAddress, buffer.count, format, &parts)
      return String(
        decoding: UnsafeRawBufferPointer(buffer).prefix(count), as: UTF8.self)
    }
  }
}

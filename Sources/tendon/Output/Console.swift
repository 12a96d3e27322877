// SPDX-License-Identifier: Apache-2.0
import Glibc
import NIOCore

/// Standard output and standard error, written without buffers of our own, so that nothing is lost when
/// the program is interrupted.
struct Console: Sendable {
  enum Stream: CInt {
    case output = 1
    case error = 2
  }

  /// Whether colours are wanted on standard output.
  let hasColours: Bool

  /// Colours on a terminal that has them, unless `NO_COLOR` is set to anything but the empty text
  /// (no-color.org).
  init(environment: [String: String], isTerminal: Bool) {
    hasColours =
      isTerminal && (environment["NO_COLOR"] ?? "").isEmpty && environment["TERM"] != "dumb"
  }

  /// Writes `text` and a line feed to standard output.
  func print(_ text: String) throws(ConsoleError) {
    try Self.write(text + "\n", to: .output)
  }

  /// Tells a person something that is not a result.
  func note(_ text: String) throws(ConsoleError) {
    try Self.write(text + "\n", to: .error)
  }

  /// Writes bytes to standard output as they are.
  func write(_ buffer: ByteBuffer) throws(ConsoleError) {
    try Self.write(Array(buffer.readableBytesView), to: .output)
  }

  static func write(_ text: String, to stream: Stream) throws(ConsoleError) {
    try write(Array(text.utf8), to: stream)
  }

  static func write(_ bytes: [UInt8], to stream: Stream) throws(ConsoleError) {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.write(stream.rawValue, $0.baseAddress, $0.count) }
      if count >= 0 {
        rest = rest.dropFirst(count)
      } else if errno == EAGAIN {
        // Someone else made the terminal or pipe non-blocking: wait until it takes more.
        var descriptor = pollfd(fd: stream.rawValue, events: Int16(POLLOUT), revents: 0)
        _ = poll(&descriptor, 1, -1)
      } else if errno == EPIPE {
        throw .closed
      } else if errno != EINTR {
        throw .failed(errno: errno)
      }
    }
  }
}

/// Why output could not be written.
enum ConsoleError: Error, Hashable, CustomStringConvertible {
  /// The reader has gone.
  case closed
  case failed(errno: CInt)

  var description: String {
    switch self {
    case .closed: "the output was closed"
    case .failed(let code): "cannot write the output: \(String(cString: strerror(code)))"
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
import NIOCore
import Synchronization
import TendonModel

/// Prints one instance's output: as it is, or line by line behind the instance's name.
struct LogPrinter: Sendable {
  /// Lines of several instances are not to be mixed.
  private static let lock = Mutex(())
  /// A longer line is printed in parts.
  private static let longestLine = 64 << 10

  let console: Console
  let prefix: String?
  private var waiting = ByteBuffer()

  init(console: Console, prefix: String?) {
    self.console = console
    self.prefix = prefix
  }

  mutating func print(_ chunk: ByteBuffer) throws(ConsoleError) {
    guard prefix != nil else { return try write(chunk) }
    waiting.writeImmutableBuffer(chunk)
    var lines = ByteBuffer()
    while let end = waiting.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
      take(end + 1 - waiting.readerIndex, to: &lines)
    }
    if waiting.readableBytes > Self.longestLine {
      take(waiting.readableBytes, to: &lines)
      lines.writeStaticString("\n")
    }
    waiting.discardReadBytes()
    if lines.readableBytes > 0 { try write(lines) }
  }

  /// Prints what has no line feed yet.
  mutating func finish() throws(ConsoleError) {
    guard waiting.readableBytes > 0 else { return }
    var lines = ByteBuffer()
    take(waiting.readableBytes, to: &lines)
    lines.writeStaticString("\n")
    try write(lines)
  }

  private mutating func take(_ count: Int, to lines: inout ByteBuffer) {
    guard let line = waiting.readSlice(length: count) else { return }
    lines.writeString(prefix ?? "")
    lines.writeImmutableBuffer(line)
  }

  private func write(_ buffer: ByteBuffer) throws(ConsoleError) {
    let result = Self.lock.withLock { _ in
      Result { () throws(ConsoleError) in try console.write(buffer) }
    }
    try result.get()
  }
}

/// What an instance's lines begin with.
enum LogPrefix {
  static func of(_ id: InstanceID, width: Int, _ console: Console) -> String {
    let name = id.description
    let padding = String(repeating: " ", count: max(0, width - name.count))
    return Style.colour(colour(of: name)).applied(
      to: name + padding + " | ", hasColours: console.hasColours)
  }

  /// One of twelve, always the same for one name (FNV-1a, 32 bit).
  static func colour(of name: String) -> Int {
    let hash = name.utf8.reduce(UInt32(2_166_136_261)) { ($0 ^ UInt32($1)) &* 16_777_619 }
    return Int((hash ^ hash >> 16) % 12)
  }
}

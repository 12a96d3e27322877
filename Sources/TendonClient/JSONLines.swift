// SPDX-License-Identifier: Apache-2.0
package import NIOCore

/// Cuts a stream of bytes, as it arrives in chunks, into lines that end in a line feed. It holds at
/// most one unfinished line, of a bounded length.
package struct JSONLines: Sendable {
  /// The longest line, in bytes without its line feed.
  package let maximumLineBytes: Int
  private var unfinished = ByteBuffer()

  /// Raising `maximumLineBytes` costs that much memory for a peer that never ends its line.
  package init(maximumLineBytes: Int) {
    self.maximumLineBytes = maximumLineBytes
  }

  /// Whether the bytes so far end inside a line.
  package var isInsideLine: Bool { unfinished.readableBytes > 0 }

  /// The lines that `chunk` completes, in order and without line feeds; blank lines, which keep a quiet
  /// stream alive, are left out.
  /// - Throws: `LineTooLong`; the lines after it are lost, so the stream has to be given up.
  package mutating func lines(endingIn chunk: ByteBuffer) throws(LineTooLong) -> [ByteBuffer] {
    var chunk = chunk
    var lines: [ByteBuffer] = []
    while let end = chunk.readableBytesView.firstIndex(of: UInt8(ascii: "\n")) {
      let count = end - chunk.readerIndex
      try check(unfinished.readableBytes + count)
      // The index lies in the readable part, so the slice is there.
      guard let slice = chunk.readSlice(length: count) else { break }
      chunk.moveReaderIndex(forwardBy: 1)
      if let line = finish(with: slice) { lines.append(line) }
    }
    try check(unfinished.readableBytes + chunk.readableBytes)
    unfinished.writeBuffer(&chunk)
    return lines
  }

  private mutating func finish(with end: ByteBuffer) -> ByteBuffer? {
    var end = end
    var line = end
    if unfinished.readableBytes > 0 {
      unfinished.writeBuffer(&end)
      line = unfinished
      unfinished = ByteBuffer()
    }
    if line.readableBytesView.last == UInt8(ascii: "\r") {
      line.moveWriterIndex(to: line.writerIndex - 1)
    }
    return line.readableBytes == 0 ? nil : line
  }

  private func check(_ count: Int) throws(LineTooLong) {
    if count > maximumLineBytes { throw LineTooLong(maximumBytes: maximumLineBytes) }
  }
}

/// A line grew over the bound before it ended.
package struct LineTooLong: Error, Hashable, Sendable, CustomStringConvertible {
  package let maximumBytes: Int

  package init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

  package var description: String { "a line is longer than \(maximumBytes) bytes" }
}

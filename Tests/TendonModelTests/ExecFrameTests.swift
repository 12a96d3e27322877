// SPDX-License-Identifier: Apache-2.0
import TendonModel
import Testing

@Suite struct ExecFrameTests {
  private static let frames: [ExecFrame] = [
    .input([1, 2, 3]), .input([]), .inputEnd, .resize(TerminalSize(columns: 300, rows: 65535)),
    .signal(15), .output([UInt8](repeating: 7, count: 70_000)), .error([0]),
    .ended(.exited(code: 200)), .ended(.signaled(signal: 9, coreDumped: true)), .ended(.unknown),
    .failed("häh"),
  ]

  @Test(
    "Frames are read as they were written, however their bytes are cut.",
    arguments: [1, 3, 4096, 1 << 20])
  func roundTrip(piece: Int) throws {
    let bytes = Self.frames.flatMap(\.bytes)
    var reader = ExecFrame.Reader()
    var read: [ExecFrame] = []
    for start in stride(from: 0, to: bytes.count, by: piece) {
      read += try reader.frames(bytes[start..<min(start + piece, bytes.count)])
    }
    #expect(read == Self.frames)
    #expect(reader.isComplete)
  }

  @Test(
    "Bytes that are no frames are refused.",
    arguments: [
      [0, 0, 0, 0, 0], [99, 0, 0, 0, 0], [2, 0, 0, 0, 1, 5], [3, 0, 0, 0, 1, 5],
      [1, 255, 255, 255, 255],
    ] as [[UInt8]])
  func refused(bytes: [UInt8]) {
    #expect(throws: ExecFrameFault()) {
      var reader = ExecFrame.Reader()
      _ = try reader.frames(bytes)
    }
  }
}

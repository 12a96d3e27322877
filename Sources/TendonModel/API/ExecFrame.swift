// SPDX-License-Identifier: Apache-2.0

/// A piece of what goes to a command that runs in an instance, or comes from it.
///
/// As bytes: one for the kind, four for the length of what follows (big endian), and that.
package enum ExecFrame: Hashable, Sendable {
  /// To the command's standard input.
  case input([UInt8])
  /// The end of its standard input. With a terminal: the character that means it.
  case inputEnd
  case resize(TerminalSize)
  /// A signal's number, for the command's process group.
  case signal(Int32)
  case output([UInt8])
  case error([UInt8])
  /// How it ended. The last frame.
  case ended(ExitStatus)
  /// Why it could not go on. The last frame.
  case failed(String)

  /// The most bytes of one frame's content.
  package static let largest = 1 << 20

  private enum Kind: UInt8 {
    case input = 1
    case inputEnd, resize, signal, output, error, exited, signaled, unknown, failed
  }

  package var bytes: [UInt8] {
    switch self {
    case .input(let bytes): Self.frame(.input, bytes)
    case .inputEnd: Self.frame(.inputEnd, [])
    case .resize(let size):
      Self.frame(
        .resize,
        [
          UInt8(size.columns >> 8), UInt8(size.columns & 0xff), UInt8(size.rows >> 8),
          UInt8(size.rows & 0xff),
        ])
    case .signal(let number): Self.frame(.signal, [UInt8(clamping: number)])
    case .output(let bytes): Self.frame(.output, bytes)
    case .error(let bytes): Self.frame(.error, bytes)
    case .ended(.exited(let code)): Self.frame(.exited, [UInt8(truncatingIfNeeded: code)])
    case .ended(.signaled(let signal, let coreDumped)):
      Self.frame(.signaled, [UInt8(clamping: signal), coreDumped ? 1 : 0])
    case .ended(.unknown): Self.frame(.unknown, [])
    case .failed(let text): Self.frame(.failed, Array(text.utf8))
    }
  }

  private static func frame(_ kind: Kind, _ content: [UInt8]) -> [UInt8] {
    let length = UInt32(content.count)
    return [
      kind.rawValue, UInt8(length >> 24), UInt8(length >> 16 & 0xff), UInt8(length >> 8 & 0xff),
      UInt8(length & 0xff),
    ] + content
  }

  fileprivate init?(kind: UInt8, content: [UInt8]) {
    guard let kind = Kind(rawValue: kind) else { return nil }
    switch (kind, content.count) {
    case (.input, _): self = .input(content)
    case (.inputEnd, 0): self = .inputEnd
    case (.resize, 4):
      self = .resize(
        TerminalSize(
          columns: UInt16(content[0]) << 8 | UInt16(content[1]),
          rows: UInt16(content[2]) << 8 | UInt16(content[3])))
    case (.signal, 1): self = .signal(Int32(content[0]))
    case (.output, _): self = .output(content)
    case (.error, _): self = .error(content)
    case (.exited, 1): self = .ended(.exited(code: Int32(content[0])))
    case (.signaled, 2):
      self = .ended(.signaled(signal: Int32(content[0]), coreDumped: content[1] == 1))
    case (.unknown, 0): self = .ended(.unknown)
    case (.failed, _): self = .failed(String(decoding: content, as: UTF8.self))
    default: return nil
    }
  }

  /// Puts frames together from bytes as they come.
  package struct Reader: Sendable {
    private var waiting: [UInt8] = []

    package init() {}

    /// Whether the bytes so far end with a whole frame.
    package var isComplete: Bool { waiting.isEmpty }

    /// The frames that `bytes` complete.
    /// - Throws: `ExecFrameFault` when the bytes are no frames; nothing more can be read then.
    package mutating func frames(
      _ bytes: some Sequence<UInt8>
    ) throws(ExecFrameFault) -> [ExecFrame] {
      waiting += bytes
      var frames: [ExecFrame] = []
      var start = 0
      while waiting.count - start >= 5 {
        let length = waiting[start + 1..<start + 5].reduce(0) { $0 << 8 | Int($1) }
        guard length <= ExecFrame.largest else { throw ExecFrameFault() }
        let end = start + 5 + length
        guard waiting.count >= end else { break }
        guard let frame = ExecFrame(kind: waiting[start], content: Array(waiting[start + 5..<end]))
        else { throw ExecFrameFault() }
        frames.append(frame)
        start = end
      }
      waiting.removeFirst(start)
      return frames
    }
  }
}

/// Bytes that should be `ExecFrame`s are not.
package struct ExecFrameFault: Error, Hashable, CustomStringConvertible {
  package init() {}

  package var description: String { "what came is not what an exec's stream carries" }
}

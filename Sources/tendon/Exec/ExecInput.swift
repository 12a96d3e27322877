// SPDX-License-Identifier: Apache-2.0
import Dispatch
import Glibc
import NIOCore
import Synchronization
import TendonModel

/// What goes to a command: standard input, and what happens to this program and its terminal.
///
/// Standard input is read no faster than it is sent.
final class ExecInput: AsyncSequence, Sendable {
  typealias Element = ByteBuffer

  private struct State {
    var waiting: [ExecFrame] = []
    var isFinished = false
    var reader: CheckedContinuation<Void, Never>?
  }

  private static let chunkBytes = 32 * 1024

  private let state = Mutex(State())
  /// Given for each piece of standard input that was sent.
  private let mayRead = DispatchSemaphore(value: 0)

  func push(_ frame: ExecFrame) {
    let reader = state.withLock { state in
      if !state.isFinished { state.waiting.append(frame) }
      defer { state.reader = nil }
      return state.reader
    }
    reader?.resume()
  }

  /// The command has ended: nothing more is sent.
  func finish() {
    let reader = state.withLock { state in
      state.isFinished = true
      defer { state.reader = nil }
      return state.reader
    }
    reader?.resume()
  }

  /// Reads standard input to its end, on a thread of its own; it ends with the program.
  func readStandardInput() {
    DispatchQueue(label: "standard-input").async {
      while true {
        let bytes = [UInt8](unsafeUninitializedCapacity: Self.chunkBytes) { buffer, count in
          count = Swift.max(0, read(STDIN_FILENO, buffer.baseAddress, Self.chunkBytes))
        }
        guard !bytes.isEmpty else { return self.push(.inputEnd) }
        self.push(.input(bytes))
        self.mayRead.wait()
      }
    }
  }

  private func next() async -> ByteBuffer? {
    while true {
      let (frame, isFinished) = state.withLock { state in
        (state.waiting.isEmpty ? nil : state.waiting.removeFirst(), state.isFinished)
      }
      if let frame {
        if case .input = frame { mayRead.signal() }
        return ByteBuffer(bytes: frame.bytes)
      }
      if isFinished { return nil }
      await withCheckedContinuation { continuation in
        let goOn = state.withLock { state in
          guard state.waiting.isEmpty && !state.isFinished else { return true }
          state.reader = continuation
          return false
        }
        if goOn { continuation.resume() }
      }
    }
  }

  struct Iterator: AsyncIteratorProtocol {
    let input: ExecInput

    mutating func next() async throws -> ByteBuffer? { await input.next() }
  }

  func makeAsyncIterator() -> Iterator { Iterator(input: self) }
}

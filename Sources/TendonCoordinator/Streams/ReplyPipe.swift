// SPDX-License-Identifier: Apache-2.0
import NIOCore
import Synchronization
import TendonModel

/// An agent's answer on its way to the user who asked: bounded, so that a slow reader slows the agent down.
final class ReplyPipe: Sendable {
  /// The most bytes that wait for the reader.
  static let limit = 256 << 10

  private struct State {
    var chunks: [ByteBuffer] = []
    var bytes = 0
    var isFinished = false
    var readerIsGone = false
    var reader: CheckedContinuation<Void, Never>?
    var writer: CheckedContinuation<Void, Never>?
    var hangUp: (@Sendable () -> Void)?
  }

  /// Resolved when the answer begins, or with why it never will.
  private let beginning = OneShot<Result<Void, APIError>>()
  private let state = Mutex(State())

  // MARK: The agent's side

  /// - Parameter hangUp: ends the agent's request when the reader goes.
  func begin(hangUp: @escaping @Sendable () -> Void) {
    let isGone = state.withLock { state in
      state.hangUp = hangUp
      return state.readerIsGone
    }
    beginning.resolve(.success(()))
    if isGone { hangUp() }
  }

  func fail(_ error: APIError) { beginning.resolve(.failure(error)) }

  /// Waits while too much waits for the reader; false when the reader is gone.
  func send(_ chunk: ByteBuffer) async -> Bool {
    let reader = state.withLock { state -> CheckedContinuation<Void, Never>? in
      if state.readerIsGone { return nil }
      state.chunks.append(chunk)
      state.bytes += chunk.readableBytes
      defer { state.reader = nil }
      return state.reader
    }
    reader?.resume()
    await withCheckedContinuation { continuation in
      let goOn = state.withLock { state in
        guard state.bytes > Self.limit && !state.readerIsGone else { return true }
        state.writer = continuation
        return false
      }
      if goOn { continuation.resume() }
    }
    return state.withLock { !$0.readerIsGone }
  }

  func finish() {
    let reader = state.withLock { state in
      state.isFinished = true
      defer { state.reader = nil }
      return state.reader
    }
    reader?.resume()
  }

  /// Ends the answer and the agent's request, from which nothing more can be expected.
  func abandon() {
    let hangUp = state.withLock { state in
      defer { state.hangUp = nil }
      return state.hangUp
    }
    finish()
    hangUp?()
  }

  // MARK: The user's side

  /// Waits for the answer to begin.
  func begun() async throws(APIError) { try await beginning.value().get() }

  /// The next bytes; nil at the end.
  func next() async -> ByteBuffer? {
    while true {
      let (chunk, isOver, writer) = state.withLock { state in
        guard !state.chunks.isEmpty else {
          return (
            nil as ByteBuffer?, state.isFinished || state.readerIsGone,
            nil as CheckedContinuation<Void, Never>?
          )
        }
        let chunk = state.chunks.removeFirst()
        state.bytes -= chunk.readableBytes
        defer { state.writer = nil }
        return (chunk, false, state.writer)
      }
      writer?.resume()
      if let chunk { return chunk }
      if isOver { return nil }
      await withCheckedContinuation { continuation in
        let goOn = state.withLock { state in
          guard state.chunks.isEmpty && !state.isFinished && !state.readerIsGone else {
            return true
          }
          state.reader = continuation
          return false
        }
        if goOn { continuation.resume() }
      }
    }
  }

  /// The reader is gone: the agent need not go on.
  func cancel() {
    let (reader, writer, hangUp) = state.withLock { state in
      state.readerIsGone = true
      state.chunks = []
      state.bytes = 0
      defer {
        state.reader = nil
        state.writer = nil
        state.hangUp = nil
      }
      return (state.reader, state.writer, state.isFinished ? nil : state.hangUp)
    }
    reader?.resume()
    writer?.resume()
    hangUp?()
  }
}

// SPDX-License-Identifier: Apache-2.0
import NIOCore
import Synchronization

/// Bytes on their way to one reader, who may be slow: bounded, and ended when the bound is met.
final class LineQueue: Sendable {
  private struct State {
    var waiting: [ByteBuffer] = []
    var bytes = 0
    var isFinished = false
    var reader: CheckedContinuation<Void, Never>?
  }

  private let limit: Int
  private let state = Mutex(State())

  /// - Parameter limit: the most bytes that wait, apart from the first piece.
  init(limit: Int) { self.limit = limit }

  var isFinished: Bool { state.withLock { $0.isFinished } }

  /// False when it was not taken: the queue is full or finished.
  func push(_ piece: ByteBuffer) -> Bool {
    let (isTaken, reader) = state.withLock { state in
      guard !state.isFinished, state.bytes == 0 || state.bytes + piece.readableBytes <= limit else {
        return (false, nil as CheckedContinuation<Void, Never>?)
      }
      state.waiting.append(piece)
      state.bytes += piece.readableBytes
      defer { state.reader = nil }
      return (true, state.reader)
    }
    reader?.resume()
    return isTaken
  }

  /// Ends it after what waits.
  func finish() { finish(dropping: false, last: nil) }

  /// Ends it now: what waits is dropped and `last` is all that still comes.
  func cut(last: ByteBuffer? = nil) { finish(dropping: true, last: last) }

  private func finish(dropping: Bool, last: ByteBuffer?) {
    let reader = state.withLock { state in
      if !state.isFinished {
        if dropping { state.waiting = last.map { [$0] } ?? [] }
        state.isFinished = true
      }
      defer { state.reader = nil }
      return state.reader
    }
    reader?.resume()
  }

  /// Everything that waits, in one piece; nil after the end. For one reader.
  func next() async -> ByteBuffer? {
    while true {
      let (pieces, isFinished) = state.withLock { state in
        defer {
          state.waiting = []
          state.bytes = 0
        }
        return (state.waiting, state.isFinished)
      }
      if pieces.count == 1 { return pieces[0] }
      if var all = pieces.first {
        for piece in pieces.dropFirst() { all.writeImmutableBuffer(piece) }
        return all
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
}

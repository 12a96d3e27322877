// SPDX-License-Identifier: Apache-2.0
import NIOCore
import Synchronization
import TendonModel

/// The open streams to agents, at most one per host. Lines get here only after their commit.
final class AgentStreams: Sendable {
  /// One connection's end of a stream.
  struct Stream: Sendable {
    /// Tells two streams of one host apart.
    var number: UInt64
    var queue: LineQueue
    /// Ends the connection at once, also when the agent does not read.
    var hangUp: @Sendable () -> Void
  }

  /// The most bytes that wait for an agent: some thousand placements. Beyond it the agent is cut off and gets
  /// a snapshot when it connects again.
  static let queueLimit = 16 << 20

  private struct State {
    var streams: [HostID: Stream] = [:]
    /// The stream that the core holds for open; it gets into `streams` with its commit.
    var newest: [HostID: UInt64] = [:]
    var lastNumber: UInt64 = 0
  }

  private let state = Mutex(State())

  func makeNumber() -> UInt64 {
    state.withLock { state in
      state.lastNumber += 1
      return state.lastNumber
    }
  }

  /// The core was told of this stream.
  func announced(_ number: UInt64, of host: HostID) {
    state.withLock { $0.newest[host] = number }
  }

  /// Whether the core's idea of the host's stream is this one.
  func isNewest(_ number: UInt64, of host: HostID) -> Bool {
    state.withLock { $0.newest[host] == number }
  }

  /// Makes it the host's stream, with its first line, and hangs up on the one before.
  func open(_ stream: Stream, of host: HostID, first line: AgentStreamLine) {
    _ = stream.queue.push(JSON.splicedLine(line))
    let old = state.withLock { state in
      let old = state.streams[host]
      state.streams[host] = stream
      return old
    }
    old?.queue.cut()
    old?.hangUp()
  }

  /// False when there is no stream, or when the agent did not read and was cut off.
  @discardableResult
  func send(_ line: AgentStreamLine, to host: HostID) -> Bool {
    guard let stream = state.withLock({ $0.streams[host] }) else { return false }
    if line.pieces.allSatisfy({ stream.queue.push(JSON.splicedLine($0)) }) { return true }
    ended(stream.number, of: host)
    stream.queue.cut()
    stream.hangUp()
    return false
  }

  func keepAlive() {
    for host in state.withLock({ Array($0.streams.keys) }) { send(.keepAlive, to: host) }
  }

  /// Forgets it, unless another took its place.
  func ended(_ number: UInt64, of host: HostID) {
    state.withLock { state in
      if state.streams[host]?.number == number { state.streams[host] = nil }
    }
  }

  func endAll() {
    let streams = state.withLock { state in
      defer { state.streams = [:] }
      return state.streams
    }
    for stream in streams.values { stream.queue.finish() }
  }
}

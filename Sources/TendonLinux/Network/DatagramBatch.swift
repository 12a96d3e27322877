// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// Datagrams that are taken from a socket, and answered, up to 64 with one system call each way. For one thread.
package struct DatagramBatch: ~Copyable {
  private let batch: OpaquePointer
  var handle: OpaquePointer { batch }
  /// Whether more may wait than it could take.
  package var isFull: Bool { count == Int(TENDON_DATAGRAMS_MAX) }
  /// How many datagrams the batch holds.
  package private(set) var count = 0
  private var queued = 0

  package init() {
    guard let batch = tendon_datagrams_create() else { fatalError("no memory for datagrams") }
    self.batch = batch
  }

  deinit { tendon_datagrams_destroy(batch) }

  /// Takes what waits in the socket, and waits where nothing does.
  /// - Parameter limit: how long to wait at most, in milliseconds; the batch is then empty. nil: for ever.
  /// - Returns: false once the socket was stopped.
  /// - Throws: what the kernel says; the next call may well succeed.
  package mutating func receive(
    from socket: DatagramSocket, withinMilliseconds limit: Int32? = nil
  ) throws(SocketError) -> Bool {
    var hasWaited = false
    while true {
      let received = tendon_datagrams_receive(batch, socket.descriptor)
      (count, queued) = (max(0, Int(received)), 0)
      if received > 0 { return true }
      if received < 0 { throw .call("recvmmsg", errno: -received) }
      if hasWaited, limit != nil { return true }
      hasWaited = true
      let ready = tendon_poll_two(socket.descriptor, false, socket.wakeup, limit ?? -1)
      if ready < 0 { throw .call("poll", errno: -ready) }
      if ready & 4 != 0 { return false }
    }
  }

  /// Calls `body` with the bytes of one datagram, and with the length that was sent where that is more.
  package func withDatagram<Value, Failure: Error>(
    at index: Int,
    _ body: (_ bytes: UnsafeRawBufferPointer, _ sentLength: Int) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    precondition(index < count)
    var length = 0
    let start = tendon_datagrams_at(batch, UInt32(index), &length)
    return try body(
      UnsafeRawBufferPointer(start: start, count: min(length, Int(TENDON_DATAGRAM_BYTES))), length)
  }

  /// Queues an answer to the sender of one datagram, at most one each.
  /// - Parameter range: where the answer will lie in the bytes given to `send`.
  package mutating func answer(at index: Int, with range: Range<Int>) {
    precondition(index < count)
    tendon_datagrams_answer(batch, UInt32(index), range.lowerBound, range.count)
    queued += 1
  }

  /// Sends what was queued; what the kernel does not take is dropped.
  package mutating func send(
    _ bytes: [UInt8], through socket: DatagramSocket
  ) -> (queued: Int, sent: Int) {
    defer { queued = 0 }
    let sent = bytes.withUnsafeBytes {
      Int(tendon_datagrams_send(batch, socket.descriptor, $0.baseAddress))
    }
    return (queued, sent)
  }
}

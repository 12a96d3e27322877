// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// The socket at which instances tell of themselves, as sd_notify(3) does. Closed with the object's life.
package final class NotifySocket: Sendable {
  /// One datagram.
  package struct Message: Sendable {
    /// The sender, as the kernel says.
    package var pid: Int32
    /// Its lines, such as `READY=1`.
    package var lines: [String]
  }

  /// The longest datagram that is read; sd_notify's own are a few dozen bytes.
  private static let largestBytes = 4096

  package let path: String
  private let descriptor: Int32
  private let wakeup: Int32

  /// Binds, in place of what a process before this one may have left at `path`.
  package init(path: String) throws(SocketError) {
    let descriptor = tendon_notify_open(path)
    guard descriptor >= 0 else { throw .call("bind \(path)", errno: -descriptor) }
    let wakeup = tendon_wake_open()
    guard wakeup >= 0 else {
      close(descriptor)
      throw .call("eventfd", errno: -wakeup)
    }
    self.path = path
    self.descriptor = descriptor
    self.wakeup = wakeup
  }

  deinit {
    close(descriptor)
    close(wakeup)
  }

  /// Makes `run` return.
  package func stop() {
    // Refused only where it was told 2^64 times already.
    _ = tendon_wake(wakeup)
  }

  /// Hands on each datagram until `stop`. For a thread of its own.
  package func run(_ body: (Message) -> Void) {
    var buffer = [UInt8](repeating: 0, count: Self.largestBytes)
    while true {
      let ready = tendon_poll_two(descriptor, false, wakeup, -1)
      if ready < 0 || ready & 4 != 0 { return }
      var pid: Int32 = 0
      let length = tendon_notify_receive(descriptor, &buffer, buffer.count, &pid)
      guard length > 0, pid > 0 else { continue }
      let text = String(decoding: buffer[..<Int(length)], as: UTF8.self)
      body(Message(pid: pid, lines: text.split(separator: "\n").map(String.init)))
    }
  }
}

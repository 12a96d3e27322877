// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// A bound UDP socket and what wakes its reader. Closed with the object's life.
package final class DatagramSocket: Sendable {
  /// The port it is bound to.
  package let port: UInt16
  let descriptor: Int32
  /// An eventfd(2) that can be read once the reader is to stop.
  let wakeup: Int32

  /// Binds. Blocks where `host` is a name that has to be resolved.
  /// - Parameter host: a name or an address; `0.0.0.0` or `::` for all of the host's.
  /// - Parameter port: 0 takes a free one.
  /// - Parameter receiveBufferBytes: the kernel's buffer. Without CAP_NET_ADMIN it is cut to net.core.rmem_max.
  package init(
    host: String, port: UInt16, receiveBufferBytes: Int
  ) throws(SocketError) {
    let address = try Self.resolve(host, port)
    let descriptor = socket(
      Int32(address.family), Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw .call("socket", errno: errno) }
    do throws(SocketError) {
      Self.setReceiveBuffer(of: descriptor, bytes: receiveBufferBytes)
      self.port = try Self.bind(descriptor, to: address)
      wakeup = tendon_wake_open()
      guard wakeup >= 0 else { throw .call("eventfd", errno: -wakeup) }
    } catch {
      close(descriptor)
      throw error
    }
    self.descriptor = descriptor
  }

  deinit {
    close(descriptor)
    close(wakeup)
  }

  /// Makes `DatagramBatch.receive(from:)` return nil, now and from now on.
  package func stop() {
    // Refused only where it was told 2^64 times already.
    _ = tendon_wake(wakeup)
  }

  private struct Address {
    var family: sa_family_t
    var bytes: [UInt8]
  }

  private static func resolve(_ host: String, _ port: UInt16) throws(SocketError) -> Address {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
    hints.ai_flags = AI_PASSIVE
    var found: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, String(port), &hints, &found)
    guard code == 0, let found, let address = found.pointee.ai_addr else {
      throw .unresolved("\(host):\(port)", reason: String(cString: gai_strerror(code)))
    }
    defer { freeaddrinfo(found) }
    let length = Int(found.pointee.ai_addrlen)
    return Address(
      family: address.pointee.sa_family,
      bytes: Array(UnsafeRawBufferPointer(start: address, count: length)))
  }

  /// What can't be had is not missed before the coordinator is held up, and the default bears a moment of that.
  private static func setReceiveBuffer(of descriptor: Int32, bytes: Int) {
    var bytes = Int32(clamping: bytes)
    let length = socklen_t(MemoryLayout<Int32>.size)
    if setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, length) != 0 {
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &bytes, length)
    }
  }

  private static func bind(_ descriptor: Int32, to address: Address) throws(SocketError) -> UInt16 {
    let result = address.bytes.withUnsafeBytes {
      Glibc.bind(
        descriptor, $0.assumingMemoryBound(to: sockaddr.self).baseAddress,
        socklen_t($0.count))
    }
    guard result == 0 else { throw .call("bind", errno: errno) }
    var bound = sockaddr_in6()
    var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
    let named = withUnsafeMutablePointer(to: &bound) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
    }
    guard named == 0 else { throw .call("getsockname", errno: errno) }
    // The port lies at the same place in both families' addresses.
    return UInt16(bigEndian: bound.sin6_port)
  }
}

// SPDX-License-Identifier: Apache-2.0
import CLinux
import Glibc

/// Where a datagram came from, so that others can be sent there.
package struct DatagramAddress: Hashable, Sendable {
  /// The address in network order: 4 bytes of IPv4, also where it came mapped into IPv6, or 16 of IPv6.
  package let ip: [UInt8]
  package let port: UInt16
  /// As the socket that it came to needs it.
  let raw: [UInt8]

  /// Reads a `sockaddr_in` or `sockaddr_in6`; nil for anything else.
  init?(_ raw: UnsafeRawBufferPointer) {
    guard raw.count >= MemoryLayout<sockaddr_in>.size else { return nil }
    let family = Int32(raw.loadUnaligned(as: sa_family_t.self))
    // The port lies at the same place in both.
    port = UInt16(bigEndian: raw.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
    self.raw = Array(raw)
    switch family {
    case AF_INET: ip = Array(raw[4..<8])
    case AF_INET6 where raw.count >= MemoryLayout<sockaddr_in6>.size:
      let bytes = Array(raw[8..<24])
      let isMapped = bytes[..<10].allSatisfy { $0 == 0 } && bytes[10] == 255 && bytes[11] == 255
      ip = isMapped ? Array(bytes[12...]) : bytes
    default: return nil
    }
  }

  /// Whether it means the same host to every other: not to itself, nor to one link.
  package var isGlobal: Bool {
    if ip.count == 4 { return ip[0] != 127 && ip[0] != 0 && !(ip[0] == 169 && ip[1] == 254) }
    let isLoopback = ip.dropLast().allSatisfy { $0 == 0 }
    return !isLoopback && !(ip[0] == 0xfe && ip[1] & 0xc0 == 0x80)
  }
}

extension DatagramBatch {
  /// Whether one datagram came from there, without making anything.
  package func isSender(_ address: DatagramAddress, at index: Int) -> Bool {
    withSender(at: index) { bytes in
      bytes.count == address.raw.count && bytes.elementsEqual(address.raw)
    }
  }

  /// Where one datagram came from.
  package func sender(at index: Int) -> DatagramAddress? {
    withSender(at: index) { DatagramAddress($0) }
  }

  private func withSender<Value>(
    at index: Int, _ body: (UnsafeRawBufferPointer) -> Value
  ) -> Value {
    precondition(index < count)
    var length = 0
    let start = tendon_datagrams_sender(handle, UInt32(index), &length)
    return body(UnsafeRawBufferPointer(start: start, count: length))
  }
}

extension DatagramSocket {
  /// Sends one datagram, without waiting; false when the kernel did not take it.
  package func send(_ bytes: [UInt8], to address: DatagramAddress) -> Bool {
    address.raw.withUnsafeBytes { raw in
      let count = sendto(
        descriptor, bytes, bytes.count, Int32(MSG_DONTWAIT),
        raw.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t(raw.count))
      return count == bytes.count
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
import Glibc

/// ICMP echo from the machine to a host's kernel: needs no program in the host.
enum Ping {
  /// How many of `count` requests, sent one after the other, are answered within 100 ms each.
  static func answered(_ address: String, count: Int) -> Int {
    let descriptor = socket(AF_INET, Int32(SOCK_RAW.rawValue), Int32(IPPROTO_ICMP))
    precondition(descriptor >= 0, "raw sockets need root, and so does the lab")
    defer { close(descriptor) }
    var peer = sockaddr_in()
    peer.sin_family = sa_family_t(AF_INET)
    precondition(inet_pton(AF_INET, address, &peer.sin_addr) == 1)
    let id = UInt8.random(in: 1...255)
    return (0..<count).count { sequence in
      let request = echoRequest(id: id, sequence: UInt8(truncatingIfNeeded: sequence))
      let sent = withUnsafePointer(to: &peer) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          sendto(
            descriptor, request, request.count, 0, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      return sent == request.count && awaitReply(descriptor, id: id, sequence: request[7])
    }
  }

  /// Type 8, code 0, checksum, identifier, sequence number (RFC 792).
  private static func echoRequest(id: UInt8, sequence: UInt8) -> [UInt8] {
    let sum = UInt16(0x0800) + UInt16(id) + UInt16(sequence)
    let checksum = ~sum
    return [8, 0, UInt8(checksum >> 8), UInt8(checksum & 0xff), 0, id, 0, sequence]
  }

  private static func awaitReply(_ descriptor: Int32, id: UInt8, sequence: UInt8) -> Bool {
    let deadline = ContinuousClock.now + .milliseconds(100)
    var packet = [UInt8](repeating: 0, count: 256)
    while true {
      let left = (deadline - .now) / .milliseconds(1)
      var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard left > 0, poll(&waiting, 1, Int32(left.rounded(.up))) > 0 else { return false }
      let count = recv(descriptor, &packet, packet.count, 0)
      // The IPv4 header comes first, 20 bytes without options.
      if count >= 28, packet[20] == 0, packet[25] == id, packet[27] == sequence { return true }
    }
  }
}

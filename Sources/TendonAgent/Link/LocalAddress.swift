// SPDX-License-Identifier: Apache-2.0

import Glibc
import TendonLinux

/// Which of this host's addresses the coordinator is reached from.
enum LocalAddress {
  /// Asks the kernel's routes; sends nothing. Blocks while a name is looked up.
  static func towards(_ host: String, port: UInt16) throws(AgentError) -> String {
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
    var found: UnsafeMutablePointer<addrinfo>?
    let fault = getaddrinfo(host, String(port), &hints, &found)
    guard fault == 0, let first = found else {
      throw .host("the coordinator's address \(host): \(String(cString: gai_strerror(fault)))")
    }
    defer { freeaddrinfo(found) }
    let kind = Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let handle = socket(first.pointee.ai_family, kind, 0)
    guard handle >= 0 else { throw .host("socket: \(errnoText(errno))") }
    defer { close(handle) }
    guard connect(handle, first.pointee.ai_addr, first.pointee.ai_addrlen) == 0 else {
      throw .host("no way to the coordinator at \(host): \(errnoText(errno))")
    }
    return try name(of: handle)
  }

  private static func name(of handle: Int32) throws(AgentError) -> String {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    let fault = withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address -> Int32 in
        guard getsockname(handle, address, &length) == 0 else { return EAI_SYSTEM }
        return getnameinfo(
          address, length, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
      }
    }
    guard fault == 0 else {
      throw .host("this host's own address: \(String(cString: gai_strerror(fault)))")
    }
    return String(decoding: text.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}

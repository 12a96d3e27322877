// SPDX-License-Identifier: Apache-2.0
import Glibc

/// Why an instance got no port.
package enum PortError: Error, Hashable, Sendable, CustomStringConvertible {
  /// Every port of the range is in use or promised.
  case noneFree(ClosedRange<UInt16>)
  /// Another instance on this host has the port.
  case promised(UInt16)
  /// Some process on this host uses the port.
  case inUse(UInt16)
  /// The kernel would not let us try.
  case cannotTry(port: UInt16, errno: Int32)

  package var description: String {
    switch self {
    case .noneFree(let range): "no free port from \(range.lowerBound) to \(range.upperBound)"
    case .promised(let port): "port \(port) belongs to another instance on this host"
    case .inUse(let port): "port \(port) is in use by another program on this host"
    case .cannotTry(let port, let error): "cannot try port \(port): \(ErrnoText.of(error))"
    }
  }
}

/// Hands out ports of this host to instances. A port is promised until it is released, also while no process
/// listens on it; a port that some other program uses is left out.
package struct PortAllocator: Sendable {
  /// Below Linux's ephemeral ports (32768 and up), so that outgoing connections don't take ours.
  package static let defaultRange: ClosedRange<UInt16> = 20_000...29_999

  package let range: ClosedRange<UInt16>
  package private(set) var promised: Set<UInt16>
  /// Where the next search begins: a port just given back is not at once given to another instance.
  private var next: UInt16

  /// - Parameter promised: the ports of instances that were taken over.
  package init(range: ClosedRange<UInt16> = defaultRange, promised: Set<UInt16> = []) {
    self.range = range
    self.promised = promised
    next = range.lowerBound
  }

  /// A free port of the range, promised to the caller.
  package mutating func allocate() throws(PortError) -> UInt16 {
    for _ in range {
      let port = next
      next = port == range.upperBound ? range.lowerBound : port + 1
      if !promised.contains(port), try PortProbe.isFree(port) {
        promised.insert(port)
        return port
      }
    }
    throw .noneFree(range)
  }

  /// Promises a port that the spec fixes.
  package mutating func claim(_ port: UInt16) throws(PortError) {
    guard !promised.contains(port) else { throw .promised(port) }
    guard try PortProbe.isFree(port) else { throw .inUse(port) }
    promised.insert(port)
  }

  /// Promises a port whose instance runs already.
  package mutating func adopt(_ port: UInt16) { promised.insert(port) }

  package mutating func release(_ port: UInt16) { promised.remove(port) }
}

/// Finds out whether a port can be bound, by binding it.
package enum PortProbe {
  /// Whether the port is free for TCP and UDP on every address, IPv4 and, where the host has it, IPv6.
  package static func isFree(_ port: UInt16) throws(PortError) -> Bool {
    for kind in [SOCK_STREAM, SOCK_DGRAM] {
      for family in [AF_INET, AF_INET6] {
        switch bindError(port, family: family, kind: Int32(kind.rawValue)) {
        case 0, EAFNOSUPPORT, EADDRNOTAVAIL: continue
        case EADDRINUSE: return false
        case let error: throw .cannotTry(port: port, errno: error)
        }
      }
    }
    return true
  }

  /// The errno of binding the port on all addresses of a family; 0 when it worked.
  private static func bindError(_ port: UInt16, family: Int32, kind: Int32) -> Int32 {
    let handle = socket(family, kind | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard handle >= 0 else { return errno }
    defer { close(handle) }
    var yes: Int32 = 1
    let size = socklen_t(MemoryLayout<Int32>.size)
    // For TCP connections that linger in TIME_WAIT don't count, as they won't for the instance. For UDP the
    // option would allow two owners.
    if kind & 0xf == Int32(SOCK_STREAM.rawValue),
      setsockopt(handle, SOL_SOCKET, SO_REUSEADDR, &yes, size) != 0
    {
      return errno
    }
    if family == AF_INET6 {
      guard setsockopt(handle, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &yes, size) == 0 else {
        return errno
      }
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_port = port.bigEndian
      return bound(handle, &address)
    }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    return bound(handle, &address)
  }

  private static func bound<Address>(_ handle: Int32, _ address: inout Address) -> Int32 {
    withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(handle, $0, socklen_t(MemoryLayout<Address>.size)) == 0 ? 0 : errno
      }
    }
  }
}

// SPDX-License-Identifier: Apache-2.0
import Glibc
import Testing

@testable import TendonLinux

@Suite("Ports of a host")
struct HostPortTests {
  /// A port that the kernel says is free, held by a listening socket until `close`.
  private func listen(family: Int32 = AF_INET) throws -> (socket: Int32, port: UInt16) {
    let handle = socket(family, Int32(SOCK_STREAM.rawValue), 0)
    try #require(handle >= 0)
    try #require(Glibc.listen(handle, 1) == 0)
    var address = sockaddr_in6()
    var size = socklen_t(MemoryLayout<sockaddr_in6>.size)
    let got = withUnsafeMutablePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(handle, $0, &size) }
    }
    try #require(got == 0)
    // The port lies at the same place for both families.
    return (handle, UInt16(bigEndian: address.sin6_port))
  }

  @Test("A port with a listener is in use, and free when it is closed.")
  func probe() throws {
    let (handle, port) = try listen()
    #expect(try !PortProbe.isFree(port))
    var ports = PortAllocator()
    #expect(throws: PortError.inUse(port)) { try ports.claim(port) }
    close(handle)
    #expect(try PortProbe.isFree(port))
    try ports.claim(port)
    #expect(throws: PortError.promised(port)) { try ports.claim(port) }
  }

  @Test("A port handed out is not handed out again until it is given back.")
  func allocates() throws {
    let (handle, port) = try listen()
    defer { close(handle) }
    var ports = PortAllocator(range: port...port)
    #expect(throws: PortError.noneFree(port...port)) { try ports.allocate() }
    var two = PortAllocator(range: 23_450...23_459)
    let first = try two.allocate()
    let second = try two.allocate()
    #expect(first != second)
    two.release(first)
    #expect(two.promised == [second])
    #expect(try two.allocate() != first, "the search goes on from where it was")
  }

  @Test("Ports of instances that were taken over are left out.")
  func adopts() {
    var ports = PortAllocator(range: 23_460...23_460, promised: [1])
    ports.adopt(23_460)
    #expect(throws: PortError.noneFree(23_460...23_460)) { try ports.allocate() }
    #expect(ports.promised == [1, 23_460])
  }
}

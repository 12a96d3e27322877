// SPDX-License-Identifier: Apache-2.0
import Glibc
import TendonCoordinator
import TendonDatagram
import TendonModel

enum LoadError: Error {
  case system(String, Int32)
  case unexpected(String)
}

/// Many agents' heartbeats, sealed before the clock runs, sent through one socket with a bounded number in
/// flight; every acknowledgement is opened and checked.
struct HeartbeatLoad: Sendable {
  /// Few enough to fit the smallest usual receive buffer (net.core.rmem_max of 208 KiB).
  private static let inFlight = 200

  private let socket: Int32
  private var sealers: [DatagramSealer] = []
  private var openers: [DatagramOpener] = []
  /// The round's datagrams one after the other, all equally long.
  private var datagrams: [UInt8] = []
  private var beats = 0
  private var sequence: UInt64 = 0
  private(set) var datagramBytes = 0
  private var body: [UInt8] = []

  init(sessions: Int, server: HealthServer) throws {
    socket = try Self.connectedSocket(port: server.port)
    for index in 0..<sessions {
      let host = try HostID("host\(index)")
      let keys = try DatagramKeys(
        joinToken: [1, 2, 3], agentNonce: SessionNonce.random(),
        coordinatorNonce: SessionNonce.random(), host: host, session: UInt32(index))
      server.sessions.open(host: host, keys: keys, newestRevision: Revision(1))
      sealers.append(DatagramSealer(keys: keys, direction: .agentToCoordinator))
      openers.append(DatagramOpener(keys: keys, direction: .coordinatorToAgent))
    }
  }

  private static func connectedSocket(port: UInt16) throws -> Int32 {
    let fd = Glibc.socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
    guard fd >= 0 else { throw LoadError.system("socket", errno) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    let connected = withUnsafeBytes(of: &address) {
      connect(
        fd, $0.assumingMemoryBound(to: sockaddr.self).baseAddress, socklen_t($0.count))
    }
    guard connected == 0 else { throw LoadError.system("connect", errno) }
    // A timeval, whose members the compiler takes for another C module's where several are linked in.
    var patience = (seconds: 0, microseconds: 200_000)
    guard
      setsockopt(
        fd, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size)) == 0
    else { throw LoadError.system("setsockopt", errno) }
    return fd
  }

  /// Seals the next round's heartbeats, the sessions in turn. Five instances and no pressures make them 214
  /// bytes long, sealed.
  mutating func prepare(beats: Int) throws {
    self.beats = beats
    datagrams.removeAll(keepingCapacity: true)
    let instances = (1...5).map {
      InstanceHealth(
        epoch: Epoch($0), phase: .running, restarts: 0, cpuMilli: 250, memoryBytes: 64 << 20)
    }
    for index in 0..<beats {
      sequence += 1
      let heartbeat = Heartbeat(
        sequence: sequence, incarnation: Incarnation(bootHigh: 1, bootLow: 2, agentStartedAt: 3),
        sentAt: MonotonicTime(nanoseconds: Int64(sequence)), appliedRevision: Revision(1),
        roundTripMicroseconds: 100,
        usage: HostUsage(cpuMilli: 1500, memoryUsedBytes: 1 << 30), instances: instances)
      HeartbeatCodec.encode(heartbeat, into: &body)
      try sealers[index % sealers.count].seal(body, as: .heartbeat, appendingTo: &datagrams)
    }
    datagramBytes = datagrams.count / beats
  }

  /// Sends the round; returns how many were acknowledged and how many were not within 200 ms.
  mutating func send() throws -> (acknowledged: Int, lost: Int) {
    var (sent, acknowledged, lost, flying) = (0, 0, 0, 0)
    var buffer = [UInt8](repeating: 0, count: 2048)
    while acknowledged + lost < beats {
      while sent < beats, flying < Self.inFlight {
        try sendOne(sent)
        sent += 1
        flying += 1
      }
      let received = recv(socket, &buffer, buffer.count, 0)
      if received >= 0 {
        try check(buffer, count: received)
        acknowledged += 1
        flying -= 1
        while flying > Self.inFlight / 2 {
          let more = recv(socket, &buffer, buffer.count, Int32(MSG_DONTWAIT))
          guard more >= 0 else { break }
          try check(buffer, count: more)
          acknowledged += 1
          flying -= 1
        }
      } else {
        guard errno == EAGAIN else { throw LoadError.system("recv", errno) }
        lost += flying
        flying = 0
      }
    }
    return (acknowledged, lost)
  }

  private func sendOne(_ index: Int) throws {
    let result = datagrams.withUnsafeBytes {
      Glibc.send(socket, $0.baseAddress! + index * datagramBytes, datagramBytes, 0)
    }
    guard result == datagramBytes else { throw LoadError.system("send", errno) }
  }

  private mutating func check(_ buffer: [UInt8], count: Int) throws {
    try buffer.withUnsafeBufferPointer { whole in
      let datagram = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(whole)[..<count])
      let header = try DatagramHeader(of: datagram)
      guard header.kind == .ack, header.session < openers.count else {
        throw LoadError.unexpected("a datagram that is no acknowledgement")
      }
      try openers[Int(header.session)].open(datagram, header: header, into: &body)
    }
    let ack = try HeartbeatAckCodec.decode(body)
    guard Int64(ack.sequence) == ack.echoedSentAt.nanoseconds else {
      throw LoadError.unexpected("an acknowledgement that echoes something else")
    }
  }
}
